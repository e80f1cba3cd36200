import { ButtonLink } from "../components/button";
import { Page } from "../components/page";
import { t } from "../i18n/i18n";

export function NotFound() {
  return (
    <Page title={t("app.notFound.title")} lead={t("app.notFound.text")}>
      <p>
        <ButtonLink to="/">{t("app.notFound.action")}</ButtonLink>
      </p>
    </Page>
  );
}
