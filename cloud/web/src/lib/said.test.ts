import { readFileSync } from "node:fs";
import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import type { AdviceSaid, DriverSaid, FieldError, LiveDevice, NoteSaid } from "../api/types";
import de from "../i18n/de.json";
import en from "../i18n/en.json";
import hi from "../i18n/hi.json";
import { createFormats } from "./formats";
import { adviceText, deviceProblem, driverText, expectedText, noteText } from "./said";

const OPENAPI = new URL("../../../../openapi.json", import.meta.url);
const { schemas } = JSON.parse(readFileSync(OPENAPI, "utf8")).components;
const codesOf = (schema: string): string[] =>
  schemas[schema].properties.code.enum.filter((code: string) => code !== "other");

const KINDS = [
  ["DriverSaid", (texts: typeof en) => texts.drivers],
  ["AdviceSaid", (texts: typeof en) => texts.nextAction.reasons],
  ["ProblemError", (texts: typeof en) => texts.errors.expected],
  ["NoteSaid", (texts: typeof en) => texts.scoringNotes],
  ["Problem", (texts: typeof en) => texts.errors.refusals],
  ["DeviceSaid", (texts: typeof en) => texts.devices.problems],
] as const;

describe.each(Object.entries({ en, de, hi }))("in %s", (_, texts) => {
  it.each(KINDS)("each code of %s has words, and no word is without its code", (schema, words) => {
    const known = Object.keys(words(texts as typeof en));
    const named = schema === "DriverSaid" ? [...codesOf(schema), "closed"] : codesOf(schema);
    expect(known.sort()).toEqual(named.sort());
  });
});

describe("in German", () => {
  const formats = createFormats("de", "EUR", "Europe/Berlin");

  beforeAll(async () => {
    await i18next.init({
      lng: "de",
      resources: { de: { translation: de } },
      interpolation: { escapeValue: false },
    });
  });

  it("a rhythm tells the days on which nobody could come", () => {
    const said: DriverSaid = {
      code: "rhythm",
      values: { gap_days: 9, away_days: 26, closed_days: 2 },
      text: "usually every 9 days, now 26 (closed on 2 of them)",
    };
    expect(driverText(said, formats)).toBe(
      "Sonst alle 9 Tage, jetzt 26 Tage (davon 2 Tage geschlossen)",
    );
  });

  it("what moves a risk is named", () => {
    const said: DriverSaid = { code: "raises", values: { input: "recent visits" }, text: "" };
    expect(driverText(said, formats)).toBe("Erhöht das Risiko: Besuche der letzten Zeit");
  });

  it("an action is told with its money and where its effect is known from", () => {
    const values = {
      gap_days: 9,
      away_days: 26,
      lost_percent: 62,
      worth: 51.2,
      action: "reminder",
      prevented_percent: 10,
    };
    const said: AdviceSaid = { code: "due", values, text: "" };
    expect(adviceText(said, formats)).toContain("mit 62\u00a0% verloren, 51\u00a0€ wert");
    expect(adviceText(said, formats)).toContain("(eine Annahme)");
    const measured: AdviceSaid = { ...said, values: { ...values, measured: 1200 } };
    expect(adviceText(measured, formats)).toContain("(gemessen an 1.200 Kunden)");
  });

  it("a note has its days and amounts as people write them", () => {
    const closed: NoteSaid = {
      code: "closed",
      values: { first: "2026-08-01", last: "2026-08-21", closed_days: 21 },
      text: "",
    };
    expect(noteText(closed, formats)).toBe(
      "Vom 1. Aug. 2026 bis 21. Aug. 2026 wurde niemandem etwas verkauft: diese 21 Tage zählen bei niemandem als Abwesenheit.",
    );
    const slip: NoteSaid = {
      code: "typing_errors",
      values: { count: 1, limit: 1670.7, usual: 30.6, largest: 1_000_000 },
      text: "",
    };
    expect(noteText(slip, formats)).toContain("mit mehr als 1.671\u00a0€ (üblich sind 31\u00a0€)");
    expect(noteText(slip, formats)).toContain("Der größte Betrag ist 1.000.000\u00a0€.");
  });

  it("a board says what is wrong with it, not only that something is", () => {
    const now = new Date("2026-11-20T12:00:00Z");
    const board: LiveDevice = {
      id: "d-1",
      name: "Tür",
      is_online: true,
      seen_at: "2026-11-20T11:59:50Z",
      condition: "drifting",
      problem: "Drifting: it sees the other side 18 cm from where it was.",
      said: { code: "drifting", values: { distance_cm: 18 }, text: "Drifting" },
    };
    expect(deviceProblem(board, formats, now)).toContain("18 cm entfernt von vorher");
    expect(deviceProblem({ ...board, said: null }, formats, now)).toBeNull();
    const silent = { ...board, seen_at: "2026-11-20T11:50:00Z" };
    const said = { code: "silent", values: { minutes: 10 }, text: "" } as const;
    expect(deviceProblem({ ...silent, said }, formats, now)).toContain("vor 10 Minuten");
  });

  it("a sentence without a code stays as it is", () => {
    expect(driverText({ code: "other", values: {}, text: "as it is" }, formats)).toBe("as it is");
    const field: FieldError = {
      field: "name",
      expected: "something new",
      found: "",
      code: "other",
      values: {},
    };
    expect(expectedText(field)).toBe("something new");
  });

  it("what was expected is said with its limits", () => {
    const values = { least: 1, most: 100000 };
    const field = { field: "capacity", expected: "1..100000", found: "0", values };
    expect(expectedText({ ...field, code: "range" })).toBe("eine Zahl von 1 bis 100.000");
  });
});
