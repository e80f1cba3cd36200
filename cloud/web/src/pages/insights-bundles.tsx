/** What to sell together, and at which price. */

import { useQuery } from "@tanstack/react-query";
import { getBundles } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Bundle } from "../api/types";
import { Card } from "../components/card";
import { Failed, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { useShop } from "../session/shop";
import css from "./insights.module.css";

export function Bundles() {
  const { shop } = useShop();
  const bundles = useQuery({
    queryKey: queryKeys.bundles(shop.id),
    queryFn: () => getBundles(shop.id),
  });
  return (
    <Card title={t("bundles.title")}>
      {bundles.isPending && <Loading />}
      {bundles.isError && !bundles.data && (
        <Failed error={bundles.error} onRetry={() => void bundles.refetch()} />
      )}
      {bundles.data?.items.length === 0 && <p>{t("bundles.none")}</p>}
      <ul className={css.moves}>
        {bundles.data?.items.map((bundle) => (
          <BundleItem key={bundle.products.map(({ id }) => id).join()} bundle={bundle} />
        ))}
      </ul>
    </Card>
  );
}

function BundleItem({ bundle }: { bundle: Bundle }) {
  const { formats } = useShop();
  const { together, bundle_price_minor, full_price_minor } = bundle;
  return (
    <li className={css.move}>
      <strong>{bundle.products.map(({ name }) => name).join(" + ")}</strong>
      {together !== null && <span>{t("bundles.together", { count: together })}</span>}
      {bundle_price_minor !== null && full_price_minor !== null && (
        <span>
          {t("bundles.price", {
            price: formats.money(bundle_price_minor),
            full: formats.money(full_price_minor),
          })}
        </span>
      )}
      {bundle.dead_product && (
        <span className={css.asOf}>{t("bundles.dead", { product: bundle.dead_product })}</span>
      )}
    </li>
  );
}
