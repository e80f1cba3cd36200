/** What a file comes to when it is read as chosen: totals to compare with the till, before the run. */

import type { UseQueryResult } from "@tanstack/react-query";
import type { ImportKind, ImportPreview } from "../api/types";
import { Card } from "../components/card";
import { Failed, Loading, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { reasonText } from "../lib/problems";
import { useShop } from "../session/shop";
import css from "./import.module.css";

const COUNTS = {
  purchases: ["rows", "customers", "rejected"],
  products: ["rows", "products", "pieces", "rejected"],
} as const;

interface PreviewProps {
  kind: ImportKind;
  preview: UseQueryResult<ImportPreview>;
}

export function ImportPreviewCard({ kind, preview }: PreviewProps) {
  return (
    <Card title={t("imports.previewTitle")}>
      {preview.isFetching && <Loading />}
      {preview.isError && !preview.isFetching && (
        <Failed error={preview.error} onRetry={() => void preview.refetch()} />
      )}
      {preview.data && !preview.isFetching && <Totals kind={kind} preview={preview.data} />}
    </Card>
  );
}

function Totals({ kind, preview }: { kind: ImportKind; preview: ImportPreview }) {
  const { formats } = useShop();
  const { total_minor, first_at, last_at, refunds, refunded_minor } = preview;
  return (
    <>
      {!preview.is_whole && (
        <Notice tone="warning">{t("imports.previewPart", { count: preview.rows })}</Notice>
      )}
      {first_at && last_at && (
        <p className={css.total}>
          {t("imports.total", {
            amount: formats.money(total_minor),
            first: formats.date(first_at),
            last: formats.date(last_at),
          })}
        </p>
      )}
      <dl className={css.outcome}>
        {COUNTS[kind].map((name) => (
          <div key={name}>
            <dt>{t(`imports.preview.${name}`)}</dt>
            <dd className={name === "rejected" && preview.rejected > 0 ? css.rejected : undefined}>
              {formats.number(preview[name])}
            </dd>
          </div>
        ))}
      </dl>
      {refunds > 0 && (
        <p className={css.soft}>
          {t("imports.refunds", { count: refunds, amount: formats.money(refunded_minor) })}
        </p>
      )}
      <ul>
        {preview.reasons.map(({ reason, said, line, rows }) => (
          <li key={reason} className={css.row}>
            <strong>{t("imports.line", { line })}</strong>
            <span>{reasonText(said, reason)}</span>
            {rows > 1 && <span>{t("imports.moreLikeIt", { count: rows - 1 })}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}
