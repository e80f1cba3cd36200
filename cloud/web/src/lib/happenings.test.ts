import i18next from "i18next";
import { beforeAll, expect, it } from "vitest";
import en from "../i18n/en.json";
import { createFormats } from "./formats";
import { happeningText } from "./happenings";

const FORMATS = createFormats("en-GB", "EUR", "Europe/Berlin");
const told = (kind: string, details: Record<string, unknown>) =>
  happeningText({ kind, at: "2026-03-14T12:00:00Z", id: "1", details } as never, FORMATS);

beforeAll(async () => {
  const resources = { en: { translation: en } };
  await i18next.init({ lng: "en", resources, interpolation: { escapeValue: false } });
});

it("tells each kind in words", () => {
  expect(told("purchase", { amount_minor: 450 })).toBe("Bought for €4.50");
  expect(told("purchase", { amount_minor: -450 })).toBe("Refund of -€4.50");
  expect(told("note", { text: "Likes rye" })).toBe("Likes rye");
  expect(told("consent", { channel: "sms", action: "withdraw" })).toBe("No offers by SMS any more");
  expect(told("feedback", { mood: "good", text: "Great" })).toBe("Was glad · Great");
  expect(told("feedback", { mood: null, was_closed: true })).toBe("Stood before a closed door");
  expect(told("outreach", { outcome: "done", action: "offer", channel: "email" })).toBe(
    "You wrote to them · Make an offer · Email",
  );
  expect(told("outreach", { outcome: "later" })).toBe("You put them off");
  expect(told("joined", {})).toBe("Joined by the shop’s page");
});

it("leaves what it does not know as it is", () => {
  expect(told("teleported", {})).toBe("teleported");
});
