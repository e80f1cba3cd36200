/** The clock on the shop's wall, whatever the reader's own says. */

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Hour and minute of a moment in a time zone. */
export function clockIn(timeZone: string, at: Date): { hour: number; minute: number } {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const number = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return { hour: number("hour"), minute: number("minute") };
}

/** The calendar day of a moment in a time zone, as 2026-03-14. */
export function dateIn(timeZone: string, at: Date): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(at);
}

/** The coming midnight; on a day when the clock is changed it may be an hour off. */
export function nextMidnight(timeZone: string, now: Date): Date {
  const { hour, minute } = clockIn(timeZone, now);
  const passedMs = hour * HOUR_MS + minute * MINUTE_MS;
  const wholeMinute = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS;
  return new Date(wholeMinute - passedMs + 24 * HOUR_MS);
}

/** A day before or after another, as 2026-03-14. */
export function shiftDate(date: string, days: number): string {
  const moved = new Date(`${date}T12:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}
