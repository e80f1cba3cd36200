/** Short names for the shapes of the API document. */

import type { components, operations } from "./schema";

type Schemas = components["schemas"];

export type Person = Schemas["Person"];
export type SignedIn = Schemas["SignedIn"];
export type Tokens = Schemas["Tokens"];
export type Me = Schemas["Me"];
export type MyShop = Schemas["MyShop"];
export type NewShop = Schemas["NewShop"];
export type Live = Schemas["Live"];
export type LiveDevice = Schemas["LiveDevice"];
export type Today = Schemas["Today"];
export type Kpis = Schemas["Kpis"];
export type Customer = Schemas["Customer"];
export type Score = Schemas["Score"];
export type Risk = NonNullable<Score["risk"]>;
export type CustomerQuery = NonNullable<operations["list_customers"]["parameters"]["query"]>;
export type Purchase = Schemas["Purchase"];
export type Import = Schemas["Import"];
export type ImportColumn = Schemas["ImportColumn"];
export type ImportRun = Schemas["ImportRun"];
export type ImportOutcome = Schemas["Outcome"];
export type ColumnRole = NonNullable<ImportColumn["guess"]>;
export type DateOrder = Import["date_orders"][number];
export type DecimalMark = NonNullable<ImportRun["decimal"]>;
export type FieldError = Schemas["ProblemError"];
export type Problem = Schemas["Problem"];
