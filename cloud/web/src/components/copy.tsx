/** A text to take elsewhere, with a button that copies it. */

import { useState } from "react";
import { t } from "../i18n/i18n";
import { Button } from "./button";
import css from "./copy.module.css";

export function Copy({ label, text }: { label: string; text: string }) {
  const [isCopied, setCopied] = useState(false);
  // browsers let secure pages only write to the clipboard; the text can be selected anyway
  const canCopy = "clipboard" in navigator;
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <div className={css.copy}>
      <output className={css.text} aria-label={label}>
        {text}
      </output>
      {canCopy && (
        <Button look="quiet" onClick={copy}>
          {t(isCopied ? "app.copied" : "app.copy")}
        </Button>
      )}
    </div>
  );
}
