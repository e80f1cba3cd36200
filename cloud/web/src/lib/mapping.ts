/** Which column of an uploaded file means what: choices, and what is still missing. */

import type {
  ColumnRole,
  DateOrder,
  DecimalMark,
  Import,
  ImportColumn,
  ImportKind,
} from "../api/types";

const SALES_ROLES = [
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
const PRODUCT_ROLES = [
  "product",
  "sku",
  "price",
  "cost",
  "stock",
  "first_stocked",
] as const satisfies readonly ColumnRole[];

/** What a column can be, by what is in the file. */
export const ROLES: Readonly<Record<ImportKind, readonly ColumnRole[]>> = {
  purchases: SALES_ROLES,
  products: PRODUCT_ROLES,
};

/** Column index by role: a role belongs to one column, and a column has one role. */
export type Mapping = Readonly<Partial<Record<ColumnRole, number>>>;

export type Missing = "customer" | "date" | "amount" | "product";

/** The guesses of the server as a first mapping. */
export function guessedMapping(columns: readonly ImportColumn[]): Mapping {
  const guesses = columns.filter((column) => column.guess !== null);
  return Object.fromEntries(guesses.map((column) => [column.guess, column.index]));
}

/** The role of a column, if it has one. */
export function roleOf(mapping: Mapping, index: number): ColumnRole | null {
  const roles = [...SALES_ROLES, ...PRODUCT_ROLES];
  return roles.find((role) => mapping[role] === index) ?? null;
}

/** Give a column a role, or none; a role is taken from the column that had it. */
export function assign(mapping: Mapping, index: number, role: ColumnRole | null): Mapping {
  const kept = Object.entries(mapping).filter(([name, at]) => at !== index && name !== role);
  return Object.fromEntries(role === null ? kept : [...kept, [role, index]]);
}

/** What a purchase, or a product, cannot do without. */
export function missing(mapping: Mapping, kind: ImportKind): Missing[] {
  const has = (role: ColumnRole) => mapping[role] !== undefined;
  if (kind === "products") return has("product") || has("sku") ? [] : ["product"];
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

/** The role that is a date. */
export function dateRole(kind: ImportKind): ColumnRole {
  return kind === "products" ? "first_stocked" : "date";
}

/** The roles that tell how numbers are written. */
export function amountRoles(kind: ImportKind): readonly ColumnRole[] {
  return kind === "products" ? ["price", "cost", "stock"] : ["amount", "price"];
}

const BOTH_ORDERS = ["dmy", "mdy"] as const;
const BOTH_MARKS = [".", ","] as const;

/**
 * How dates and amounts are written, where the file does not tell. The server has looked at the
 * columns that it guessed; of other columns it says so when it is asked for totals, by refusing.
 */
export function questions(
  file: Pick<Import, "kind" | "columns" | "date_orders" | "decimal">,
  mapping: Mapping,
  refused: readonly string[],
): Questions {
  const guessed = guessedMapping(file.columns);
  const isSame = (role: ColumnRole) => guessed[role] === mapping[role];
  const isDateUnclear = isSame(dateRole(file.kind)) && file.date_orders.length > 1;
  const isAmountUnclear = amountRoles(file.kind).every(isSame) && file.decimal === null;
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
