/** Money, numbers, dates and times as a shop's people write them. */

import { dateIn } from "./shop-clock";

export interface Formats {
  /** Minor units with the currency: 1234 is "€12.34". */
  money: (minor: number) => string;
  /** For large figures: without the minor part. */
  wholeMoney: (minor: number) => string;
  /** The same of an amount in major units. */
  wholeAmount: (major: number) => string;
  number: (value: number) => string;
  /** A share between 0 and 1 as whole percent. */
  percent: (share: number) => string;
  /** Whole days such as "9 days". */
  days: (count: number) => string;
  /** Whole minutes such as "9 minutes"; from two hours on, hours. */
  minutes: (count: number) => string;
  time: (at: Date | string) => string;
  /** A full hour of the day such as "09:00". */
  hour: (hour: number) => string;
  date: (at: Date | string) => string;
  /** Of a calendar date such as "2026-03-14", whatever the zone. */
  calendarDate: (date: string) => string;
  /** With the weekday. */
  longDate: (at: Date | string) => string;
  /** Of a calendar date, whatever the zone: "March 2026". */
  month: (date: string) => string;
  dateTime: (at: Date | string) => string;
  /** The time alone today, the weekday within the week, the date before that. */
  since: (at: Date | string, now: Date) => string;
  /** "3 minutes ago". */
  ago: (at: Date | string, now: Date) => string;
  /** By the shop's calendar: "today", "yesterday", "9 days ago". */
  daysAgo: (at: Date | string, now: Date) => string;
}

const HOURS_FROM = 120; // minutes
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Formats of one shop for readers of one language. */
export function createFormats(locale: string, currency: string, timeZone: string): Formats {
  const money = new Intl.NumberFormat(locale, { style: "currency", currency });
  const wholeMoney = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    maximumFractionDigits: 0,
  });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const days = new Intl.NumberFormat(locale, {
    style: "unit",
    unit: "day",
    unitDisplay: "long",
    maximumFractionDigits: 0,
  });
  const minutes = new Intl.NumberFormat(locale, {
    style: "unit",
    unit: "minute",
    unitDisplay: "long",
  });
  const hours = new Intl.NumberFormat(locale, {
    style: "unit",
    unit: "hour",
    unitDisplay: "long",
    maximumFractionDigits: 1,
  });
  const at = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const time = at({ hour: "2-digit", minute: "2-digit" });
  const clock = new Intl.DateTimeFormat(locale, {
    timeZone: "UTC",
    hour: "2-digit",
    minute: "2-digit",
  });
  const date = at({ day: "numeric", month: "short", year: "numeric" });
  const calendarDate = new Intl.DateTimeFormat(locale, {
    timeZone: "UTC",
    day: "numeric",
    month: "short",
    year: "numeric",
  });
  const longDate = at({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const month = new Intl.DateTimeFormat(locale, {
    timeZone: "UTC",
    month: "short",
    year: "numeric",
  });
  const weekdayTime = at({ weekday: "short", hour: "2-digit", minute: "2-digit" });
  const dateTime = at({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const ago = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const minorPerMajor = 10 ** (money.resolvedOptions().maximumFractionDigits ?? 2);

  return {
    money: (minor) => money.format(minor / minorPerMajor),
    wholeMoney: (minor) => wholeMoney.format(minor / minorPerMajor),
    wholeAmount: (major) => wholeMoney.format(major),
    number: (value) => number.format(value),
    percent: (share) => percent.format(share),
    days: (count) => days.format(count),
    minutes: (count) => (count < HOURS_FROM ? minutes.format(count) : hours.format(count / 60)),
    hour: (hour) => clock.format(Date.UTC(2000, 0, 1, hour)),
    time: (when) => time.format(new Date(when)),
    date: (when) => date.format(new Date(when)),
    calendarDate: (when) => calendarDate.format(new Date(when)),
    longDate: (when) => longDate.format(new Date(when)),
    month: (when) => month.format(new Date(when)),
    dateTime: (when) => `${date.format(new Date(when))}, ${time.format(new Date(when))}`,
    since: (when, now) => {
      const then = new Date(when);
      if (date.format(then) === date.format(now)) return time.format(then);
      const isRecent = now.getTime() - then.getTime() < 6 * DAY_MS;
      return (isRecent ? weekdayTime : dateTime).format(then);
    },
    ago: (when, now) => relative(ago, now.getTime() - new Date(when).getTime()),
    daysAgo: (when, now) => {
      const [then, today] = [new Date(when), now].map((one) => Date.parse(dateIn(timeZone, one)));
      return ago.format(Math.round((Number(then) - Number(today)) / DAY_MS), "day");
    },
  };
}

function relative(format: Intl.RelativeTimeFormat, passedMs: number): string {
  if (passedMs < MINUTE_MS) return format.format(0, "minute");
  if (passedMs < HOUR_MS) return format.format(-Math.floor(passedMs / MINUTE_MS), "minute");
  if (passedMs < DAY_MS) return format.format(-Math.floor(passedMs / HOUR_MS), "hour");
  return format.format(-Math.floor(passedMs / DAY_MS), "day");
}
