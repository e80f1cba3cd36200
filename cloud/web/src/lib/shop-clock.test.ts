import { expect, it } from "vitest";
import { clockIn, dateIn, nextMidnight, shiftDate } from "./shop-clock";

const EVENING = new Date("2026-03-14T20:30:10Z");

it("reads the shop's clock and calendar, not the reader's", () => {
  expect(clockIn("Asia/Kolkata", EVENING)).toEqual({ hour: 2, minute: 0 });
  expect(dateIn("Asia/Kolkata", EVENING)).toBe("2026-03-15");
  expect(dateIn("Europe/Berlin", EVENING)).toBe("2026-03-14");
});

it("finds the shop's midnight", () => {
  expect(nextMidnight("Europe/Berlin", EVENING).toISOString()).toBe("2026-03-14T23:00:00.000Z");
  expect(nextMidnight("Asia/Kolkata", EVENING).toISOString()).toBe("2026-03-15T18:30:00.000Z");
});

it("moves dates over the ends of months", () => {
  expect(shiftDate("2026-03-01", -1)).toBe("2026-02-28");
  expect(shiftDate("2026-12-31", 1)).toBe("2027-01-01");
});
