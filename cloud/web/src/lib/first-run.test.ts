import { expect, it } from "vitest";
import { openSteps } from "./first-run";

const nothing = { hasHours: false, hasSales: false, hasDevice: false };

it("asks for everything in a new shop", () => {
  expect(openSteps(nothing, new Set())).toEqual(["hours", "sales", "sensor", "page"]);
});

it("leaves out what the shop has and what was skipped", () => {
  expect(openSteps({ ...nothing, hasSales: true }, new Set(["page"]))).toEqual(["hours", "sensor"]);
});
