import { chooseLanguage, LANGUAGES, type Language, t } from "../i18n/i18n";
import { useLanguage } from "../i18n/use-language";
import { SelectField } from "./field";

export function LanguageSwitch() {
  const current = useLanguage();
  return (
    <SelectField
      label={t("app.language")}
      value={current}
      onChange={(event) => void chooseLanguage(event.target.value as Language)}
    >
      {Object.entries(LANGUAGES).map(([tag, name]) => (
        <option key={tag} value={tag} lang={tag}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
