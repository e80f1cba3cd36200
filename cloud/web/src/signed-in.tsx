/** The pages of somebody who is signed in. What Today needs comes at once, the rest when opened. */

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { getMe } from "./api/endpoints";
import { queryKeys } from "./api/keys";
import type { Me } from "./api/types";
import { Plain } from "./components/plain";
import { Failed, Loading } from "./components/states";
import { NotFound } from "./pages/not-found";
import { ShopLayout } from "./pages/shop-layout";
import { Today } from "./pages/today";
import { OutboxProvider } from "./session/outbox";
import { rememberedMe, rememberMe } from "./session/remembered";
import { firstShop, shopPath } from "./session/shop";
import { NewPassword } from "./signed-out";

const Customers = lazy(async () => ({ default: (await import("./pages/customers")).Customers }));
const Customer = lazy(async () => ({ default: (await import("./pages/customer")).CustomerPage }));
const Duplicates = lazy(async () => ({ default: (await import("./pages/duplicates")).Duplicates }));
const Imports = lazy(async () => ({ default: (await import("./pages/imports")).Imports }));
const Import = lazy(async () => ({ default: (await import("./pages/import")).ImportPage }));
const Sale = lazy(async () => ({ default: (await import("./pages/sale")).SalePage }));
const Insights = lazy(async () => ({ default: (await import("./pages/insights")).Insights }));
const Start = lazy(async () => ({ default: (await import("./pages/start")).Start }));
const Shop = lazy(async () => ({ default: (await import("./pages/shop")).ShopPage }));
const Profile = lazy(async () => ({ default: (await import("./pages/profile")).Profile }));
const Hours = lazy(async () => ({ default: (await import("./pages/hours")).Hours }));
const Devices = lazy(async () => ({ default: (await import("./pages/devices")).Devices }));
const Products = lazy(async () => ({ default: (await import("./pages/products")).Products }));
const Audit = lazy(async () => ({ default: (await import("./pages/audit")).Audit }));
const Privacy = lazy(async () => ({ default: (await import("./pages/privacy")).Privacy }));
const WhatIf = lazy(async () => ({ default: (await import("./pages/what-if")).WhatIfPage }));
const Day = lazy(async () => ({ default: (await import("./pages/day")).DayPage }));
const StaffPage = lazy(async () => ({ default: (await import("./pages/staff")).StaffPage }));
const Account = lazy(async () => ({ default: (await import("./pages/account")).Account }));
const Platform = lazy(async () => ({ default: (await import("./pages/platform")).PlatformPage }));
const Invitation = lazy(async () => ({
  default: (await import("./pages/invitation")).InvitationPage,
}));
const MyLayout = lazy(async () => ({ default: (await import("./customer/my-layout")).MyLayout }));
const MyShops = lazy(async () => ({ default: (await import("./customer/my-shops")).MyShops }));
const MyShop = lazy(async () => ({ default: (await import("./customer/my-shop")).MyShop }));
const MyAccount = lazy(async () => ({
  default: (await import("./customer/my-account")).MyAccount,
}));
const Join = lazy(async () => ({ default: (await import("./customer/join")).Join }));
const Feedback = lazy(async () => ({ default: (await import("./customer/feedback")).Feedback }));
const NewShop = lazy(async () => ({ default: (await import("./pages/new-shop")).NewShop }));

export function SignedIn() {
  const me = useQuery({
    queryKey: queryKeys.me,
    queryFn: async () => {
      const answer = await getMe();
      rememberMe(answer);
      return answer;
    },
    initialData: rememberedMe,
    initialDataUpdatedAt: 0,
  });
  if (me.data) {
    return (
      <OutboxProvider personId={me.data.person.id}>
        <Pages me={me.data} />
      </OutboxProvider>
    );
  }
  return (
    <Plain>
      {me.isError ? (
        <Failed error={me.error} onRetry={() => void me.refetch()} isWholePage />
      ) : (
        <Loading />
      )}
    </Plain>
  );
}

function Pages({ me }: { me: Me }) {
  const home = homeOf(me);
  return (
    <Suspense
      fallback={
        <Plain>
          <Loading />
        </Plain>
      }
    >
      <Routes>
        {["/", "/sign-in", "/code", "/forgot-password"].map((path) => (
          <Route key={path} path={path} element={<Navigate to={home} replace />} />
        ))}
        <Route path="/register" element={<Registered home={home} />} />
        <Route path="/new-password" element={<NewPassword />} />
        <Route path="/invitation" element={<Invitation me={me} />} />
        <Route path="/platform" element={<Platform me={me} />} />
        <Route path="/new-shop" element={<NewShop me={me} />} />
        <Route path="/my" element={<MyLayout me={me} />}>
          <Route index element={<MyShops />} />
          <Route path="account" element={<MyAccount me={me} />} />
          <Route path="join/:slug" element={<Join me={me} />} />
          <Route path=":slug" element={<MyShop />} />
          <Route path="*" element={<NotFound />} />
        </Route>
        <Route path="/shops/:slug" element={<ShopLayout me={me} />}>
          <Route index element={<Today />} />
          <Route path="day" element={<Day />} />
          <Route path="customers" element={<Customers />} />
          <Route path="customers/duplicates" element={<Duplicates />} />
          <Route path="customers/:customerId" element={<Customer />} />
          <Route path="import" element={<Imports />} />
          <Route path="import/:importId" element={<Import />} />
          <Route path="sale" element={<Sale />} />
          <Route path="insights" element={<Insights />} />
          <Route path="what-if" element={<WhatIf />} />
          <Route path="start" element={<Start />} />
          <Route path="shop" element={<Shop />} />
          <Route path="shop/profile" element={<Profile />} />
          <Route path="shop/hours" element={<Hours />} />
          <Route path="shop/devices" element={<Devices />} />
          <Route path="shop/products" element={<Products />} />
          <Route path="shop/privacy" element={<Privacy />} />
          <Route path="shop/privacy/audit" element={<Audit />} />
          <Route path="shop/staff" element={<StaffPage />} />
          <Route path="account" element={<Account />} />
          <Route path="feedback" element={<Feedback />} />
          <Route path="*" element={<NotFound />} />
        </Route>
        <Route
          path="*"
          element={
            <Plain>
              <NotFound />
            </Plain>
          }
        />
      </Routes>
    </Suspense>
  );
}

/** The first page of somebody: the own shop, the shops they buy at, or what they look after. */
function homeOf(me: Me): string {
  const first = firstShop(me.shops);
  if (first) return shopPath(first.slug);
  if (me.is_customer) return "/my";
  return me.is_admin ? "/platform" : "/new-shop";
}

/** Who registered to follow an invitation goes on to it. */
function Registered({ home }: { home: string }) {
  const { hash } = useLocation();
  const to = hash ? { pathname: "/invitation", hash } : home;
  return <Navigate to={to} replace />;
}
