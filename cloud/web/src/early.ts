/**
 * What the first page will ask for, begun while the rest of the client is still on its way.
 *
 * A module of its own with hardly any code: on a slow phone it runs a second before the client does.
 */

import { api } from "./api/client";
import { otherTexts, wantedLanguage } from "./i18n/wanted";
import { rememberedMe } from "./session/remembered";

const LAST_SHOP = "shopbell.shop";
const begun = new Map<string, Promise<unknown>>();

void otherTexts(wantedLanguage()).catch(() => null); // the client tries again, and says so
const me = rememberedMe();
begin("refresh", api.refresh());
if (me) {
  const slug = /^\/shops\/([^/]+)\/?$/.exec(location.pathname)?.[1];
  const wanted = slug ?? (location.pathname === "/" ? localStorage.getItem(LAST_SHOP) : null);
  const shop = me.shops.find((one) => one.slug === wanted);
  if (shop) beginToday(shop.id);
}

/** What was begun under this name, once; later calls have to ask for something fresh. */
export function takeBegun<Answer>(name: string): Promise<Answer> | undefined {
  const found = begun.get(name) as Promise<Answer> | undefined;
  begun.delete(name);
  return found;
}

function beginToday(shop_id: string): void {
  const given = { path: { shop_id } };
  begin(`today ${shop_id}`, api.get("/api/v1/shops/{shop_id}/today", given));
  begin(`live ${shop_id}`, api.get("/api/v1/shops/{shop_id}/live", given));
}

function begin(name: string, answer: Promise<unknown>): void {
  answer.catch(() => begun.delete(name)); // who takes it hears of it; nobody else must
  begun.set(name, answer);
}
