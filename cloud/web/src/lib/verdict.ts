/** How much the models trust themselves, in the words of the pages. */

export type Caution = "weak" | "none" | "little";

/** What to say beside a figure of the models; null when the signal is good. */
export function cautionOf(verdict: string): Caution | null {
  if (verdict === "signal") return null;
  if (verdict === "weak signal") return "weak";
  return verdict === "too little data" ? "little" : "none";
}
