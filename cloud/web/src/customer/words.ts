/** What the server knows of a shop and a customer, in the reader's words. */

import { t } from "../i18n/i18n";
import type { Formats } from "../lib/formats";
import type { Channel, Happening, JoinedShop, Mood } from "./endpoints";

type Status = JoinedShop["status"];
type Known = "open" | "closed" | "hoursOpen" | "hoursClosed" | "unknown";

/** Open or not; a guess by the clock never sounds like a fact. */
export function stateOf({ is_open, source }: Pick<Status, "is_open" | "source">): Known {
  if (is_open === null) return "unknown";
  if (source === "hours") return is_open ? "hoursOpen" : "hoursClosed";
  return is_open ? "open" : "closed";
}

export function stateText(shop: Pick<JoinedShop, "status" | "crowd">): string {
  const state = t(`my.state.${stateOf(shop.status)}`);
  return shop.crowd && shop.status.is_open ? `${state} · ${t(`live.crowd.${shop.crowd}`)}` : state;
}

export function wordingOf(channel: Channel, shop: string): string {
  return t(`my.wording.${channel}`, { shop });
}

/** What the server tells of each kind; of one kind only some of it. */
interface Details {
  purchases: number;
  amount_minor: number;
  channel: Channel;
  action: "grant" | "withdraw";
  mood: Mood | null;
  was_closed: boolean;
}

/** One thing that happened, in one line; null for what this client does not know yet. */
export function happeningText(happening: Happening, formats: Formats): string | null {
  const details = happening.details as unknown as Details;
  switch (happening.kind) {
    case "visit": {
      const count = details.purchases;
      return t("my.timeline.visit", {
        count,
        amount: formats.money(details.amount_minor),
      });
    }
    case "purchase": {
      const minor = details.amount_minor;
      const amount = formats.money(Math.abs(minor));
      return t(minor < 0 ? "my.timeline.refund" : "my.timeline.purchase", { amount });
    }
    case "consent": {
      const channel = t(`my.channels.${details.channel}`);
      return t(details.action === "grant" ? "my.timeline.granted" : "my.timeline.withdrawn", {
        channel,
      });
    }
    case "feedback":
      return t("my.timeline.said", { said: feedbackText(details) });
    case "joined":
    case "left":
    case "referred":
    case "brought":
    case "note":
      return t(`my.timeline.${happening.kind}`);
    default:
      return null;
  }
}

export function feedbackText({
  mood,
  was_closed,
}: {
  mood: string | null;
  was_closed: boolean;
}): string {
  const parts = [
    was_closed ? t("my.timeline.closed") : null,
    mood ? t(`my.moods.${mood as Mood}`) : null,
  ];
  return parts.filter(Boolean).join(" · ") || t("my.timeline.feedback");
}
