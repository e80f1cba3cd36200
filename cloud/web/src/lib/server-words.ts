/** The server speaks English where it names things; here its words become the reader's. */

import type { LiveDevice, Move, Score } from "../api/types";
import { t } from "../i18n/i18n";
import { RISKS } from "./customer-filter";
import type { Formats } from "./formats";

const SEGMENTS = {
  Champions: "champions",
  Loyal: "loyal",
  "Potential Loyalists": "potential",
  "New Customers": "new",
  Promising: "promising",
  "Need Attention": "attention",
  "About to Sleep": "sleepy",
  "At Risk": "atRisk",
  "Cannot Lose": "cannotLose",
  Hibernating: "hibernating",
  Lost: "lost",
} as const;
export const TIERS = ["Platinum", "Gold", "Silver", "Bronze"] as const;

const INPUTS = {
  absence: "absence",
  loyalty: "loyalty",
  "recent visits": "recent",
  regularity: "regularity",
  spending: "spending",
} as const;

const RHYTHM = /^usually every (\d+) days?, now (\d+)$/;
const ONE_VISIT = /^one visit so far, (\d+) days? ago$/;
const MOVES = /^([a-z ]+?) (clearly )?(raise|lower)s? the risk$/;

/** A name that we do not know yet is better shown in English than not at all. */
export function segmentName(segment: string): string {
  return isKeyOf(SEGMENTS, segment) ? t(`segments.${SEGMENTS[segment]}.name`) : segment;
}

/** Who is in a segment, in a few words; empty for one that we do not know. */
export function segmentMeaning(segment: string): string {
  return isKeyOf(SEGMENTS, segment) ? t(`segments.${SEGMENTS[segment]}.who`) : "";
}

export function tierName(tier: string): string {
  const known = TIERS.find((name) => name === tier);
  return known ? t(`tiers.${known}`) : tier;
}

/** A segment, tier or risk band by the kind that it is of. */
export function bandName(kind: Move["kind"], band: string): string {
  if (kind === "segment") return segmentName(band);
  if (kind === "tier") return tierName(band);
  const risk = RISKS.find((known) => known === band);
  return risk ? t(`risk.${risk}`) : band;
}

const ACTIONS = ["reminder", "offer", "call"] as const;
const CHANNELS = ["sms", "whatsapp", "email", "push", "call"] as const;

/** What is best done for a customer. */
export function actionName(action: string): string {
  const known = ACTIONS.find((name) => name === action);
  return known ? t(`nextAction.actions.${known}`) : action;
}

export function channelName(channel: string): string {
  const known = CHANNELS.find((name) => name === channel);
  return known ? t(`consents.channels.${known}`) : channel;
}

/** What a group of the model's inputs is about. */
export function inputName(group: string): string {
  return isKeyOf(INPUTS, group) ? t(`inputs.${INPUTS[group]}`) : group;
}

export function driversOf(score: Pick<Score, "drivers">, formats: Formats): string[] {
  return score.drivers.map((driver) => driverText(driver, formats));
}

/** One reason for a score: the customer's own rhythm, or what moves the risk. */
export function driverText(driver: string, formats: Formats): string {
  const [, gap, away] = RHYTHM.exec(driver) ?? [];
  if (gap && away) {
    return t("drivers.rhythm", {
      gap: formats.days(Number(gap)),
      away: formats.days(Number(away)),
    });
  }
  const [, ago] = ONE_VISIT.exec(driver) ?? [];
  if (ago) return t("drivers.oneVisit", { days: formats.days(Number(ago)) });
  const [, group, clearly, verb] = MOVES.exec(driver) ?? [];
  if (!group || !isKeyOf(INPUTS, group)) return driver;
  const direction = verb === "raise" ? "raises" : "lowers";
  return t(`drivers.${direction}${clearly ? "Clearly" : ""}`, { input: inputName(group) });
}

/** What is wrong with a device and what to do; null while it is well. */
export function deviceProblem(device: LiveDevice, formats: Formats, now: Date): string | null {
  if (device.problem === null) return null;
  if (device.seen_at === null) return t("devices.problems.unheard");
  const ago = formats.ago(device.seen_at, now);
  return t(device.is_online ? "devices.problems.silent" : "devices.problems.offline", { ago });
}

function isKeyOf<T extends object>(known: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(known, key);
}
