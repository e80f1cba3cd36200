/** What follows from the figures of a scoring. */

import type { Insights } from "../api/types";

/** How many have come at least twice: without them there is no rhythm to learn. */
export function returnedCustomers(kpis: Pick<Insights["kpis"], "customers" | "repeat_share">) {
  return Math.round((kpis.repeat_share ?? 0) * kpis.customers);
}
