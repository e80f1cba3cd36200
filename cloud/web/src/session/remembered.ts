/**
 * Who was signed in on this device last and for which shops, so that the client starts at once and
 * without a network. No token, no phone and no email: only what the pages' frames need.
 */

import type { Me } from "../api/types";

const KEY = "shopbell.me";

export function rememberMe(me: Me): void {
  const person = { ...me.person, email: null, phone: null };
  localStorage.setItem(KEY, JSON.stringify({ ...me, person }));
}

export function rememberedMe(): Me | undefined {
  const kept = localStorage.getItem(KEY);
  return kept === null ? undefined : (JSON.parse(kept) as Me);
}

export function forgetMe(): void {
  localStorage.removeItem(KEY);
}
