/** How right it was: on past dates when it was tried, and with what it has really said since. */

import { useQuery } from "@tanstack/react-query";
import { getScoreboard } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Insights, Scoreboard } from "../api/types";
import { Card } from "../components/card";
import { Bars } from "../components/chart";
import { Failed, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { useShop } from "../session/shop";
import css from "./insights.module.css";

export function Record({ insights }: { insights: Insights }) {
  const { shop } = useShop();
  const scoreboard = useQuery({
    queryKey: queryKeys.scoreboard(shop.id),
    queryFn: () => getScoreboard(shop.id),
  });
  return (
    <>
      <PastDates insights={insights} />
      <Card title={t("insights.scoreboard.title")}>
        {scoreboard.isPending && <Loading />}
        {scoreboard.isError && !scoreboard.data && (
          <Failed error={scoreboard.error} onRetry={() => void scoreboard.refetch()} />
        )}
        {scoreboard.data && <Board board={scoreboard.data} />}
      </Card>
    </>
  );
}

function PastDates({ insights: { risks, model } }: { insights: Insights }) {
  const { formats } = useShop();
  const tried = risks.flatMap((one) =>
    one.observed_churn === null ? [] : [{ ...one, observed: one.observed_churn }],
  );
  if (tried.length === 0) return null;
  return (
    <Card title={t("insights.record")}>
      <Bars
        sentence={t("insights.recordSentence")}
        columns={[t("risk.label"), t("insights.lost")]}
        cells={tried.map((one) => ({
          label: t(`risk.${one.risk}`),
          value: one.observed,
          text: t("insights.lostOf", {
            share: formats.percent(one.observed),
            count: one.past_customers,
          }),
        }))}
      />
      {model && <p className={css.asOf}>{t("insights.model", { model })}</p>}
    </Card>
  );
}

function Board({ board }: { board: Scoreboard }) {
  const { formats } = useShop();
  if (board.bands.length === 0) return <p>{t("insights.scoreboard.early")}</p>;
  const isBetter = board.model && board.recency && board.model.auc > board.recency.auc;
  const sentence =
    board.model && board.recency
      ? t(isBetter ? "insights.scoreboard.better" : "insights.scoreboard.notBetter", {
          share: formats.percent(board.model.auc),
          recency: formats.percent(board.recency.auc),
        })
      : t("insights.scoreboard.sentence");
  return (
    <Bars
      sentence={sentence}
      columns={[t("insights.scoreboard.said"), t("insights.scoreboard.came")]}
      cells={board.bands.map((band) => ({
        label: t("insights.scoreboard.band", {
          share: formats.percent(band.predicted),
          count: band.customers,
        }),
        value: band.observed,
        text: t("insights.scoreboard.range", {
          share: formats.percent(band.observed),
          low: formats.percent(band.low),
          high: formats.percent(band.high),
        }),
      }))}
    />
  );
}
