/** A figure of today against what is usual, in words. */

import type { Spread } from "../api/types";
import { t } from "../i18n/i18n";

export type Place = "less" | "usual" | "more";

export function placeOf(value: number, usual: Spread): Place {
  if (value < usual.low) return "less";
  return value > usual.high ? "more" : "usual";
}

/** "As usual: €80 to €120 by now", or that too few days are known to say so. */
export function usualNote(
  value: number,
  usual: Spread | null,
  write: (value: number) => string,
  isByNow = true,
): string {
  if (!usual) return t("usual.unknown");
  const range = { low: write(usual.low), high: write(usual.high) };
  // what is not over yet cannot be called little
  if (!isByNow) return t("usual.wholeDay", range);
  return t(`usual.${placeOf(value, usual)}`, range);
}
