import type { ReactNode } from "react";
import { Brand } from "./brand";
import css from "./plain.module.css";

/** A page without a shop around it: one narrow column under the name of the product. */
export function Plain({ children }: { children: ReactNode }) {
  return (
    <main className={css.plain}>
      <Brand />
      {children}
    </main>
  );
}
