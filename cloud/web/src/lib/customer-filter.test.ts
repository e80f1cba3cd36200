import { expect, it } from "vitest";
import { isNarrowed, readFilter, writeFilter } from "./customer-filter";

const read = (address: string) => readFilter(new URLSearchParams(address));

it("reads what it wrote", () => {
  const filter = { search: "Aşk & co", risk: "high", segment: "At Risk", sort: "clv" } as const;
  expect(readFilter(new URLSearchParams(writeFilter(filter).toString()))).toEqual(filter);
});

it("leaves out of the address what is as usual", () => {
  expect(writeFilter(read("")).toString()).toBe("");
});

it("does without what an address asks wrongly", () => {
  const filter = read("risk=purple&sort=password");
  expect(filter).toEqual({ search: "", risk: null, segment: null, sort: "value_at_risk" });
  expect(isNarrowed(filter)).toBe(false);
  expect(isNarrowed(read("risk=low"))).toBe(true);
});
