/** What happened with a customer, in the reader's words. */

import type { Happening } from "../api/types";
import { t } from "../i18n/i18n";
import type { Formats } from "./formats";

const CHANNELS = ["sms", "whatsapp", "email", "push"] as const;

export function happeningText({ kind, details }: Happening, formats: Formats): string {
  if (kind === "note") return textIn(details, "text");
  if (kind === "purchase") {
    const amount = formats.money(Number(details.amount_minor ?? 0));
    return t(Number(details.amount_minor) < 0 ? "happenings.refund" : "happenings.purchase", {
      amount,
    });
  }
  const known = CHANNELS.find((one) => one === details.channel);
  const channel = known ? t(`consents.channels.${known}`) : textIn(details, "channel");
  return t(details.action === "grant" ? "happenings.granted" : "happenings.withdrawn", { channel });
}

function textIn(details: Readonly<Record<string, unknown>>, name: string): string {
  return String(details[name] ?? "");
}
