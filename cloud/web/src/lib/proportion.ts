/** Shares of counted things, and how sure one can be of them. */

export interface Interval {
  low: number;
  high: number;
}

/** With fewer visitors, one purchase more or less changes the share beyond any use. */
export const LEAST_VISITORS = 20;

const Z_90 = 1.6449;

/** Wilson's score interval for a share, at 90 %: it stays between 0 and 1, also for few. */
export function wilsonInterval(successes: number, trials: number): Interval {
  const share = successes / trials;
  const square = Z_90 ** 2;
  const middle = (share + square / (2 * trials)) / (1 + square / trials);
  const spread =
    (Z_90 / (1 + square / trials)) *
    Math.sqrt((share * (1 - share)) / trials + square / (4 * trials ** 2));
  return { low: Math.max(0, middle - spread), high: Math.min(1, middle + spread) };
}
