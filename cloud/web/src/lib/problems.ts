/** What the server refused, in the reader's language; the server itself speaks English. */

import { ApiError } from "../api/client";
import type { FieldError } from "../api/types";
import { language, t } from "../i18n/i18n";

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
] as const;

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
  return t("errors.field", { ...field, field: fieldName(field.field) });
}

/** What a field of the API is called; its own name where it has no other. */
export function fieldName(field: string): string {
  const known = FIELDS.find((name) => name === field.split(".").at(-1));
  return known ? t(`errors.fields.${known}`) : field;
}
