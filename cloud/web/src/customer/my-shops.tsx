/** The shops that one is a customer of, with their live state in words. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { Icon } from "../components/icon";
import { Page } from "../components/page";
import { Empty, Failed, Loading } from "../components/states";
import { locale, t } from "../i18n/i18n";
import { createFormats } from "../lib/formats";
import { type JoinedShop, keys, listMyShops } from "./endpoints";
import css from "./my.module.css";
import { Stale } from "./my-layout";
import { stateOf, stateText } from "./words";

// as often as the owner's pages ask: no page asks more often than every 15 seconds
const RENEW_MS = 30_000;

export function useMyShops() {
  return useQuery({ queryKey: keys.shops, queryFn: listMyShops, refetchInterval: RENEW_MS });
}

export function MyShops() {
  const shops = useMyShops();
  const items = shops.data?.items ?? [];
  const left = items.filter((shop) => shop.left_at !== null);
  const joined = items.filter((shop) => shop.left_at === null);
  return (
    <Page title={t("my.title")}>
      {shops.isPending && <Loading />}
      {shops.isError && !shops.data && (
        <Failed error={shops.error} onRetry={() => void shops.refetch()} />
      )}
      <Stale query={shops} />
      {shops.data && joined.length === 0 && (
        <Empty title={t("my.empty.title")} text={t("my.empty.text")} />
      )}
      <Shops shops={joined} />
      {left.length > 0 && (
        <>
          <h2>{t("my.left")}</h2>
          <Shops shops={left} />
        </>
      )}
    </Page>
  );
}

function Shops({ shops }: { shops: readonly JoinedShop[] }) {
  if (shops.length === 0) return null;
  return (
    <ul className={css.shops}>
      {shops.map((shop) => (
        <li key={shop.id}>
          <Link to={`/my/${shop.slug}`} className={css.shop}>
            <span>
              <strong>{shop.name}</strong>
              {shop.left_at ? (
                <span className={css.soft}>
                  {t("my.leftOn", { date: formatsOf(shop).date(shop.left_at) })}
                </span>
              ) : (
                <State shop={shop} />
              )}
            </span>
            <Icon name="next" />
          </Link>
        </li>
      ))}
    </ul>
  );
}

const LOOKS = {
  open: css.open,
  closed: css.closed,
  hoursOpen: css.guess,
  hoursClosed: css.guess,
  unknown: css.guess,
};

export function State({ shop, isLarge = false }: { shop: JoinedShop; isLarge?: boolean }) {
  if (shop.delete_at) {
    const date = formatsOf(shop).date(shop.delete_at);
    return <span className={css.closed}>{t("my.closedShop", { date })}</span>;
  }
  const look = `${LOOKS[stateOf(shop.status)]} ${isLarge ? css.now : css.state}`;
  return (
    <>
      <span className={look}>{stateText(shop)}</span>
      {shop.status.message && <span className={css.soft}>{shop.status.message}</span>}
    </>
  );
}

export function formatsOf(shop: Pick<JoinedShop, "currency" | "time_zone">) {
  return createFormats(locale(), shop.currency, shop.time_zone);
}
