/** The way to customers who may be known twice; only while there are any. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { listDuplicates } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import { t } from "../i18n/i18n";
import { shopPath, useShop } from "../session/shop";
import css from "./customers.module.css";

// each look is written down in the audit trail
const FRESH_MS = 300_000;

export function KnownTwice() {
  const { shop } = useShop();
  const duplicates = useQuery({
    queryKey: queryKeys.duplicates(shop.id),
    queryFn: () => listDuplicates(shop.id),
    enabled: shop.role !== "analyst",
    staleTime: FRESH_MS,
  });
  const count = duplicates.data?.items.length ?? 0;
  if (count === 0) return null;
  return (
    <Link to={shopPath(shop.slug, "customers/duplicates")} className={css.knownTwice}>
      {t("duplicates.link", { count })}
    </Link>
  );
}
