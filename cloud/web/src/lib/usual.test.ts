import i18next from "i18next";
import { beforeAll, expect, it } from "vitest";
import en from "../i18n/en.json";
import { placeOf, usualNote } from "./usual";

const SPREAD = { low: 80, middle: 100, high: 120, days: 8 };

beforeAll(async () => {
  await i18next.init({ lng: "en", resources: { en: { translation: en } } });
});

it("is usual within the range, its ends included", () => {
  expect([79, 80, 120, 121].map((value) => placeOf(value, SPREAD))).toEqual([
    "less",
    "usual",
    "usual",
    "more",
  ]);
});

it("says so with the range, or that it is not known", () => {
  expect(usualNote(130, SPREAD, String)).toBe("More than usual: 80 to 120 by now");
  expect(usualNote(130, null, String)).toBe("Not enough days yet to say what is usual");
});

it("calls nothing little while the whole day is compared", () => {
  expect(usualNote(10, SPREAD, String, false)).toBe("Usually 80 to 120 on the whole day");
});
