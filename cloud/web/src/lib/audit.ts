/** An operation of the API as a sentence about who did it. */

import type { AuditEvent } from "../api/types";
import type en from "../i18n/en.json";
import { t } from "../i18n/i18n";

type Action = keyof typeof en.audit.actions;

/** An operation that we do not know yet is better named as the server does than not at all. */
export function auditText({ person_name, action }: AuditEvent): string {
  const who = person_name ?? t("audit.somebody");
  const told = t(`audit.actions.${action as Action}`, { who, defaultValue: "" });
  return told || t("audit.other", { who, action });
}
