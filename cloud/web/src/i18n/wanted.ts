/** Which language a reader wants, and its texts; free of libraries, so that it can begin early. */

/** The languages to choose from, each called as its own speakers call it. */
export const LANGUAGES = { en: "English", de: "Deutsch", hi: "हिन्दी" } as const;
export type Language = keyof typeof LANGUAGES;

/** Unicode's pseudo-locale written from right to left: what developers look at layouts with. */
export const PSEUDO = "ar-XB";

const CHOSEN = "shopbell.language";

export function rememberLanguage(language: Language): void {
  localStorage.setItem(CHOSEN, language);
}

export function wantedLanguage(): string {
  const chosen = localStorage.getItem(CHOSEN);
  if (chosen === PSEUDO || isKnown(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.split("-")[0] ?? "").find(isKnown) ?? "en";
}

/** The texts of a language that is not in the first load; null for English, which is. */
export async function otherTexts(tag: string): Promise<Record<string, unknown> | null> {
  if (tag === "de") return (await import("./de.json")).default;
  if (tag === "hi") return (await import("./hi.json")).default;
  return null;
}

function isKnown(tag: string | null): tag is Language {
  return tag !== null && Object.hasOwn(LANGUAGES, tag);
}
