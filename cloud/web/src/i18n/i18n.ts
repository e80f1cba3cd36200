/** Every text that people read, by key; the texts themselves are in the JSON files beside. */

import i18next from "i18next";
import en from "./en.json";
import { type Language, otherTexts, PSEUDO, rememberLanguage, wantedLanguage } from "./wanted";

export { LANGUAGES, type Language } from "./wanted";

// what numbers and dates look like where the browser names no region of the language
const LOCALES: Readonly<Record<string, string>> = { hi: "hi-IN", [PSEUDO]: "en" };

export const t = i18next.t;

/** Load the reader's language; to be awaited before anything is drawn. */
export async function startLanguage(): Promise<void> {
  await i18next.init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false }, // React escapes
  });
  i18next.on("languageChanged", describeDocument);
  await changeTo(wantedLanguage()).catch(() => changeTo("en")); // texts not cached and no network
}

/** Change the language and remember it on this device. */
export async function chooseLanguage(language: Language): Promise<void> {
  await changeTo(language);
  rememberLanguage(language);
}

export function language(): string {
  return i18next.language;
}

/** Call when the language has changed; returns how to stop. */
export function onLanguage(changed: () => void): () => void {
  i18next.on("languageChanged", changed);
  return () => i18next.off("languageChanged", changed);
}

/** The locale for numbers and dates: the browser's region where it speaks our language. */
export function locale(): string {
  const current = i18next.language;
  const regional = navigator.languages.find((wanted) => wanted.split("-")[0] === current);
  return regional ?? LOCALES[current] ?? current;
}

async function changeTo(tag: string): Promise<void> {
  if (!i18next.hasResourceBundle(tag, "translation")) {
    const texts = (await otherTexts(tag)) ?? (await import("./pseudo")).mirrored(en);
    i18next.addResourceBundle(tag, "translation", texts);
  }
  await i18next.changeLanguage(tag);
}

function describeDocument(): void {
  document.documentElement.lang = i18next.language;
  document.documentElement.dir = i18next.dir();
}
