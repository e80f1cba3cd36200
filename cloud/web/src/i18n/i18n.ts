/** Every text that people read, by key; the texts themselves are in the JSON files beside. */

import i18next from "i18next";
import en from "./en.json";

type Texts = Record<string, unknown>;

/** The languages to choose from, each called as its own speakers call it. */
export const LANGUAGES = { en: "English", de: "Deutsch", hi: "हिन्दी" } as const;
export type Language = keyof typeof LANGUAGES;

/** Unicode's pseudo-locale written from right to left: what developers look at layouts with. */
const PSEUDO = "ar-XB";
const CHOSEN = "shopbell.language";
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
  await changeTo(wanted()).catch(() => changeTo("en")); // texts not cached and no network
}

/** Change the language and remember it on this device. */
export async function chooseLanguage(language: Language): Promise<void> {
  await changeTo(language);
  localStorage.setItem(CHOSEN, language);
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

function wanted(): string {
  const chosen = localStorage.getItem(CHOSEN);
  if (chosen === PSEUDO || isKnown(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.split("-")[0] ?? "").find(isKnown) ?? "en";
}

function isKnown(tag: string | null): tag is Language {
  return tag !== null && Object.hasOwn(LANGUAGES, tag);
}

async function changeTo(tag: string): Promise<void> {
  if (!i18next.hasResourceBundle(tag, "translation")) {
    i18next.addResourceBundle(tag, "translation", await textsOf(tag));
  }
  await i18next.changeLanguage(tag);
}

async function textsOf(tag: string): Promise<Texts> {
  if (tag === "de") return (await import("./de.json")).default;
  if (tag === "hi") return (await import("./hi.json")).default;
  return (await import("./pseudo")).mirrored(en);
}

function describeDocument(): void {
  document.documentElement.lang = i18next.language;
  document.documentElement.dir = i18next.dir();
}
