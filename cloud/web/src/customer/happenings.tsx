/** What happened between a customer and a shop, the newest first. */

import { t } from "../i18n/i18n";
import type { Formats } from "../lib/formats";
import type { Happening } from "./endpoints";
import css from "./my.module.css";
import { happeningText } from "./words";

interface HappeningsProps {
  items: readonly Happening[];
  formats: Formats;
  /** What stands before the shop's answer to feedback. */
  answerLabel: string;
}

export function Happenings({ items, formats, answerLabel }: HappeningsProps) {
  if (items.length === 0) return <p>{t("my.timeline.empty")}</p>;
  return (
    <ol className={css.happenings}>
      {items.map((item) => {
        const text = happeningText(item, formats);
        if (text === null) return null;
        const { text: words, answer } = item.details as Record<string, string | null>;
        return (
          <li key={`${item.kind}-${item.id}`}>
            <span>{text}</span>
            <time className={css.soft} dateTime={item.at}>
              {formats.dateTime(item.at)}
            </time>
            {words && <p className={css.quote}>{words}</p>}
            {answer && (
              <p className={css.quote}>
                <strong>{answerLabel}:</strong> {answer}
              </p>
            )}
          </li>
        );
      })}
    </ol>
  );
}
