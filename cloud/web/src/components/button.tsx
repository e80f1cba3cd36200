import type { ComponentProps } from "react";
import { Link } from "react-router";
import css from "./button.module.css";

type Look = "primary" | "quiet" | "plain" | "danger";

const classOf = (look: Look) => `${css.button} ${css[look]}`;

export function Button({
  look = "primary",
  type = "button",
  ...rest
}: ComponentProps<"button"> & { look?: Look }) {
  return <button {...rest} type={type} className={classOf(look)} />;
}

export function ButtonLink({
  look = "primary",
  ...rest
}: ComponentProps<typeof Link> & { look?: Look }) {
  return <Link {...rest} className={classOf(look)} />;
}
