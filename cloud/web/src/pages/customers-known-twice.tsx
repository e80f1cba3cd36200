/** The way to customers who may be known twice; only while there are any. */

import { useQuery } from "@tanstack/react-query";
import { listDuplicates } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import { LineLink } from "../components/line-link";
import { t } from "../i18n/i18n";
import { shopPath, useShop } from "../session/shop";

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
    <LineLink to={shopPath(shop.slug, "customers/duplicates")}>
      {t("duplicates.link", { count })}
    </LineLink>
  );
}
