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
  if (kept === null) return undefined;
  const me = JSON.parse(kept) as Me;
  // what an older version kept says nothing of proofs
  return { ...me, person: { ...me.person, verified: me.person.verified ?? [] } };
}

export function forgetMe(): void {
  localStorage.removeItem(KEY);
}
