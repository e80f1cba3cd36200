import { useEffect, useRef } from "react";

/** What had the focus may go with a step of a page: then one reads on where the next begins. */
export function useFocusWhenLost(step: string | undefined): void {
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current === step) return;
    shown.current = step;
    if (document.activeElement !== document.body) return;
    document.querySelector("main")?.focus({ preventScroll: true });
  }, [step]);
}
