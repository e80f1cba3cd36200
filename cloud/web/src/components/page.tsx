import type { ReactNode } from "react";
import { t } from "../i18n/i18n";
import css from "./page.module.css";

interface PageProps {
  title: string;
  lead?: string;
  /** What stands beside the heading. */
  aside?: ReactNode;
  children: ReactNode;
}

/** A page's title, in the window too, and its content. */
export function Page({ title, lead, aside, children }: PageProps) {
  return (
    <div className={css.page}>
      <title>{`${title} · ${t("app.name")}`}</title>
      <div className={css.head}>
        <h1>{title}</h1>
        {aside}
      </div>
      {lead && <p className={css.lead}>{lead}</p>}
      {children}
    </div>
  );
}
