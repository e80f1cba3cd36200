/** The server's sentences in the reader's language: by their codes, with what stands in them. */

import type {
  AdviceSaid,
  DriverSaid,
  FieldError,
  LiveDevice,
  NoteSaid,
  Problem,
} from "../api/types";
import { language, t } from "../i18n/i18n";
import type { Formats } from "./formats";
import { actionName, importState, inputName, roleName } from "./server-words";

type Values = Readonly<Record<string, unknown>>;

const DATES = ["day", "first", "last"];
const AMOUNTS = ["worth", "limit", "usual", "largest"];

// a sentence that we do not know yet is better shown in English than not at all: `defaultValue`

/** One reason for a score: the customer's own rhythm, or what moves the risk. */
export function driverText({ code, values, text }: DriverSaid, formats: Formats): string {
  const { closed_days, ...rest } = written(values, formats);
  const told = t(`drivers.${code}`, { ...rest, defaultValue: text });
  return closed_days ? `${told} (${t("drivers.closed", { closed_days })})` : told;
}

/** Why something is best done now, or nothing. */
export function adviceText({ code, values, text }: AdviceSaid, formats: Formats): string {
  const { measured, ...rest } = written(values, formats);
  const source = measured ? t("nextAction.measured", { measured }) : t("nextAction.assumed");
  return t(`nextAction.reasons.${code}`, { ...rest, source, defaultValue: text });
}

/** What a scoring left out, or took for a slip. */
export function noteText({ code, values, text }: NoteSaid, formats: Formats): string {
  return t(`scoringNotes.${code}`, { ...written(values, formats), defaultValue: text });
}

/** What is wrong with a device and what to do; null while it is well. */
export function deviceProblem(device: LiveDevice, formats: Formats, now: Date): string | null {
  if (device.said === null) return null;
  const { code, values, text } = device.said;
  const ago = device.seen_at === null ? "" : formats.ago(device.seen_at, now);
  return t(`devices.problems.${code}`, { ...written(values, formats), ago, defaultValue: text });
}

/** What a field was expected to be. */
export function expectedText({ code, values, expected }: FieldError): string {
  // a year is four digits and no thousand
  const number = new Intl.NumberFormat(language(), { useGrouping: "min2" });
  const told = mapped(values, (_, value) =>
    typeof value === "number" ? number.format(value) : value,
  );
  return t(`errors.expected.${code}`, { ...told, defaultValue: expected });
}

/** What the server would not do, and why. */
export function refusalText(
  code: Problem["code"],
  values: Problem["values"],
  text: string,
): string {
  const told = mapped(values, (name, value) => {
    if (name === "role") return roleName(String(value));
    return name === "state" ? importState(String(value)) : value;
  });
  return t(`errors.refusals.${code}`, { ...told, defaultValue: text });
}

function written(values: Values, formats: Formats): Record<string, string> {
  return mapped(values, (name, value) => {
    if (name === "input") return inputName(String(value));
    if (name === "action") return actionName(String(value));
    if (DATES.includes(name)) return formats.calendarDate(String(value));
    if (typeof value !== "number") return value;
    if (/(^|_)days$/.test(name)) return formats.days(value);
    if (name.endsWith("_percent")) return formats.percent(value / 100);
    return AMOUNTS.includes(name) ? formats.wholeAmount(value) : formats.number(value);
  });
}

function mapped(
  values: Values,
  write: (name: string, value: unknown) => unknown,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, String(write(name, value))]),
  );
}
