import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useParams } from "react-router";
import { getImport } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Import } from "../api/types";
import { BackLink } from "../components/back-link";
import { Card } from "../components/card";
import { Page } from "../components/page";
import { Failed, Loading, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { shopPath, useShop } from "../session/shop";
import css from "./import.module.css";
import { ImportMapping } from "./import-mapping";
import { ImportOutcomeView } from "./import-outcome";

// only while the worker is at it, and somebody is waiting
const PROGRESS_POLL_MS = 2_000;

export function ImportPage() {
  const { shop } = useShop();
  const { importId = "" } = useParams();
  const batch = useQuery({
    queryKey: queryKeys.import(shop.id, importId),
    queryFn: () => getImport(shop.id, importId),
    refetchInterval: ({ state }) => (isAtWork(state.data) ? PROGRESS_POLL_MS : false),
  });
  useFreshShopAfter(batch.data);
  return (
    <>
      <BackLink to={shopPath(shop.slug, "import")}>{t("imports.all")}</BackLink>
      {batch.isPending && <Loading />}
      {batch.isError && !batch.data && (
        <Failed error={batch.error} onRetry={() => void batch.refetch()} />
      )}
      {batch.data && (
        <Page title={batch.data.filename}>
          <Step batch={batch.data} />
        </Page>
      )}
    </>
  );
}

function isAtWork(batch: Import | undefined): boolean {
  return batch?.state === "queued" || batch?.state === "running";
}

/** When an import is done, what other pages knew of the shop is out of date. */
function useFreshShopAfter(batch: Import | undefined) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  const isDone = batch?.state === "done";
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
      <p role="status">{t("imports.progress")}</p>
    </Card>
  );
}

/** A failed import can be run again with other answers. */
function Broken({ batch }: { batch: Import }) {
  return (
    <>
      <Notice tone="problem">
        <strong>{t("imports.failedTitle")}</strong>
        <p>{batch.error ?? t("errors.unknown")}</p>
      </Notice>
      <ImportMapping batch={batch} />
    </>
  );
}
