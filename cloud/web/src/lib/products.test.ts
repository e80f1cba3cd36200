import { describe, expect, it } from "vitest";
import type { Product } from "../api/types";
import { changeOf } from "./products";

const BREAD: Product = {
  id: "00000000-0000-4000-8000-000000000001",
  sku: null,
  name: "Rye bread",
  price_minor: 450,
  cost_minor: null,
  in_stock: 12,
  stock_counted_at: "2026-03-02T10:00:00Z",
  first_stocked_on: null,
};
const AS_IT_IS = { price: "4.50", cost: "", stock: "12", first: "" };

describe("changeOf", () => {
  it("is empty where nothing is new: stock that is sent would count as counted now", () => {
    expect(changeOf(BREAD, AS_IT_IS, "EUR")).toEqual({ change: {}, wrong: [] });
  });

  it("has what was typed, and null for what was emptied", () => {
    const typed = { price: "", cost: "1,80", stock: "7.5", first: "2026-02-01" };
    expect(changeOf(BREAD, typed, "EUR").change).toEqual({
      price_minor: null,
      cost_minor: 180,
      in_stock: 7.5,
      first_stocked_on: "2026-02-01",
    });
  });

  it("takes a price of nothing: what is given away is a product too", () => {
    const typed = { ...AS_IT_IS, price: "0", cost: "0.00", stock: "0" };
    expect(changeOf(BREAD, typed, "EUR")).toEqual({
      change: { price_minor: 0, cost_minor: 0, in_stock: 0 },
      wrong: [],
    });
  });

  it("tells what is no amount and no number", () => {
    const typed = { ...AS_IT_IS, price: "cheap", stock: "many" };
    expect(changeOf(BREAD, typed, "EUR").wrong).toEqual([
      { field: "price", kind: "amount", found: "cheap" },
      { field: "stock", kind: "number", found: "many" },
    ]);
  });
});
