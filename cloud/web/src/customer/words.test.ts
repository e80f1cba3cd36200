import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import en from "../i18n/en.json";
import { createFormats } from "../lib/formats";
import { digitsOf } from "./contact";
import type { Happening } from "./endpoints";
import { feedbackText, happeningText, stateOf, stateText } from "./words";

const formats = createFormats("en-GB", "EUR", "Europe/Berlin");
const at = "2026-03-14T09:26:53Z";

const happening = (kind: string, details: object) =>
  ({ kind, at, id: "1", details }) as unknown as Happening;

beforeAll(async () => {
  await i18next.init({ lng: "en", resources: { en: { translation: en } } });
});

describe("the state of a shop", () => {
  it("is a fact by the door, and a guess by the hours", () => {
    expect(stateOf({ is_open: true, source: "door" })).toBe("open");
    expect(stateOf({ is_open: false, source: "override" })).toBe("closed");
    expect(stateOf({ is_open: true, source: "hours" })).toBe("hoursOpen");
    expect(stateOf({ is_open: null, source: "unknown" })).toBe("unknown");
  });

  it("tells how busy it is only while it is open", () => {
    const status = { is_open: true, source: "door" } as never;
    expect(stateText({ status, crowd: "quiet" })).toBe("Open now · Quiet");
    const closed = { is_open: false, source: "door" } as never;
    expect(stateText({ status: closed, crowd: "quiet" })).toBe("Closed now");
  });
});

describe("what happened", () => {
  it("is told with its money", () => {
    const visit = happening("visit", { purchases: 2, amount_minor: 500 });
    expect(happeningText(visit, formats)).toBe("A visit, 2 purchases for €5.00");
    const refund = happening("purchase", { amount_minor: -350 });
    expect(happeningText(refund, formats)).toBe("€3.50 back");
  });

  it("is left out when this client does not know it yet", () => {
    expect(happeningText(happening("points", {}), formats)).toBeNull();
  });

  it("says what was felt, and that the door was closed", () => {
    expect(feedbackText({ mood: "bad", was_closed: true })).toBe(
      "Stood before a closed door · Bad",
    );
    expect(feedbackText({ mood: null, was_closed: false })).toBe("A word to the shop");
  });
});

it("reads a code however it was typed", () => {
  expect(digitsOf(" 482 193\n")).toBe("482193");
});
