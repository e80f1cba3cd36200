/** The first steps of a shop: what is done is read from the shop itself, so one can stop anywhere. */

export const STEPS = ["hours", "sales", "sensor", "page"] as const;
export type Step = (typeof STEPS)[number];

export interface ShopFacts {
  hasHours: boolean;
  hasSales: boolean;
  hasDevice: boolean;
}

/** Steps that were skipped or, where the shop cannot tell, ticked; kept on this device. */
export function settledSteps(shopId: string): ReadonlySet<Step> {
  const kept = localStorage.getItem(keyOf(shopId))?.split(",") ?? [];
  return new Set(STEPS.filter((step) => kept.includes(step)));
}

export function settleStep(shopId: string, step: Step): void {
  const settled = new Set([...settledSteps(shopId), step]);
  localStorage.setItem(keyOf(shopId), [...settled].join(","));
}

export function isDone(step: Step, facts: ShopFacts): boolean {
  if (step === "hours") return facts.hasHours;
  if (step === "sales") return facts.hasSales;
  return step === "sensor" && facts.hasDevice;
}

/** What is neither done nor settled, in the order of the steps. */
export function openSteps(facts: ShopFacts, settled: ReadonlySet<Step>): Step[] {
  return STEPS.filter((step) => !isDone(step, facts) && !settled.has(step));
}

function keyOf(shopId: string): string {
  return `shopbell.start.${shopId}`;
}
