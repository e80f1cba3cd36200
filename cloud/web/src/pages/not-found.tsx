import { ButtonLink } from "../components/button";
import { Empty } from "../components/states";
import { t } from "../i18n/i18n";

export function NotFound() {
  return (
    <Empty title={t("app.notFound.title")} text={t("app.notFound.text")}>
      <ButtonLink to="/">{t("app.notFound.action")}</ButtonLink>
    </Empty>
  );
}
