/** What cannot be taken back is asked for twice, in the same place. */

import { useState } from "react";
import { t } from "../i18n/i18n";
import { Button } from "./button";
import css from "./confirm.module.css";

interface ConfirmProps {
  label: string;
  look?: "quiet" | "plain";
  /** What it does, in one sentence. */
  question: string;
  onConfirm: () => void;
  isPending?: boolean;
  /** For readers of screens, where several of the same name stand on a page. */
  name?: string;
}

export function Confirm({
  label,
  look = "quiet",
  question,
  onConfirm,
  isPending = false,
  name,
}: ConfirmProps) {
  const [isAsking, setAsking] = useState(false);
  const [wasAsked, setAsked] = useState(false);
  const ask = () => {
    setAsking(true);
    setAsked(true);
  };
  if (!isAsking) {
    return (
      // not disabled while it is at work: a button that is cannot take the focus back
      <Button
        look={look}
        aria-label={name}
        aria-disabled={isPending}
        autoFocus={wasAsked}
        onClick={isPending ? undefined : ask}
      >
        {label}
      </Button>
    );
  }
  const confirm = () => {
    setAsking(false);
    onConfirm();
  };
  return (
    <fieldset className={css.asking} aria-label={name ?? label}>
      <p>{question}</p>
      <Button look="danger" autoFocus onClick={confirm}>
        {label}
      </Button>
      <Button look="quiet" onClick={() => setAsking(false)}>
        {t("app.cancel")}
      </Button>
    </fieldset>
  );
}
