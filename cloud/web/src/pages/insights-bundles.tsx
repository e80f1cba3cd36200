/** What to sell together, and at which price. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
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
  const [withTriples, setWithTriples] = useState(false);
  const bundles = useQuery({
    queryKey: queryKeys.bundles(shop.id, withTriples),
    queryFn: () => getBundles(shop.id, withTriples),
    placeholderData: keepPreviousData,
  });
  const found = bundles.data?.items ?? [];
  return (
    <Card title={t("bundles.title")}>
      {bundles.isPending && <Loading />}
      {bundles.isError && !bundles.data && (
        <Failed error={bundles.error} onRetry={() => void bundles.refetch()} />
      )}
      {bundles.data && found.length === 0 && <p>{t("bundles.none")}</p>}
      <ul className={css.moves}>
        {found.map((bundle) => (
          <BundleItem key={bundle.products.map(({ id }) => id).join()} bundle={bundle} />
        ))}
      </ul>
      {found.length > 0 && (
        <label className={css.triples}>
          <input
            type="checkbox"
            checked={withTriples}
            onChange={(event) => setWithTriples(event.target.checked)}
          />
          {t("bundles.triples")}
        </label>
      )}
      {withTriples && !bundles.isPlaceholderData && !found.some(isTriple) && (
        <p role="status">{t("bundles.noTriples")}</p>
      )}
    </Card>
  );
}

const isTriple = ({ products }: Bundle) => products.length === 3;

function BundleItem({ bundle }: { bundle: Bundle }) {
  const { formats } = useShop();
  const { together, bundle_price_minor, full_price_minor } = bundle;
  return (
    <li className={css.move}>
      <strong>{bundle.products.map(({ name }) => name).join(" + ")}</strong>
      {together !== null && <span>{t("bundles.together", { count: together })}</span>}
      {bundle_price_minor !== null && full_price_minor !== null && (
        <span>
          {t(bundle_price_minor < full_price_minor ? "bundles.price" : "bundles.fullPrice", {
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
