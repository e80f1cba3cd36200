import { expect, it } from "vitest";
import type { PastWeek } from "../api/types";
import { judged, missedMinutes, shared } from "./past-weeks";

const EMPTY: PastWeek = {
  week: "2026-03-02",
  is_partial: false,
  visitors: 0,
  purchases: 0,
  conversion: null,
  promised: 0,
  kept: 0,
  minutes_missed: 0,
};
const FULL: PastWeek = {
  ...EMPTY,
  visitors: 40,
  purchases: 20,
  conversion: 0.5,
  promised: 6,
  kept: 5,
  minutes_missed: 12,
};

it("weeks of which too little is known are left out", () => {
  expect(shared([EMPTY, FULL])).toEqual([FULL]);
  expect(judged([EMPTY, FULL])).toEqual([FULL]);
  expect(missedMinutes([EMPTY, FULL, FULL])).toBe(24);
});
