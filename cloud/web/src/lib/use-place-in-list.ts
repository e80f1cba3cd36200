/** Where one was in a long list, so that going back leads to the same row and not near it. */

import type { ReactVirtualizer, VirtualItem } from "@tanstack/react-virtual";
import { type RefObject, useLayoutEffect, useRef, useState } from "react";
import { useLocation, useNavigationType } from "react-router";

export interface Place {
  /** How far the window had been scrolled, and the top of the list below that of the page. */
  scrolledPx: number;
  topPx: number;
  /** As they were measured: by a guess of each, the same distance leads to another row. */
  sizes: VirtualItem[];
  /** The row that had the focus. */
  focused: VirtualItem["key"] | null;
}

interface ListInSight {
  list: RefObject<HTMLElement | null>;
  rows: ReactVirtualizer<Window, Element>;
  /** The number of the row that has the focus. */
  focused: number | null;
}

/** The state of a link in such a list: whoever follows it has the list one step behind. */
export const FROM_LIST = "from the list";

// by the entry of the history; in memory only, as everything about customers
const places = new Map<string, Place>();

/** What was left here by whom has come back; nothing for who comes anew. */
export function usePlaceBefore(): Place | null {
  const { key } = useLocation();
  const isBack = useNavigationType() === "POP";
  const [place] = useState(() => (isBack ? (places.get(key) ?? null) : null));
  return place;
}

/** Go to the place where one was, and keep the one that is left. */
export function usePlaceInList({ list, rows, focused }: ListInSight, before: Place | null): void {
  const { key } = useLocation();
  const isBack = useNavigationType() === "POP";
  const first = useRef({ before, isBack });
  const wanted = useRef(focused);
  const latest = useRef({ key, focused });
  useLayoutEffect(() => {
    latest.current = { key, focused };
  }, [key, focused]);
  useLayoutEffect(() => {
    const { before, isBack } = first.current;
    // the browser would go by the distance, before the rows that make it up are there
    history.scrollRestoration = "manual";
    if (isBack) window.scrollTo(0, before ? topOf(list) + before.scrolledPx - before.topPx : 0);
    return () => {
      history.scrollRestoration = "auto";
      const { key, focused } = latest.current;
      places.set(key, {
        scrolledPx: rows.scrollOffset ?? 0,
        topPx: rows.options.scrollMargin,
        sizes: rows.takeSnapshot(),
        focused: focused === null ? null : rows.options.getItemKey(focused),
      });
    };
  }, [list, rows]);
  // the rows come when the window is measured, one drawing later than the list
  useLayoutEffect(() => {
    if (wanted.current !== null && focusRow(list, wanted.current)) wanted.current = null;
  });
}

/** From the top of the page to that of a list. */
export function topOf(list: RefObject<HTMLElement | null>): number {
  return Math.round((list.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
}

/** Whether the row was there to be given the focus. */
function focusRow(list: RefObject<HTMLElement | null>, index: number): boolean {
  const link = list.current?.querySelector<HTMLElement>(`[data-index="${index}"] a`);
  link?.focus({ preventScroll: true });
  return link != null;
}
