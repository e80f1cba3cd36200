/** Where everything about the shop itself is found. */

import { Link } from "react-router";
import { Card } from "../components/card";
import { Icon } from "../components/icon";
import { LineAnchor } from "../components/line-link";
import { Page } from "../components/page";
import { Failed, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { useProfile } from "../lib/use-shop-profile";
import { shopPath, useShop } from "../session/shop";
import css from "./shop.module.css";
import { Exports, Poster } from "./shop-files";

const PLACES = [
  { page: "shop/profile", label: "profile" },
  { page: "shop/hours", label: "hours" },
  { page: "shop/devices", label: "devices" },
  { page: "shop/products", label: "products" },
  { page: "shop/staff", label: "staff" },
  { page: "feedback", label: "feedback" },
  { page: "import", label: "import" },
  { page: "start", label: "start" },
  { page: "shop/privacy", label: "privacy" },
] as const;
const READABLE = new Set<string>([
  "feedback",
  "shop/products",
  "shop/devices",
  "shop/staff",
  "shop/privacy",
]);

export function ShopPage() {
  const { shop } = useShop();
  const places = PLACES.filter(({ page }) => shop.role !== "analyst" || READABLE.has(page));
  return (
    <Page title={t("shop.title")}>
      <div className={css.columns}>
        <ul className={css.places}>
          {places.map(({ page, label }) => (
            <li key={page}>
              <Link to={shopPath(shop.slug, page)} className={css.place}>
                <span>
                  <strong>{t(`shop.places.${label}.name`)}</strong>
                  <span className={css.soft}>{t(`shop.places.${label}.what`)}</span>
                </span>
                <Icon name="next" />
              </Link>
            </li>
          ))}
        </ul>
        <div className={css.stack}>
          <PublicPage />
          <Exports />
        </div>
      </div>
    </Page>
  );
}

function PublicPage() {
  const profile = useProfile();
  return (
    <Card title={t("shop.publicPage")}>
      <p>{t("shop.publicPageWhat")}</p>
      {profile.isPending && <Loading />}
      {profile.isError && !profile.data && (
        <Failed error={profile.error} onRetry={() => void profile.refetch()} />
      )}
      {profile.data && (
        <p className={css.address}>
          <LineAnchor href={profile.data.public_url} target="_blank" rel="noreferrer">
            {profile.data.public_url}
          </LineAnchor>
        </p>
      )}
      <Poster whatsappUrl={profile.data?.whatsapp_share_url} />
    </Card>
  );
}
