/** What somebody typed about a product, as the change that it asks for. */

import type { Product, ProductChange } from "../api/types";
import { readAmount, readCount } from "./amount";

export const FIELDS = ["price", "cost", "stock", "first"] as const;

export interface Wrong {
  field: "price" | "cost" | "stock";
  kind: "amount" | "number";
  found: string;
}

/** Only what is new: a stock that is sent counts as counted now. An empty field forgets. */
export function changeOf(
  product: Product,
  typed: Record<(typeof FIELDS)[number], string>,
  currency: string,
): { change: ProductChange; wrong: readonly Wrong[] } {
  const wrong: Wrong[] = [];
  const read = (field: Wrong["field"], kind: Wrong["kind"]) => {
    const found = typed[field];
    if (found === "") return null;
    const value = kind === "amount" ? readAmount(found, currency) : readCount(found);
    if (value === null) wrong.push({ field, kind, found });
    return value;
  };
  const whole = {
    price_minor: read("price", "amount"),
    cost_minor: read("cost", "amount"),
    in_stock: read("stock", "number"),
    first_stocked_on: typed.first || null,
  };
  const change = Object.fromEntries(
    Object.entries(whole).filter(([name, value]) => value !== product[name as keyof typeof whole]),
  );
  return { change, wrong };
}
