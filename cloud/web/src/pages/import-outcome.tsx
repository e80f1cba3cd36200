/** What became of an import: totals to compare with the till, counts, and the rejected lines. */

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { fileOfRejectedRows, listRejectedRows, undoImport } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Import, ImportOutcome } from "../api/types";
import { Button, ButtonLink } from "../components/button";
import { Card } from "../components/card";
import { Confirm } from "../components/confirm";
import { ShowMore } from "../components/show-more";
import { Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { reasonText } from "../lib/problems";
import { saveFile } from "../lib/save-file";
import { shopPath, useShop } from "../session/shop";
import css from "./import.module.css";

const COUNTS = {
  purchases: ["rows", "purchases", "customers", "created", "updated", "skipped", "rejected"],
  products: ["rows", "created", "updated", "skipped", "rejected"],
} as const;

interface OutcomeProps {
  batch: Import;
  outcome: ImportOutcome;
}

export function ImportOutcomeView({ batch, outcome }: OutcomeProps) {
  const { shop, formats } = useShop();
  return (
    <>
      <Card title={t("imports.doneTitle")}>
        {outcome.total_minor !== null && outcome.first_at && outcome.last_at && (
          <p className={css.total}>
            {t("imports.total", {
              amount: formats.money(outcome.total_minor),
              first: formats.date(outcome.first_at),
              last: formats.date(outcome.last_at),
            })}
          </p>
        )}
        <dl className={css.outcome}>
          {COUNTS[batch.kind].map((name) => (
            <div key={name}>
              <dt>{t(`imports.outcome.${name}`)}</dt>
              <dd
                className={name === "rejected" && outcome.rejected > 0 ? css.rejected : undefined}
              >
                {formats.number(outcome[name] ?? 0)}
              </dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card title={t("imports.rejected")}>
        {outcome.rejected > 0 ? <Rejected importId={batch.id} /> : <p>{t("imports.noRejected")}</p>}
      </Card>
      <Undo batch={batch} />
      <p className={css.actions}>
        {batch.kind === "products" ? (
          <ButtonLink to={shopPath(shop.slug, "shop/products")}>
            {t("imports.seeProducts")}
          </ButtonLink>
        ) : (
          <ButtonLink to={shopPath(shop.slug, "customers")}>{t("imports.seeCustomers")}</ButtonLink>
        )}
        <ButtonLink look="quiet" to={shopPath(shop.slug, "import")}>
          {t("imports.another")}
        </ButtonLink>
      </p>
    </>
  );
}

function Rejected({ importId }: { importId: string }) {
  const { shop } = useShop();
  const pages = useInfiniteQuery({
    queryKey: queryKeys.rejectedRows(shop.id, importId),
    queryFn: ({ pageParam }) => listRejectedRows(shop.id, importId, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  if (pages.isPending) return <Loading />;
  if (!pages.data) return <Failed error={pages.error} onRetry={() => void pages.refetch()} />;
  return (
    <>
      <ul>
        {pages.data.pages
          .flatMap((page) => page.items)
          .map((row) => (
            <li key={row.line} className={css.row}>
              <strong>{t("imports.line", { line: row.line })}</strong>
              <span>{reasonText(row.said, row.reason)}</span>
              <code>{row.raw?.join(" · ")}</code>
            </li>
          ))}
      </ul>
      <ShowMore pages={pages} />
      <SaveRejected importId={importId} />
    </>
  );
}

/** All rejected lines with their reasons, to be mended and imported again. */
function SaveRejected({ importId }: { importId: string }) {
  const { shop } = useShop();
  const mutation = useMutation({
    mutationFn: () => fileOfRejectedRows(shop.id, importId),
    onSuccess: (file) => saveFile(`${shop.slug}-rejected.csv`, file),
  });
  return (
    <>
      <FormError error={mutation.error} />
      <Button look="quiet" disabled={mutation.isPending} onClick={() => mutation.mutate()}>
        {t("imports.download")}
      </Button>
    </>
  );
}

/** As long as it is possible, and not for who only reads. */
function Undo({ batch }: { batch: Import }) {
  const { shop, formats } = useShop();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: () => undoImport(shop.id, batch.id),
    onSuccess: (undoing) => queryClient.setQueryData(queryKeys.import(shop.id, batch.id), undoing),
  });
  if (batch.undo_until === null || shop.role === "analyst") return null;
  return (
    <Card title={t("imports.undoTitle")}>
      <p className={css.undo}>{t("imports.undoUntil", { date: formats.date(batch.undo_until) })}</p>
      <FormError error={mutation.error} />
      <Confirm
        label={t("imports.undo")}
        question={t(
          batch.kind === "products" ? "imports.undoProductsQuestion" : "imports.undoQuestion",
        )}
        isPending={mutation.isPending}
        onConfirm={() => mutation.mutate()}
      />
    </Card>
  );
}
