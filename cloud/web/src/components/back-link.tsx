import type { ReactNode } from "react";
import { Link } from "react-router";
import css from "./back-link.module.css";
import { Icon } from "./icon";

export function BackLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className={css.back}>
      <Icon name="back" size={18} />
      {children}
    </Link>
  );
}
