/** What stands around every page of a shop: its name, the way around, and the account. */

import { useMutation } from "@tanstack/react-query";
import { Suspense, useEffect, useId, useMemo, useRef } from "react";
import { Link, Outlet, useLocation, useNavigate, useParams } from "react-router";
import type { Me, MyShop, Person } from "../api/types";
import { Brand } from "../components/brand";
import { Button } from "../components/button";
import { Caught } from "../components/caught";
import { SelectField } from "../components/field";
import { Icon, type IconName } from "../components/icon";
import { LanguageSwitch } from "../components/language-switch";
import { OfflineNote } from "../components/offline-note";
import { Plain } from "../components/plain";
import { FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import type { Formats } from "../lib/formats";
import { useFocusAfterNavigation } from "../lib/use-focus-after-navigation";
import { LiveProvider, useLive } from "../session/live";
import { useOutbox } from "../session/outbox";
import { useSession } from "../session/session";
import { CurrentShop, formatsOf, rememberShop, shopPath } from "../session/shop";
import { takeUpdate, useUpdate } from "../session/update";
import { NotFound } from "./not-found";
import css from "./shop-layout.module.css";

export function ShopLayout({ me }: { me: Me }) {
  const { slug } = useParams();
  const shop = me.shops.find((candidate) => candidate.slug === slug);
  if (!shop) {
    return (
      <Plain>
        <NotFound />
      </Plain>
    );
  }
  return <Layout key={shop.id} me={me} shop={shop} />;
}

function Layout({ me, shop }: { me: Me; shop: MyShop }) {
  const current = useMemo(() => ({ me, shop, formats: formatsOf(shop) }), [me, shop]);
  const { pathname } = useLocation();
  const main = useFocusAfterNavigation();
  useEffect(() => rememberShop(shop.slug), [shop.slug]);
  return (
    <CurrentShop value={current}>
      <LiveProvider shopId={shop.id}>
        <div className={css.layout}>
          <a href="#main" className={css.skip}>
            {t("app.skip")}
          </a>
          <header className={css.top}>
            <span className={css.brand}>
              <Brand isShort={me.shops.length > 1} />
            </span>
            <ShopSwitch shops={me.shops} shop={shop} />
            <Account person={me.person} shop={shop} />
          </header>
          <Navigation shop={shop} />
          <main id="main" ref={main} tabIndex={-1} className={css.main}>
            <UpdateNote />
            <ShopOffline formats={current.formats} />
            <Caught key={pathname}>
              <Suspense fallback={<Loading />}>
                <Outlet />
              </Suspense>
            </Caught>
          </main>
        </div>
      </LiveProvider>
    </CurrentShop>
  );
}

function ShopSwitch({ shops, shop }: { shops: readonly MyShop[]; shop: MyShop }) {
  const navigate = useNavigate();
  if (shops.length === 1) return null;
  return (
    <div className={css.shop}>
      <SelectField
        label={t("app.shop")}
        isLabelHidden
        value={shop.slug}
        onChange={(event) => void navigate(shopPath(event.target.value))}
      >
        {shops.map((other) => (
          <option key={other.id} value={other.slug}>
            {other.name}
          </option>
        ))}
      </SelectField>
    </div>
  );
}

function Account({ person, shop }: { person: Person; shop: MyShop }) {
  const id = useId();
  const { pathname } = useLocation();
  const popover = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes it
  useEffect(() => popover.current?.hidePopover(), [pathname]);
  return (
    <>
      <button
        type="button"
        className={css.accountButton}
        popoverTarget={id}
        aria-label={t("app.account")}
      >
        <Icon name="person" size={24} />
      </button>
      <div id={id} ref={popover} popover="auto" className={css.account}>
        <div className={css.accountContent}>
          <p>
            <strong>{person.name}</strong>
            <small>{person.email ?? person.phone}</small>
          </p>
          <LanguageSwitch />
          <Link to={shopPath(shop.slug, "account")}>{t("account.devices")}</Link>
          <Link to="/my/account">{t("my.account")}</Link>
          <Link to="/my">{t("my.home")}</Link>
          <Link to="/new-shop">{t("app.newShop")}</Link>
          <SignOut />
        </div>
      </div>
    </>
  );
}

/** Only the server can end a sign-in: without it one stays signed in, and is told so. */
function SignOut() {
  const { signOut } = useSession();
  const mutation = useMutation({ mutationFn: signOut });
  return (
    <>
      <FormError error={mutation.error} />
      <Button look="quiet" onClick={() => mutation.mutate()}>
        {t("app.signOut")}
      </Button>
    </>
  );
}

type NavLabel = "today" | "customers" | "sale" | "insights" | "shop";

interface NavItem {
  page: string;
  icon: IconName;
  label: NavLabel;
  /** Pages that are reached from there and have addresses of their own. */
  below: readonly string[];
}

const LINKS: readonly NavItem[] = [
  { page: "", icon: "bell", label: "today", below: ["day"] },
  { page: "customers", icon: "customers", label: "customers", below: [] },
  { page: "sale", icon: "sale", label: "sale", below: [] },
  { page: "insights", icon: "insights", label: "insights", below: ["what-if"] },
  { page: "shop", icon: "shop", label: "shop", below: ["import", "feedback", "start"] },
];

function Navigation({ shop }: { shop: MyShop }) {
  const { entries } = useOutbox();
  const { pathname } = useLocation();
  const [at = ""] = pathname.slice(shopPath(shop.slug, "").length).split("/").filter(Boolean);
  const unsent = entries.filter((entry) => entry.shopId === shop.id).length;
  // an analyst reads; recording sales is for those who work in the shop
  const links = LINKS.filter(({ page }) => page !== "sale" || shop.role !== "analyst");
  return (
    <nav className={css.nav} aria-label={t("app.menu")}>
      <ul>
        {links.map(({ page, icon, label, below }) => (
          <li key={page}>
            <Link
              to={shopPath(shop.slug, page)}
              aria-current={page === at || below.includes(at) ? "page" : undefined}
              className={css.link}
            >
              <Icon name={icon} size={22} />
              {t(`nav.${label}`)}
              {page === "sale" && unsent > 0 && (
                <span className={css.badge}>
                  {unsent}
                  <span className="visually-hidden"> {t("nav.unsent")}</span>
                </span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function UpdateNote() {
  if (!useUpdate()) return null;
  return (
    <aside className={css.update} aria-label={t("update.title")} aria-live="polite">
      <p>{t("update.title")}</p>
      <Button onClick={takeUpdate}>{t("update.reload")}</Button>
    </aside>
  );
}

/** The server may be out of reach although there is a network: the live view notices. */
function ShopOffline({ formats }: { formats: Formats }) {
  const { isConnected, lastSeenAt } = useLive();
  return (
    <OfflineNote
      isReached={isConnected}
      seenAt={lastSeenAt}
      write={(at) => formats.since(at, new Date())}
    >
      {t("offline.note")}
    </OfflineNote>
  );
}
