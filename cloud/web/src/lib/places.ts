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

// out of use, or for accounts and metals only, though CLDR still has their names
const OLD_CURRENCIES = new Set(
  (
    "ADP AFA ALK AOK AON AOR ARA ARL ARM ARP ATS AZM BAD BAN BEC BEF BEL BGL BGM BGO BOL BOP BRB BRC BRE " +
    "BRN BRR BRZ BUK BYB BYR CHE CHW CLE CNH CNX COU CSD CSK CYP DDM DEM ECS ECV EEK ESA ESB ESP FIM " +
    "FRF GEK GHC GNS GQE GRD GWE GWP HRD HRK IEP ILP ILR ISJ ITL KRH KRO LTL LTT LUC LUF LUL LVL LVR " +
    "MAF MCF MDC MGF MKN MLF MRO MTL MTP MVP MXP MXV MZE MZM NIC NLG PEI PES PLZ PTE RHD ROL RUR SDD " +
    "SDP SIT SKK SLL SRG STD SUR SVC TJR TMM TPE TRL UAK UGS USN USS UYI UYP UYW VEB VED VEF VNN XAD XAG " +
    "XAU XBA XBB XBC XBD XDR XEU XFO XFU XPD XPT XRE XSU XTS XUA XXX YDD YUD YUM YUN YUR ZAL ZMK " +
    "ZRN ZRZ ZWD ZWL ZWR"
  ).split(" "),
);

/** Every currency in use by its three-letter code, sorted by its name. */
export function currencies(locale: string): Choice[] {
  const names = new Intl.DisplayNames(locale, { type: "currency" });
  return Intl.supportedValuesOf("currency")
    .filter((code) => !OLD_CURRENCIES.has(code))
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
