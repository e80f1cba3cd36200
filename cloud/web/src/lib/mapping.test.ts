import { describe, expect, it } from "vitest";
import type { ColumnRole } from "../api/types";
import { assign, dateInOrder, guessedMapping, missing, questions, roleOf } from "./mapping";

const column = (index: number, guess: ColumnRole | null) => ({
  index,
  name: "",
  samples: [],
  guess,
});

describe("guessedMapping", () => {
  it("takes the server's guesses and leaves the rest out", () => {
    const columns = [column(0, "customer"), column(1, null), column(2, "date")];
    expect(guessedMapping(columns)).toEqual({ customer: 0, date: 2 });
  });
});

describe("assign", () => {
  it("gives a column one role only", () => {
    expect(assign({ date: 1 }, 1, "amount")).toEqual({ amount: 1 });
  });

  it("takes a role from the column that had it", () => {
    expect(assign({ date: 1 }, 2, "date")).toEqual({ date: 2 });
  });

  it("can leave a column out", () => {
    const mapping = assign({ date: 1, amount: 2 }, 1, null);
    expect(mapping).toEqual({ amount: 2 });
    expect(roleOf(mapping, 1)).toBeNull();
    expect(roleOf(mapping, 2)).toBe("amount");
  });
});

describe("missing", () => {
  it("names what a purchase cannot do without", () => {
    expect(missing({}, "purchases")).toEqual(["customer", "date", "amount"]);
    expect(missing({ customer: 0, date: 1, amount: 2 }, "purchases")).toEqual([]);
  });

  it("accepts quantity and price for the amount, and a phone for the customer", () => {
    expect(missing({ phone: 0, date: 1, quantity: 2, price: 3 }, "purchases")).toEqual([]);
    expect(missing({ phone: 0, date: 1, quantity: 2 }, "purchases")).toEqual(["amount"]);
  });
});

describe("missing of a list of products", () => {
  it("is a name or a number", () => {
    expect(missing({ price: 0 }, "products")).toEqual(["product"]);
    expect(missing({ sku: 0 }, "products")).toEqual([]);
  });
});

describe("questions", () => {
  const columns = [column(0, "customer"), column(1, "date"), column(2, "amount"), column(3, null)];
  const asGuessed = { customer: 0, date: 1, amount: 2 };
  const ask = (look: object, mapping = asGuessed, refused: string[] = []) =>
    questions(
      { kind: "purchases", columns, date_orders: ["dmy"], decimal: ".", ...look },
      mapping,
      refused,
    );

  it("asks nothing when the file tells", () => {
    expect(ask({})).toEqual({ dateOrders: [], decimals: [] });
  });

  it("asks what the file does not tell", () => {
    expect(ask({ date_orders: ["dmy", "mdy"] }).dateOrders).toEqual(["dmy", "mdy"]);
    expect(ask({ decimal: null }).decimals).toEqual([".", ","]);
  });

  it("leaves a column that was not looked at to the server, and asks when it refuses", () => {
    const mapping = { ...asGuessed, date: 3 };
    expect(ask({ date_orders: ["dmy", "mdy"] }, mapping).dateOrders).toEqual([]);
    expect(ask({}, mapping, ["date_order"]).dateOrders).toEqual(["dmy", "mdy"]);
    expect(ask({}, mapping, ["decimal"]).decimals).toEqual([".", ","]);
  });
});

describe("questions about a list of products", () => {
  it("are about the day of first stock and the prices", () => {
    const columns = [column(0, "product"), column(1, "price"), column(2, "first_stocked")];
    const file = { kind: "products", columns, date_orders: ["dmy", "mdy"], decimal: null } as const;
    const asked = questions(
      { ...file, date_orders: [...file.date_orders] },
      { product: 0, price: 1, first_stocked: 2 },
      [],
    );
    expect(asked).toEqual({ dateOrders: ["dmy", "mdy"], decimals: [".", ","] });
  });
});

describe("dateInOrder", () => {
  it("reads the same sample in both ways", () => {
    expect(dateInOrder("03/04/2026", "dmy")).toEqual(new Date("2026-04-03"));
    expect(dateInOrder("03/04/2026 17:30", "mdy")).toEqual(new Date("2026-03-04"));
    expect(dateInOrder("3.4.26", "dmy")).toEqual(new Date("2026-04-03"));
  });

  it("is nothing for what is no such date", () => {
    expect(dateInOrder("31/12/2026", "mdy")).toBeNull();
    expect(dateInOrder("2026-04-03", "dmy")).toBeNull();
    expect(dateInOrder("C1", "dmy")).toBeNull();
  });
});
