import i18next from "i18next";
import { beforeAll, expect, it } from "vitest";
import { ApiError } from "../api/client";
import de from "../i18n/de.json";
import en from "../i18n/en.json";
import { fieldText, problemText } from "./problems";

const MISSING = new ApiError(404, "there is no such customer");
const PHONE = { field: "phone", expected: "a number with its country", found: "12" };

beforeAll(async () => {
  const resources = { en: { translation: en }, de: { translation: de } };
  await i18next.init({ lng: "en", resources, interpolation: { escapeValue: false } });
});

it("leaves English as the server says it", () => {
  expect(problemText(MISSING)).toBe("there is no such customer");
  expect(fieldText(PHONE)).toBe("Phone: expected a number with its country, found 12");
});

it("says in other languages what kind of problem it is, and keeps what the server said", async () => {
  await i18next.changeLanguage("de");
  expect(problemText(MISSING)).toBe(
    "Das gibt es nicht, oder nicht mehr. (there is no such customer)",
  );
  const invalid = new ApiError(422, "phone: expected …", [PHONE], "invalid");
  expect(problemText(invalid)).toContain("Telefon: erwartet");
  await i18next.changeLanguage("en");
});

it("tells a server that cannot be reached from a fault of ours", () => {
  expect(problemText(new ApiError(0, ""))).toContain("cannot be reached");
  expect(problemText(new Error("x is not a function"))).toContain("Something went wrong");
});
