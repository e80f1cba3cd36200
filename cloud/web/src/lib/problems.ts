/** What the server refused, in the reader's language; the server itself speaks English. */

import { ApiError } from "../api/client";
import type { FieldError } from "../api/types";
import { language, t } from "../i18n/i18n";
import { expectedText, refusalText } from "./said";

/** What a status means that comes without a code, such as from a proxy in between. */
const KINDS = {
  401: "refusals.sign_in",
  403: "kinds.forbidden",
  404: "kinds.missing",
  409: "kinds.conflict",
  410: "kinds.missing",
  412: "refusals.changed",
  413: "kinds.large",
  422: "kinds.invalid",
  429: "refusals.too_often",
  500: "refusals.ours",
  502: "refusals.full",
  503: "refusals.full",
  504: "refusals.full",
} as const;

const FIELDS = [
  "name",
  "email",
  "phone",
  "password",
  "reference",
  "opening_hours",
  "hours",
  "date",
  "amount_minor",
  "until",
  "capacity",
  "time_zone",
  "currency",
  "country",
  "file",
  "text",
  "tenure_days",
  "days_since_last_visit",
  "visits",
  "contact",
  "code",
  "inside",
  "address",
  "note",
  "tags",
  "message",
  "slug",
  "row",
  "date order",
  "decimal mark",
  "date_order",
  "decimal",
  "mapping",
  "consents",
  "channels",
  "evidence",
  "month",
  "mood",
  "customer_id",
  "occurred_at",
  "first_stocked_on",
  "lines",
  "action",
  "args",
  "channel",
  "consent",
  "cost_minor",
  "price_minor",
  "in_stock",
  "duplicate_id",
  "survivor_id",
  "is_open",
  "was_closed",
  "language",
  "outcome",
  "purpose",
  "reason",
  "refunds_id",
  "rewards",
  "role",
  "site_id",
  "wording",
] as const;

// what stands in the columns of a file
const COLUMN_ROLES = [
  "customer",
  "amount",
  "invoice",
  "product",
  "quantity",
  "price",
  "sku",
  "cost",
  "stock",
  "first_stocked",
] as const;

const TYPED = /^("[^"]*"?|'[^']*'?|-?\d[\d.:-]*|true|false)$/;

/** One sentence; behind one that has no code stands the server's own. */
export function problemText(error: Error): string {
  if (!(error instanceof ApiError)) return t("errors.unknown");
  if (error.status === 0) return t("errors.offline");
  const [field] = error.fields;
  if (field) return fieldText(field);
  if (error.code !== "other") return refusalText(error.code, error.values, error.message);
  const kind = KINDS[error.status as keyof typeof KINDS];
  if (!kind || language() === "en") return error.message;
  return `${t(`errors.${kind}`)} (${error.message})`;
}

/** "Phone: expected a number with its country, found 12". */
export function fieldText(field: FieldError): string {
  const told = { field: fieldName(field.field), expected: expectedText(field) };
  // what was typed is shown again; what the server says of it instead ("another text") is not
  const { found } = field;
  return TYPED.test(found) ? t("errors.field", { ...told, found }) : t("errors.fieldOnly", told);
}

/** Why a line of a file was rejected. */
export function reasonText(said: FieldError | null, reason: string | null): string {
  return said ? fieldText(said) : (reason ?? "");
}

/** What a field of the API is called; its own name where it has no other. */
export function fieldName(field: string): string {
  const last = field.split(".").at(-1);
  const known = FIELDS.find((name) => name === last);
  if (known) return t(`errors.fields.${known}`);
  const role = COLUMN_ROLES.find((name) => name === last);
  return role ? t(`imports.roles.${role}`) : field;
}
