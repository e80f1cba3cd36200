/** The shop that the page is about, and how its money and times are written. */

import { createContext, use } from "react";
import type { Me, MyShop } from "../api/types";
import { locale } from "../i18n/i18n";
import { createFormats, type Formats } from "../lib/formats";

export interface ShopContext {
  me: Me;
  shop: MyShop;
  formats: Formats;
}

export const CurrentShop = createContext<ShopContext | null>(null);

const LAST_SHOP = "shopbell.shop";

export function useShop(): ShopContext {
  const current = use(CurrentShop);
  if (!current) throw new Error("useShop: expected a page within a shop");
  return current;
}

export function formatsOf(shop: MyShop): Formats {
  return createFormats(locale(), shop.currency, shop.time_zone);
}

/** The page of a shop within the client. */
export function shopPath(slug: string, page = ""): string {
  return `/shops/${slug}${page && `/${page}`}`;
}

export function rememberShop(slug: string): void {
  localStorage.setItem(LAST_SHOP, slug);
}

/** The shop to start with: the one looked at last, or the first. */
export function firstShop(shops: readonly MyShop[]): MyShop | null {
  const last = localStorage.getItem(LAST_SHOP);
  return shops.find((shop) => shop.slug === last) ?? shops[0] ?? null;
}
