import { expect, it } from "vitest";
import { busiest, clockSpans, hoursToShow, isWithin } from "./day-hours";

const hour = (number: number, entries = 0, usual: number | null = null) => ({
  hour: number,
  entries,
  exits: 0,
  usual_entries: usual,
});
const DAY = Array.from({ length: 24 }, (_, number) => hour(number));
const promise = (from: string, to: string) => ({
  promised_from: from,
  promised_to: to,
  opened_at: null,
  closed_at: null,
  minutes_late: 0,
  minutes_early: 0,
  is_known: true,
});

it("reads promised times from the shop's clock, also beyond midnight", () => {
  const spans = [
    promise("2026-03-14T08:00:00Z", "2026-03-14T12:30:00Z"),
    promise("2026-03-14T17:00:00Z", "2026-03-15T01:00:00Z"),
  ];
  expect(clockSpans(spans, "Europe/Berlin")).toEqual([
    { from: 9, to: 13.5 },
    { from: 0, to: 2 },
    { from: 18, to: 24 },
  ]);
});

it("counts an hour as open when it is open for a part of it", () => {
  const spans = [{ from: 9, to: 13.5 }];
  expect([8, 9, 13, 14].map((one) => isWithin(spans, one))).toEqual([false, true, true, false]);
});

it("shows from the first hour with anything to the last", () => {
  const day = DAY.map((one) => (one.hour === 7 ? hour(7, 2) : one));
  const shown = hoursToShow(day, [{ from: 9, to: 12 }]);
  expect([shown[0]?.hour, shown.at(-1)?.hour]).toEqual([7, 11]);
});

it("finds the busiest hour, or none", () => {
  expect(busiest([hour(9, 1), hour(10, 4), hour(11, 4)], (one) => one.entries)?.hour).toBe(10);
  expect(busiest(DAY, (one) => one.entries)).toBeNull();
});
