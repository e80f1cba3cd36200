/** What happened with a customer, in the reader's words. */

import type { Happening } from "../api/types";
import { t } from "../i18n/i18n";
import type { Formats } from "./formats";
import { actionName, channelName } from "./server-words";

const MOODS = ["good", "fair", "bad"] as const;
const PLAIN = ["joined", "left", "referred", "brought", "visit"] as const;

/** A kind that we do not know yet is better shown in English than not at all. */
export function happeningText({ kind, details }: Happening, formats: Formats): string {
  if (kind === "note") return textIn(details, "text");
  if (kind === "purchase") return purchaseText(Number(details.amount_minor ?? 0), formats);
  if (kind === "consent") return consentText(details);
  if (kind === "feedback") return feedbackText(details);
  if (kind === "outreach") return outreachText(details);
  const plain = PLAIN.find((one) => one === kind);
  return plain ? t(`happenings.${plain}`) : kind;
}

function purchaseText(amountMinor: number, formats: Formats): string {
  const name = amountMinor < 0 ? "happenings.refund" : "happenings.purchase";
  return t(name, { amount: formats.money(amountMinor) });
}

function consentText(details: Details): string {
  const channel = channelName(textIn(details, "channel"));
  return t(details.action === "grant" ? "happenings.granted" : "happenings.withdrawn", { channel });
}

function feedbackText(details: Details): string {
  const mood = MOODS.find((one) => one === details.mood);
  return [
    details.was_closed === true && t("happenings.wasClosed"),
    mood && t(`happenings.moods.${mood}`),
    textIn(details, "text"),
  ]
    .filter(Boolean)
    .join(" · ");
}

function outreachText(details: Details): string {
  if (details.outcome === "later") return t("happenings.putOff");
  if (details.outcome === "never") return t("happenings.noCustomer");
  const channel = channelName(textIn(details, "channel"));
  const action = actionName(textIn(details, "action"));
  return [t("happenings.contacted"), action, channel].filter(Boolean).join(" · ");
}

type Details = Readonly<Record<string, unknown>>;

function textIn(details: Details, name: string): string {
  return String(details[name] ?? "");
}
