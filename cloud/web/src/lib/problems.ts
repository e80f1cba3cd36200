/** What the server refused, in the reader's language; the server itself speaks English. */

import { ApiError } from "../api/client";
import type { FieldError } from "../api/types";
import { language, t } from "../i18n/i18n";
import { expectedText } from "./said";

const KINDS = {
  401: "signIn",
  403: "forbidden",
  404: "missing",
  410: "missing",
  409: "conflict",
  412: "changed",
  413: "large",
  422: "invalid",
  429: "often",
  500: "ours",
  503: "busy",
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
] as const;

const TYPED = /^(["'\d-]|true$|false$)/;

/** One sentence; in other languages than English the server's own stands behind it. */
export function problemText(error: Error): string {
  if (!(error instanceof ApiError)) return t("errors.unknown");
  if (error.status === 0) return t("errors.offline");
  if (language() === "en") return error.message;
  const kind = KINDS[error.status as keyof typeof KINDS];
  if (!kind) return error.message;
  const [field] = error.fields;
  const detail = field ? fieldText(field) : `(${error.message})`;
  return `${t(`errors.kinds.${kind}`)} ${detail}`;
}

/** "Phone: expected a number with its country, found 12". */
export function fieldText(field: FieldError): string {
  const told = { field: fieldName(field.field), expected: expectedText(field) };
  // what was typed is shown again; what the server says of it instead ("another text") is not
  const { found } = field;
  return TYPED.test(found) ? t("errors.field", { ...told, found }) : t("errors.fieldOnly", told);
}

/** What a field of the API is called; its own name where it has no other. */
export function fieldName(field: string): string {
  const known = FIELDS.find((name) => name === field.split(".").at(-1));
  return known ? t(`errors.fields.${known}`) : field;
}
