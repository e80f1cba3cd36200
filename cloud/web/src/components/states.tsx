/** What a page shows when it has nothing to show yet, nothing at all, or an error. */

import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import { t } from "../i18n/i18n";
import { fieldText, problemText } from "../lib/problems";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";
import css from "./states.module.css";

export function Loading() {
  return (
    <div className={css.loading} aria-busy="true">
      <span className="visually-hidden">{t("app.loading")}</span>
      <div className={css.bone} />
      <div className={css.bone} />
      <div className={css.bone} />
    </div>
  );
}

export function Empty({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: ReactNode;
}) {
  return (
    <div className={css.state}>
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  );
}

interface FailedProps {
  error: Error;
  onRetry?: () => void;
  /** There is nothing else on the page: this is its heading. */
  isWholePage?: boolean;
}

export function Failed({ error, onRetry, isWholePage = false }: FailedProps) {
  const Heading = isWholePage ? "h1" : "h2";
  return (
    <div className={css.state} role="alert">
      <Heading>{t("errors.title")}</Heading>
      <p>{problemText(error)}</p>
      {onRetry && (
        <Button look="quiet" onClick={onRetry}>
          {t("app.retry")}
        </Button>
      )}
    </div>
  );
}

interface AwaitedProps {
  query: { error: Error | null; refetch: () => unknown };
}

/** In the place of what was asked for: that it is on its way, or why it does not come. */
export function Awaited({ query }: AwaitedProps) {
  if (!query.error) return <Loading />;
  return <Failed error={query.error} onRetry={() => void query.refetch()} />;
}

type Tone = "info" | "warning" | "problem";
const TONE_ICON: Record<Tone, IconName> = { info: "alert", warning: "warning", problem: "alert" };

export function Notice({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <div className={`${css.notice} ${css[tone]}`}>
      <Icon name={TONE_ICON[tone]} />
      <div>{children}</div>
    </div>
  );
}

interface FormErrorProps {
  error: Error | null;
  /** What a status means in this form, where we can say it better than the server. */
  meanings?: Readonly<Record<number, string>>;
}

/** The error of a form, read aloud when it appears. */
export function FormError({ error, meanings = {} }: FormErrorProps) {
  if (!error) return null;
  const meaning = error instanceof ApiError ? meanings[error.status] : undefined;
  // with one field the message says it all
  const fields = error instanceof ApiError && error.fields.length > 1 ? error.fields : [];
  return (
    <div role="alert">
      <Notice tone="problem">
        {fields.length === 0 && <p>{meaning ?? problemText(error)}</p>}
        {fields.map((field) => (
          <p key={field.field}>{fieldText(field)}</p>
        ))}
      </Notice>
    </div>
  );
}
