import { expect, it } from "vitest";
import { wilsonInterval } from "./proportion";

it("gives Wilson's interval for 10 of 50", () => {
  // by hand: z = 1.6449, middle (0.2 + 0.02706) / 1.05411, spread 0.09259
  const { low, high } = wilsonInterval(10, 50);
  expect(low).toBeCloseTo(0.1236, 3);
  expect(high).toBeCloseTo(0.3072, 3);
});

it("stays within 0 and 1 at the ends", () => {
  expect(wilsonInterval(0, 30).low).toBe(0);
  expect(wilsonInterval(30, 30).high).toBeCloseTo(1, 12);
});
