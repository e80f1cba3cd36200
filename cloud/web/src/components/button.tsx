import type { ComponentProps, MouseEvent } from "react";
import { Link } from "react-router";
import css from "./button.module.css";

type Look = "primary" | "quiet" | "plain" | "danger";

const classOf = (look: Look) => `${css.button} ${css[look]}`;

export function Button({
  look = "primary",
  type = "button",
  onClick,
  ...rest
}: ComponentProps<"button"> & { look?: Look }) {
  const click = (event: MouseEvent<HTMLButtonElement>) => {
    // of a double click only the first sends a form: when the answer is quick, the form is there
    // again for the second, which would do it once more
    if (type === "submit" && event.detail > 1) event.preventDefault();
    else onClick?.(event);
  };
  return <button {...rest} type={type} className={classOf(look)} onClick={click} />;
}

export function ButtonLink({
  look = "primary",
  ...rest
}: ComponentProps<typeof Link> & { look?: Look }) {
  return <Link {...rest} className={classOf(look)} />;
}
