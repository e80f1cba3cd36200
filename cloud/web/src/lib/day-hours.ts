/** The hours of a day as a chart shows them. */

import type { FootfallHour, KeptHours } from "../api/types";
import { clockIn } from "./shop-clock";

/** From and to in hours of the shop's clock, such as 9 and 18.5. */
export interface ClockSpan {
  from: number;
  to: number;
}

const DAY_HOURS = 24;
// a day of which nothing is known still has a shape
const USUAL_DAY = { first: 8, last: 19 };

export function clockSpans(promised: readonly KeptHours[], timeZone: string): ClockSpan[] {
  const hours = (at: string) => {
    const { hour, minute } = clockIn(timeZone, new Date(at));
    return hour + minute / 60;
  };
  return promised.flatMap(({ promised_from, promised_to }) => {
    const from = hours(promised_from);
    const to = hours(promised_to);
    if (to > from) return [{ from, to }];
    const evening = { from, to: DAY_HOURS };
    // the evening before most likely ended as this one will
    return to > 0 ? [{ from: 0, to }, evening] : [evening];
  });
}

export function isWithin(spans: readonly ClockSpan[], hour: number): boolean {
  return spans.some((span) => span.from < hour + 1 && span.to > hour);
}

/** From the first hour with anything to the last: promised, usual or counted. */
export function hoursToShow(
  hours: readonly FootfallHour[],
  promised: readonly ClockSpan[],
): FootfallHour[] {
  const telling = hours.filter(
    (one) => one.entries > 0 || (one.usual_entries ?? 0) > 0 || isWithin(promised, one.hour),
  );
  const first = telling[0]?.hour ?? USUAL_DAY.first;
  const last = telling.at(-1)?.hour ?? USUAL_DAY.last;
  return hours.filter((one) => one.hour >= first && one.hour <= last);
}

/** The hour of the largest value; null when all are zero. */
export function busiest(
  hours: readonly FootfallHour[],
  measure: (hour: FootfallHour) => number,
): FootfallHour | null {
  const most = Math.max(0, ...hours.map(measure));
  return most > 0 ? (hours.find((one) => measure(one) === most) ?? null) : null;
}
