import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import type { FieldError } from "../api/types";
import de from "../i18n/de.json";
import en from "../i18n/en.json";
import { fieldText, problemText, reasonText } from "./problems";

const MISSING = new ApiError(404, "there is no such customer", {
  code: "no_customer",
  values: {},
});
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

it("says what was refused, and what was expected", () => {
  expect(problemText(MISSING)).toBe("There is no such customer.");
  expect(fieldText(PHONE)).toBe("Phone: expected a phone number with its country, such as +49…");
  expect(fieldText(CAPACITY)).toBe(
    "Room for how many: expected a number from 1 to 100,000, found 0",
  );
});

describe("in German", () => {
  beforeAll(async () => {
    await i18next.changeLanguage("de");
    return async () => {
      await i18next.changeLanguage("en");
    };
  });

  it("each says the same", () => {
    expect(problemText(MISSING)).toBe("Diesen Kunden gibt es nicht.");
    const invalid = new ApiError(422, "phone: expected …", { errors: [PHONE] });
    expect(problemText(invalid)).toBe("Telefon: erwartet eine Telefonnummer mit Land, wie +49…");
    const amount = { ...PHONE, field: "amount", code: "amount_comma" } as const;
    expect(fieldText(amount)).toBe("Betrag: erwartet einen Betrag wie 12,50");
  });

  it("what stands in a sentence is named in German too", () => {
    const detail = "only owner may do this, you are staff here";
    const values = { allowed: "owner", role: "staff" };
    expect(problemText(new ApiError(403, detail, { code: "role", values }))).toBe(
      "Ihre Rolle hier, Mitarbeitende, erlaubt das nicht.",
    );
  });

  it("what comes without a code is told by its status, the words as they came behind", () => {
    expect(problemText(new ApiError(404, "gone fishing"))).toBe(
      "Das gibt es nicht, oder nicht mehr. (gone fishing)",
    );
    expect(problemText(new ApiError(502, "502 Bad Gateway"))).toContain("beschäftigt");
  });

  it("a line of a file is rejected with the name of its column, and with what stood there", () => {
    const date = { field: "date", expected: "", found: "'free'", values: { day: "2024-12-31" } };
    expect(reasonText({ ...date, code: "date_such_as" }, "date: …")).toBe(
      "Datum: erwartet ein Datum wie 2024-12-31, gefunden 'free'",
    );
    const years = { ...date, values: { least: 1970, most: 2100 } };
    expect(fieldText({ ...years, code: "years" })).toContain("von 1970 bis 2100");
    const twice = { ...date, field: "sku", found: "'R1' again, first in row 3", values: {} };
    expect(fieldText({ ...twice, code: "product_once" })).toBe(
      "Artikelnummer (SKU): erwartet jedes Produkt nur einmal",
    );
    expect(reasonText(null, "as it is")).toBe("as it is");
  });
});

it("tells a server that cannot be reached from a fault of ours", () => {
  expect(problemText(new ApiError(0, ""))).toContain("cannot be reached");
  expect(problemText(new Error("x is not a function"))).toContain("Something went wrong");
});
