import { t } from "../i18n/i18n";
import css from "./brand.module.css";
import { Icon } from "./icon";

/** The name of the product; where there is little room, a phone shows only the bell. */
export function Brand({ isShort = false }: { isShort?: boolean }) {
  return (
    <span className={css.brand}>
      <Icon name="bell" size={24} />
      <span className={isShort ? css.short : ""}>{t("app.name")}</span>
    </span>
  );
}
