/** What stands around every page of a customer: one column, two places, and the language. */

import { Suspense } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
import type { Me } from "../api/types";
import { Brand } from "../components/brand";
import { Caught } from "../components/caught";
import { Icon } from "../components/icon";
import { Loading, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { useFocusAfterNavigation } from "../lib/use-focus-after-navigation";
import { useOnline } from "../lib/use-online";
import { firstShop, shopPath } from "../session/shop";
import css from "./my.module.css";

export function MyLayout({ me }: { me: Me }) {
  const own = firstShop(me.shops);
  const isOnline = useOnline();
  const { pathname } = useLocation();
  const main = useFocusAfterNavigation();
  return (
    <div className={css.layout}>
      <a href="#main" className={css.skip}>
        {t("app.skip")}
      </a>
      <header className={css.top}>
        <Brand isShort />
        <nav className={css.nav} aria-label={t("app.menu")}>
          <NavLink to="/my" end>
            {t("my.home")}
          </NavLink>
          <NavLink to="/my/account">{t("my.account")}</NavLink>
          {own && <Link to={shopPath(own.slug)}>{t("my.owner")}</Link>}
        </nav>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={css.main}>
        <div className={css.stack}>
          {!isOnline && (
            <Notice tone="warning">
              <p>{t("my.offlineNow")}</p>
            </Notice>
          )}
          <Caught key={pathname}>
            <Suspense fallback={<Loading />}>
              <Outlet />
            </Suspense>
          </Caught>
        </div>
      </main>
    </div>
  );
}

/** Said where what is shown could not be asked for again. */
export function Stale({ query }: { query: { isError: boolean; dataUpdatedAt: number } }) {
  if (!query.isError || query.dataUpdatedAt === 0) return null;
  const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  return (
    <p role="status" className={css.soft}>
      <Icon name="offline" size={16} />{" "}
      {t("my.offline", { time: time.format(new Date(query.dataUpdatedAt)) })}
    </p>
  );
}
