/** The filters of the customers' list, as they stand in the page's address. */

import type { Risk } from "../api/types";

export const RISKS = ["high", "medium", "low"] as const satisfies readonly Risk[];
export const SORTS = [
  "value_at_risk",
  "churn",
  "clv",
  "last_visit",
  "visits",
  "spent",
  "name",
] as const;
export type Sort = (typeof SORTS)[number];

export interface Filter {
  search: string;
  risk: Risk | null;
  segment: string | null;
  tier: string | null;
  /** Only those whom the shop may write to. */
  isReachable: boolean;
  sort: Sort;
}

/** What an address asks for; what it asks wrongly is left out. */
export function readFilter(address: URLSearchParams): Filter {
  return {
    search: address.get("search") ?? "",
    risk: RISKS.find((risk) => risk === address.get("risk")) ?? null,
    segment: address.get("segment"),
    tier: address.get("tier"),
    isReachable: address.get("reachable") === "1",
    sort: SORTS.find((sort) => sort === address.get("sort")) ?? "value_at_risk",
  };
}

/** The address of a filter, without what is as usual. */
export function writeFilter(filter: Filter): URLSearchParams {
  const address = new URLSearchParams();
  if (filter.search) address.set("search", filter.search);
  if (filter.risk) address.set("risk", filter.risk);
  if (filter.segment) address.set("segment", filter.segment);
  if (filter.tier) address.set("tier", filter.tier);
  if (filter.isReachable) address.set("reachable", "1");
  if (filter.sort !== "value_at_risk") address.set("sort", filter.sort);
  return address;
}

export function isNarrowed(filter: Filter): boolean {
  const { search, risk, segment, tier, isReachable } = filter;
  return search !== "" || risk !== null || segment !== null || tier !== null || isReachable;
}
