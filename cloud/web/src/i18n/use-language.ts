import { useSyncExternalStore } from "react";
import { language, onLanguage } from "./i18n";

/** The current language; what uses it is drawn anew when it changes. */
export function useLanguage(): string {
  return useSyncExternalStore(onLanguage, language);
}
