/** Which column of an uploaded file means what: choices, and what is still missing. */

import type { ColumnRole, DateOrder, DecimalMark, Import, ImportColumn } from "../api/types";

export const ROLES = [
  "customer",
  "date",
  "amount",
  "invoice",
  "product",
  "quantity",
  "price",
  "name",
  "phone",
  "email",
] as const satisfies readonly ColumnRole[];

/** Column index by role: a role belongs to one column, and a column has one role. */
export type Mapping = Readonly<Partial<Record<ColumnRole, number>>>;

export type Missing = "customer" | "date" | "amount";

/** The guesses of the server as a first mapping. */
export function guessedMapping(columns: readonly ImportColumn[]): Mapping {
  const guesses = columns.filter((column) => column.guess !== null);
  return Object.fromEntries(guesses.map((column) => [column.guess, column.index]));
}

/** The role of a column, if it has one. */
export function roleOf(mapping: Mapping, index: number): ColumnRole | null {
  return ROLES.find((role) => mapping[role] === index) ?? null;
}

/** Give a column a role, or none; a role is taken from the column that had it. */
export function assign(mapping: Mapping, index: number, role: ColumnRole | null): Mapping {
  const kept = Object.entries(mapping).filter(([name, at]) => at !== index && name !== role);
  return Object.fromEntries(role === null ? kept : [...kept, [role, index]]);
}

/** What a purchase cannot do without. */
export function missing(mapping: Mapping): Missing[] {
  const has = (role: ColumnRole) => mapping[role] !== undefined;
  const hasCustomer = has("customer") || has("phone") || has("email") || has("name");
  const hasAmount = has("amount") || (has("quantity") && has("price"));
  const wanted: [Missing, boolean][] = [
    ["customer", hasCustomer],
    ["date", has("date")],
    ["amount", hasAmount],
  ];
  return wanted.filter(([, isThere]) => !isThere).map(([name]) => name);
}

export interface Questions {
  /** To choose from; nothing to ask when empty. */
  dateOrders: readonly DateOrder[];
  decimals: readonly DecimalMark[];
}

const BOTH_ORDERS = ["dmy", "mdy"] as const;
const BOTH_MARKS = [".", ","] as const;

/**
 * How dates and amounts are written, where the file does not tell. The server has looked at the
 * columns that it guessed; of other columns it says so when it is asked for totals, by refusing.
 */
export function questions(
  file: Pick<Import, "columns" | "date_orders" | "decimal">,
  mapping: Mapping,
  refused: readonly string[],
): Questions {
  const guessed = guessedMapping(file.columns);
  const isSame = (role: ColumnRole) => guessed[role] === mapping[role];
  const isDateUnclear = isSame("date") && file.date_orders.length > 1;
  const isAmountUnclear = isSame("amount") && isSame("price") && file.decimal === null;
  return {
    dateOrders: isDateUnclear || refused.includes("date_order") ? BOTH_ORDERS : [],
    decimals: isAmountUnclear || refused.includes("decimal") ? BOTH_MARKS : [],
  };
}

const NUMERIC_DATE = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)/;

/** The day that a sample such as "03/04/2024" means in an order, as a UTC date; null if none. */
export function dateInOrder(sample: string, order: DateOrder): Date | null {
  const match = NUMERIC_DATE.exec(sample.trim());
  if (!match) return null;
  const [first, second, year] = match.slice(1).map(Number) as [number, number, number];
  const [day, month] = order === "mdy" ? [second, first] : [first, second];
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  return new Date(Date.UTC(year < 100 ? 2000 + year : year, month - 1, day));
}
