import { useEffect, useRef } from "react";
import { useLocation, useNavigationType } from "react-router";

/**
 * The browser begins at the top when it loads a page; between our pages we have to. Where one has
 * come back it goes to where one was, and a page that has given the focus away keeps it there.
 */
export function useFocusAfterNavigation() {
  const { pathname } = useLocation();
  const isBack = useNavigationType() === "POP";
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    if (!isBack) window.scrollTo(0, 0);
    if (main.current?.contains(document.activeElement)) return;
    main.current?.focus({ preventScroll: true });
  }, [pathname, isBack]);
  return main;
}
