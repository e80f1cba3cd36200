/** The server speaks English where it names things; here its words become the reader's. */

import type { Move } from "../api/types";
import { t } from "../i18n/i18n";
import { RISKS } from "./customer-filter";

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
  contact: "contact",
  "number of visits": "loyalty",
  "recent visits": "recent",
  regularity: "regularity",
  spending: "spending",
} as const;

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

const ROLES = ["owner", "staff", "analyst"] as const;

/** What somebody is in a shop. */
export function roleName(role: string): string {
  const known = ROLES.find((name) => name === role);
  return known ? t(`staff.roles.${known}.name`) : role;
}

const STATES = ["uploaded", "queued", "running", "done", "failed", "undoing", "undone"] as const;

/** How far an import is. */
export function importState(state: string): string {
  const known = STATES.find((name) => name === state);
  return known ? t(`imports.states.${known}`) : state;
}

/** What a group of the model's inputs is about. */
export function inputName(group: string): string {
  return isKeyOf(INPUTS, group) ? t(`inputs.${INPUTS[group]}`) : group;
}

function isKeyOf<T extends object>(known: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(known, key);
}
