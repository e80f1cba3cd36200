import { expect, it } from "vitest";
import { backoffMs } from "./backoff";

it("doubles the pause up to a limit", () => {
  const pauses = [0, 1, 2, 10].map((attempt) => backoffMs(attempt, 1));
  expect(pauses).toEqual([500, 1000, 2000, 30_000]);
});

it("spreads the pause over its second half", () => {
  expect(backoffMs(3, 0)).toBe(2000);
  expect(backoffMs(3, 0.5)).toBe(3000);
});
