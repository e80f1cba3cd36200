import { expect, it } from "vitest";
import { type Filter, isNarrowed, readFilter, writeFilter } from "./customer-filter";

const read = (address: string) => readFilter(new URLSearchParams(address));

it("reads what it wrote", () => {
  const filter: Filter = {
    search: "Aşk & co",
    risk: "high",
    segment: "At Risk",
    tier: "Gold",
    isReachable: true,
    sort: "clv",
  };
  expect(readFilter(new URLSearchParams(writeFilter(filter).toString()))).toEqual(filter);
});

it("leaves out of the address what is as usual", () => {
  expect(writeFilter(read("")).toString()).toBe("");
});

it("does without what an address asks wrongly", () => {
  const filter = read("risk=purple&sort=password");
  expect(filter).toMatchObject({ search: "", risk: null, tier: null, sort: "value_at_risk" });
  expect(isNarrowed(filter)).toBe(false);
  expect(isNarrowed(read("risk=low"))).toBe(true);
});
