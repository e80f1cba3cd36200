/** Short names for the shapes of the API document. */

import type { components, operations } from "./schema";

type Schemas = components["schemas"];

export type Person = Schemas["Person"];
export type SignedIn = Schemas["SignedIn"];
export type Tokens = Schemas["Tokens"];
export type Me = Schemas["Me"];
export type MyShop = Schemas["MyShop"];
export type NewShop = Schemas["NewShop"];
export type Shop = Schemas["Shop"];
export type ShopChange = Schemas["ShopChange"];
export type Device = Schemas["Device"];
export type Credential = Schemas["Credential"];
export type ScoreRun = Schemas["ScoreRun"];
export type Live = Schemas["Live"];
export type LiveDevice = Schemas["LiveDevice"];
export type Today = Schemas["Today"];
export type Kpis = Schemas["Kpis"];
export type Customer = Schemas["Customer"];
export type Score = Schemas["Score"];
export type Risk = NonNullable<Score["risk"]>;
export type CustomerQuery = NonNullable<operations["list_customers"]["parameters"]["query"]>;
export type NewPurchase = Schemas["NewPurchase"];
export type Purchase = Schemas["Purchase"];
export type Import = Schemas["Import"];
export type ImportColumn = Schemas["ImportColumn"];
export type ImportRun = Schemas["ImportRun"];
export type ImportRow = Schemas["ImportRow"];
export type ImportRowsPage = Schemas["ImportRows"];
export type ImportOutcome = Schemas["Outcome"];
export type ColumnRole = NonNullable<ImportColumn["guess"]>;
export type DateOrder = Import["date_orders"][number];
export type DecimalMark = NonNullable<ImportRun["decimal"]>;
export type FieldError = Schemas["ProblemError"];
export type Problem = Schemas["Problem"];
