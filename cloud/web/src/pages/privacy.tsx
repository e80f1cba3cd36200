import { BackLink } from "../components/back-link";
import { Card } from "../components/card";
import { LineLink } from "../components/line-link";
import { Page } from "../components/page";
import { t } from "../i18n/i18n";
import { shopPath, useShop } from "../session/shop";
import { CloseShop } from "./close-shop";
import css from "./shop.module.css";

const PUBLIC = ["open", "crowd", "noCount"] as const;
const KEPT = ["typed", "sales", "door", "noCamera"] as const;
const DEVICE = ["shops", "unsent", "noToken"] as const;

/** What is shown to whom, and what is kept where, and how to end it all. */
export function Privacy() {
  const { shop } = useShop();
  return (
    <>
      <BackLink to={shopPath(shop.slug, "shop")}>{t("shop.title")}</BackLink>
      <Page title={t("shop.places.privacy.name")}>
        {shop.role === "owner" && (
          <LineLink to={shopPath(shop.slug, "shop/privacy/audit")}>{t("audit.title")}</LineLink>
        )}
        <Card title={t("privacy.public.title")}>
          <ul className={css.list}>
            {PUBLIC.map((fact) => (
              <li key={fact}>{t(`privacy.public.${fact}`)}</li>
            ))}
          </ul>
        </Card>
        <Card title={t("privacy.kept.title")}>
          <ul className={css.list}>
            {KEPT.map((fact) => (
              <li key={fact}>{t(`privacy.kept.${fact}`)}</li>
            ))}
          </ul>
        </Card>
        <Card title={t("privacy.device.title")}>
          <ul className={css.list}>
            {DEVICE.map((fact) => (
              <li key={fact}>{t(`privacy.device.${fact}`)}</li>
            ))}
          </ul>
        </Card>
        {shop.role === "owner" && <CloseShop />}
      </Page>
    </>
  );
}
