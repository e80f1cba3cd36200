import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useParams } from "react-router";
import { getImport } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Import, ImportOutcome } from "../api/types";
import { BackLink } from "../components/back-link";
import { ButtonLink } from "../components/button";
import { Card } from "../components/card";
import { Page } from "../components/page";
import { Awaited, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { fieldText } from "../lib/problems";
import { useFocusWhenLost } from "../lib/use-focus-when-lost";
import { shopPath, useShop } from "../session/shop";
import css from "./import.module.css";
import { ImportMapping } from "./import-mapping";
import { ImportOutcomeView } from "./import-outcome";

// the live stream tells each step; this is for when it does not stand
const PROGRESS_POLL_MS = 15_000;
const AT_WORK = new Set(["queued", "running", "undoing"]);

export function ImportPage() {
  const { shop } = useShop();
  const { importId = "" } = useParams();
  const batch = useQuery({
    queryKey: queryKeys.import(shop.id, importId),
    queryFn: () => getImport(shop.id, importId),
    refetchInterval: ({ state }) => (isAtWork(state.data) ? PROGRESS_POLL_MS : false),
  });
  useFreshShopAfter(batch.data);
  useFocusWhenLost(batch.data?.state);
  return (
    <>
      <BackLink to={shopPath(shop.slug, "import")}>{t("imports.all")}</BackLink>
      <Page title={batch.data?.filename ?? t("imports.title")}>
        {batch.data ? <Step batch={batch.data} /> : <Awaited query={batch} />}
      </Page>
    </>
  );
}

function isAtWork(batch: Import | undefined): boolean {
  return batch !== undefined && AT_WORK.has(batch.state);
}

/** When an import is done, what other pages knew of the shop is out of date. */
function useFreshShopAfter(batch: Import | undefined) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  const isDone = batch?.state === "done" || batch?.state === "undone";
  useEffect(() => {
    if (!isDone) return;
    void queryClient.invalidateQueries({
      queryKey: queryKeys.shop(shop.id),
      refetchType: "none",
    });
  }, [isDone, shop.id, queryClient]);
}

function Step({ batch }: { batch: Import }) {
  if (batch.state === "uploaded") return <ImportMapping batch={batch} />;
  if (isAtWork(batch)) return <Progress batch={batch} />;
  if (batch.outcome && batch.state === "done") {
    return <ImportOutcomeView batch={batch} outcome={batch.outcome} />;
  }
  if (batch.outcome && batch.state === "undone") {
    return <Undone batch={batch} outcome={batch.outcome} />;
  }
  return <Broken batch={batch} />;
}

function Progress({ batch }: { batch: Import }) {
  return (
    <Card title={t(`imports.states.${batch.state}`)}>
      <progress
        className={css.progress}
        aria-label={t(`imports.states.${batch.state}`)}
        max={batch.rows_estimated}
        {...(batch.outcome && { value: batch.outcome.rows })}
      />
      <p role="status">
        {batch.outcome && batch.state === "running"
          ? t("imports.progressOf", { count: batch.outcome.rows, all: batch.rows_estimated })
          : t("imports.progress")}
      </p>
    </Card>
  );
}

const KEPT = [
  ["kept_purchases", "keptPurchases"],
  ["kept_customers", "keptCustomers"],
  ["kept_products", "keptProducts"],
  ["conflicts", "conflicts"],
] as const;

/** What an undo has left standing, and why. */
function Undone({ batch, outcome }: { batch: Import; outcome: ImportOutcome }) {
  const { shop, formats } = useShop();
  const kept = KEPT.flatMap(([field, text]) => {
    const count = outcome[field] ?? 0;
    return count > 0 ? [t(`imports.${text}`, { count })] : [];
  });
  return (
    <Card title={t("imports.states.undone")}>
      <p>
        {batch.undone_at && t("imports.undoneAt", { date: formats.dateTime(batch.undone_at) })}{" "}
        {kept.length === 0 && t("imports.undoneAll")}
      </p>
      <ul className={css.missing}>
        {kept.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <p className={css.actions}>
        <ButtonLink look="quiet" to={shopPath(shop.slug, "import")}>
          {t("imports.another")}
        </ButtonLink>
      </p>
    </Card>
  );
}

/** A failed import can be run again with other answers. */
function Broken({ batch }: { batch: Import }) {
  return (
    <>
      <Notice tone="problem">
        <strong>{t("imports.failedTitle")}</strong>
        <p>{batch.said ? fieldText(batch.said) : t("errors.refusals.ours")}</p>
      </Notice>
      <ImportMapping batch={batch} />
    </>
  );
}
