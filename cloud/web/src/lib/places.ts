/** What the browser knows of countries, time zones and currencies, for choosing. */

export interface Choice {
  value: string;
  label: string;
}

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
// known to CLDR as regions, but no country
const NO_COUNTRIES = new Set(["EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"]);

/** Whether a code is not an old one of a country that has another now (DD, UK). */
const isCurrent = (code: string) => new Intl.Locale(`und-${code}`).region === code;

/** Every country by its two-letter code, sorted by its name. */
export function countries(locale: string): Choice[] {
  const names = new Intl.DisplayNames(locale, { type: "region", fallback: "none" });
  const codes = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
  return codes
    .filter((code) => !NO_COUNTRIES.has(code) && isCurrent(code))
    .flatMap((code) => named(code, names.of(code)))
    .sort((a, b) => a.label.localeCompare(b.label, locale));
}

/** Every currency by its three-letter code, sorted by its name. */
export function currencies(locale: string): Choice[] {
  const names = new Intl.DisplayNames(locale, { type: "currency" });
  return Intl.supportedValuesOf("currency")
    .map((code) => ({ value: code, label: `${names.of(code) ?? code} (${code})` }))
    .sort((a, b) => a.label.localeCompare(b.label, locale));
}

export function timeZones(): Choice[] {
  return Intl.supportedValuesOf("timeZone").map((zone) => ({
    value: zone,
    label: zone.replaceAll("_", " "),
  }));
}

/** The country in a locale such as "de-AT", or nothing. */
export function countryOf(locale: string): string {
  return new Intl.Locale(locale).region ?? "";
}

function named(code: string, name: string | undefined): Choice[] {
  return name === undefined || name === code ? [] : [{ value: code, label: name }];
}
