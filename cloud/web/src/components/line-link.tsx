/** A link on a line of its own is as high as a thumb needs; within a sentence a plain one will do. */

import type { ComponentProps } from "react";
import { Link } from "react-router";
import css from "./line-link.module.css";

export function LineLink(props: Omit<ComponentProps<typeof Link>, "className">) {
  return <Link {...props} className={css.line} />;
}

/** The same to where the client does not lead: the server's own pages, other people's, a phone. */
export function LineAnchor(props: Omit<ComponentProps<"a">, "className">) {
  return <a {...props} className={css.line} />;
}
