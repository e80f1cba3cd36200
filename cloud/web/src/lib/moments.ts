/** What happened at the doors, in the reader's words. */

import type { DayMoment } from "../api/types";
import { t } from "../i18n/i18n";
import type { Formats } from "./formats";

const KINDS = [
  "door_opened",
  "door_closed",
  "sensor_blocked",
  "sensor_cleared",
  "calibrated",
  "zeroed",
  "corrected",
  "corrected_at_closing",
  "said_open",
  "said_closed",
] as const;

/** A kind that we do not know yet is better shown in English than not at all. */
export function momentText(moment: DayMoment, formats: Formats): string {
  const kind = KINDS.find((known) => known === moment.kind);
  if (!kind) return moment.kind.replaceAll("_", " ");
  return t(`moments.${kind}`, {
    counted: formats.number(moment.counted ?? 0),
    inside: formats.number(moment.inside ?? 0),
    until: moment.until ? formats.time(moment.until) : "",
  });
}
