/** The weeks behind: those of which enough is known to say something. */

import type { PastWeek } from "../api/types";

type SharedWeek = PastWeek & { conversion: number };

/** Weeks in which enough came in for a share. */
export function shared(weeks: readonly PastWeek[]): SharedWeek[] {
  return weeks.filter((one): one is SharedWeek => one.conversion !== null);
}

/** Weeks with a promise that the door was there to keep. */
export function judged(weeks: readonly PastWeek[]): PastWeek[] {
  return weeks.filter((one) => one.promised > 0);
}

export function missedMinutes(weeks: readonly PastWeek[]): number {
  return weeks.reduce((sum, one) => sum + one.minutes_missed, 0);
}
