import type { ReactNode } from "react";
import { t } from "../i18n/i18n";
import css from "./figure.module.css";
import { Icon } from "./icon";

/** Figures side by side: as cards, or as one band that becomes rows on a phone. */
export function Figures({
  look = "cards",
  children,
}: {
  look?: "cards" | "band";
  children: ReactNode;
}) {
  return <dl className={css[look]}>{children}</dl>;
}

interface FigureProps {
  label: string;
  /** Null when the data does not say; the note then says what it would take. */
  value: string | null;
  note: string;
  /** Why the value is to be taken with care. */
  caution?: string | null;
}

export function Figure({ label, value, note, caution }: FigureProps) {
  return (
    <div className={css.figure}>
      <dt className={css.label}>{label}</dt>
      <dd className={value === null ? css.missing : css.value}>{value ?? t("today.notEnough")}</dd>
      <dd className={css.note}>{note}</dd>
      {caution && (
        <dd className={css.caution}>
          <Icon name="warning" size={16} />
          {caution}
        </dd>
      )}
    </div>
  );
}
