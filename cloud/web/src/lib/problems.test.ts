import i18next from "i18next";
import { beforeAll, expect, it } from "vitest";
import { ApiError } from "../api/client";
import type { FieldError } from "../api/types";
import de from "../i18n/de.json";
import en from "../i18n/en.json";
import { fieldText, problemText } from "./problems";

const MISSING = new ApiError(404, "there is no such customer");
const PHONE: FieldError = {
  field: "phone",
  expected: "a phone number with its country, such as +49…",
  found: "another text",
  code: "phone_with_country",
  values: {},
};
const CAPACITY: FieldError = {
  field: "capacity",
  expected: "1..100000",
  found: "0",
  code: "range",
  values: { least: 1, most: 100_000 },
};

beforeAll(async () => {
  const resources = { en: { translation: en }, de: { translation: de } };
  await i18next.init({ lng: "en", resources, interpolation: { escapeValue: false } });
});

it("leaves English as the server says it", () => {
  expect(problemText(MISSING)).toBe("there is no such customer");
  expect(fieldText(PHONE)).toBe("Phone: expected a phone number with its country, such as +49…");
  expect(fieldText(CAPACITY)).toBe(
    "Room for how many: expected a number from 1 to 100,000, found 0",
  );
});

it("says in other languages what kind of problem it is, and what was expected", async () => {
  await i18next.changeLanguage("de");
  expect(problemText(MISSING)).toBe(
    "Das gibt es nicht, oder nicht mehr. (there is no such customer)",
  );
  const invalid = new ApiError(422, "phone: expected …", [PHONE], "invalid");
  expect(problemText(invalid)).toContain("Telefon: erwartet eine Telefonnummer mit Land");
  await i18next.changeLanguage("en");
});

it("tells a server that cannot be reached from a fault of ours", () => {
  expect(problemText(new ApiError(0, ""))).toContain("cannot be reached");
  expect(problemText(new Error("x is not a function"))).toContain("Something went wrong");
});
