/**
 * Opening hours in the form that a week planner shows, from and to OSM opening_hours strings.
 *
 * Only the simple form is edited here, one or more spans a day: `Mo-Fr 09:00-13:00,14:00-18:00`.
 * What says more (seasons, holidays) stays as it was written.
 */

export const DAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"] as const;
export type Day = (typeof DAYS)[number];

export interface Span {
  from: string;
  to: string;
}

export type Week = Readonly<Record<Day, readonly Span[]>>;

export const PRESETS = {
  weekdays: "Mo-Fr 09:00-18:00; Sa 09:00-14:00",
  everyDay: "Mo-Su 08:00-20:00",
  afternoons: "Tu-Sa 11:00-19:00",
} as const;

const CLOSED = { Mo: [], Tu: [], We: [], Th: [], Fr: [], Sa: [], Su: [] } as const satisfies Week;
const RULE = /^(?:([A-Z][a-z][A-Za-z,\- ]*?)\s+)?(off|closed|[\d:,\-\s]+)$/;
const SPAN = /^(\d{2}:\d{2})-(\d{2}:\d{2})$/;

/** The week of a string, or null when it says more than a week planner can show. */
export function readWeek(text: string): Week | null {
  let week: Week = CLOSED;
  for (const rule of text.split(";").map((part) => part.trim())) {
    if (rule === "") continue;
    const [, days, times] = RULE.exec(rule) ?? [];
    const named = days === undefined ? [...DAYS] : readDays(days);
    const spans = times === undefined ? null : readSpans(times.trim());
    if (!named || !spans) return null;
    week = { ...week, ...Object.fromEntries(named.map((day) => [day, spans])) };
  }
  return week;
}

/** The string of a week, days with the same hours side by side written as one. */
export function writeWeek(week: Week): string {
  const groups: { days: Day[]; times: string }[] = [];
  for (const day of DAYS) {
    const times = week[day].map((span) => `${span.from}-${span.to}`).join(",");
    const last = groups.at(-1);
    if (last && last.times === times) last.days.push(day);
    else groups.push({ days: [day], times });
  }
  return groups
    .filter((group) => group.times !== "")
    .map(({ days, times }) => `${daysText(days)} ${times}`)
    .join("; ");
}

function daysText(days: readonly Day[]): string {
  const [first, last] = [days[0], days.at(-1)];
  return first === last ? `${first}` : `${first}-${last}`;
}

function readDays(text: string): Day[] | null {
  const days: Day[] = [];
  for (const part of text.split(",").map((piece) => piece.trim())) {
    const [first, last = first] = part.split("-").map((name) => DAYS.indexOf(name as Day));
    if (first === undefined || last === undefined || first < 0 || last < first) return null;
    days.push(...DAYS.slice(first, last + 1));
  }
  return days;
}

function readSpans(text: string): Span[] | null {
  if (text === "off" || text === "closed") return [];
  const spans = text.split(",").map((part) => SPAN.exec(part.trim()));
  return spans.every((span) => span !== null)
    ? spans.map(([, from = "", to = ""]) => ({ from, to }))
    : null;
}
