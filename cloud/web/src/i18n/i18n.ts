/** Every text that people read, by key; the texts themselves are in the JSON files beside. */

import i18next from "i18next";
import en from "./en.json";

void i18next.init({
  lng: "en",
  fallbackLng: "en",
  resources: { en: { translation: en } },
  initAsync: false,
  interpolation: { escapeValue: false }, // React escapes
});

export const t = i18next.t;

/** The locale for numbers and dates: the browser's region where it speaks our language. */
export function locale(): string {
  const language = i18next.language;
  return navigator.languages.find((wanted) => wanted.split("-")[0] === language) ?? language;
}
