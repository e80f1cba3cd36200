import type { MouseEvent, ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import css from "./back-link.module.css";
import { Icon } from "./icon";

interface BackLinkProps {
  to: string;
  /** Where it leads is one step behind: then it goes back there, to the place where one was. */
  isBehind?: boolean;
  children: ReactNode;
}

export function BackLink({ to, isBehind = false, children }: BackLinkProps) {
  const navigate = useNavigate();
  const back = (event: MouseEvent) => {
    const isElsewhere = event.metaKey || event.ctrlKey || event.shiftKey;
    if (!isBehind || isElsewhere) return;
    event.preventDefault();
    void navigate(-1);
  };
  return (
    <Link to={to} className={css.back} onClick={back}>
      <Icon name="back" size={18} />
      {children}
    </Link>
  );
}
