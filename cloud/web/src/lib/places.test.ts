import { expect, it } from "vitest";
import { countries, countryOf, currencies, timeZones } from "./places";

it("knows the countries by code and name, and nothing that is no country", () => {
  const codes = countries("en").map((country) => country.value);
  expect(countries("en")).toContainEqual({ value: "IN", label: "India" });
  expect(codes).toContain("DE");
  expect(codes).not.toContain("EU");
  expect(codes).not.toContain("ZZ");
  expect(codes.length).toBeGreaterThan(200);
});

it("lists a country once, under the code that it has now", () => {
  const germanies = countries("en").filter((country) => country.label === "Germany");
  expect(germanies).toEqual([{ value: "DE", label: "Germany" }]);
});

it("guesses the country from the reader's locale", () => {
  expect(countryOf("de-AT")).toBe("AT");
  expect(countryOf("de")).toBe("");
});

it("knows currencies and time zones", () => {
  expect(currencies("en")).toContainEqual({ value: "EUR", label: "Euro (EUR)" });
  expect(timeZones().map((zone) => zone.value)).toContain("Europe/Berlin");
});
