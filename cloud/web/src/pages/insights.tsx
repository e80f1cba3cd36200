/** What the latest scoring says of the whole shop, and how far it has been right before. */

import { useQuery } from "@tanstack/react-query";
import { ApiError } from "../api/client";
import { getScores } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { ScoreRun } from "../api/types";
import { ButtonLink } from "../components/button";
import { Card } from "../components/card";
import { Bars, Columns, Doughnut } from "../components/chart";
import { Figure, Figures } from "../components/figure";
import { Page } from "../components/page";
import { Empty, Failed, Loading, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import type { Formats } from "../lib/formats";
import { inputName, segmentName, TIERS, tierName } from "../lib/server-words";
import { type Insight, readSummary, returnedCustomers } from "../lib/summary";
import { cautionOf } from "../lib/verdict";
import { shopPath, useShop } from "../session/shop";
import css from "./insights.module.css";

export function Insights() {
  const { shop } = useShop();
  const scores = useQuery({
    queryKey: queryKeys.scores(shop.id),
    queryFn: () => getScores(shop.id),
  });
  const isMissing = scores.error instanceof ApiError && scores.error.status === 404;
  return (
    <Page title={t("insights.title")}>
      {scores.isPending && <Loading />}
      {isMissing && <NothingYet />}
      {scores.isError && !isMissing && !scores.data && (
        <Failed error={scores.error} onRetry={() => void scores.refetch()} />
      )}
      {scores.data && <Content run={scores.data} />}
    </Page>
  );
}

function NothingYet() {
  const { shop } = useShop();
  return (
    <Empty title={t("insights.none.title")} text={t("insights.none.text")}>
      {shop.role !== "analyst" && (
        <ButtonLink to={shopPath(shop.slug, "import")}>{t("today.noKpis.action")}</ButtonLink>
      )}
    </Empty>
  );
}

function Content({ run }: { run: ScoreRun }) {
  const { formats } = useShop();
  const insight = readSummary(run);
  const caution = cautionOf(run.verdict);
  return (
    <>
      <p className={css.asOf}>
        {t("insights.asOf", {
          date: formats.date(run.as_of),
          days: formats.days(run.horizon_days),
        })}
      </p>
      {caution && (
        <Notice tone="warning">
          {t(`verdict.${caution}`)}
          {caution === "little" && (
            <p>{t("insights.unlocks", { count: returnedCustomers(insight) })}</p>
          )}
        </Notice>
      )}
      <Kpis insight={insight} formats={formats} horizon={formats.days(run.horizon_days)} />
      <div className={css.charts}>
        <Segments run={run} />
        <Tiers run={run} />
        <PastChurn insight={insight} />
        <Drivers insight={insight} />
        <Record insight={insight} model={run.model} />
      </div>
    </>
  );
}

interface KpisProps {
  insight: Insight;
  formats: Formats;
  horizon: string;
}

function Kpis({ insight, formats, horizon }: KpisProps) {
  const share = (value: number | null) => (value === null ? null : formats.percent(value));
  const count = (value: number | null) => (value === null ? null : formats.number(value));
  const money = (value: number | null) => (value === null ? null : formats.wholeMoney(value));
  const rows = [
    ["churn", share(insight.churnRate)],
    ["retention", share(insight.retentionRate)],
    ["active", count(insight.active)],
    ["newcomers", count(insight.newcomers)],
    ["repeat", share(insight.repeatShare)],
    ["revenue", money(insight.revenueMinor)],
    ["clv", money(insight.clvMinor)],
    ["atRisk", money(insight.atRiskMinor)],
  ] as const;
  return (
    <section aria-label={t("customer.figures")} className={css.kpis}>
      <Figures>
        {rows.map(([name, value]) => (
          <Figure
            key={name}
            label={t(`insights.kpis.${name}.label`)}
            value={value}
            note={t(`insights.kpis.${name}.note`, { days: horizon })}
          />
        ))}
      </Figures>
    </section>
  );
}

function Segments({ run }: { run: ScoreRun }) {
  const { formats } = useShop();
  const found = Object.entries(run.bands.segment).sort(([, a], [, b]) => b - a);
  const [largest] = found;
  if (!largest) return null;
  const total = found.reduce((sum, [, count]) => sum + count, 0);
  return (
    <Card title={t("insights.segments")}>
      <Doughnut
        sentence={t("insights.segmentsSentence", {
          segment: segmentName(largest[0]),
          share: formats.percent(largest[1] / total),
          count: total,
        })}
        columns={[t("customers.columns.segment"), t("customers.title")]}
        middle={formats.number(total)}
        cells={found.map(([segment, count]) => ({
          label: segmentName(segment),
          value: count,
          text: formats.number(count),
        }))}
      />
    </Card>
  );
}

function Tiers({ run }: { run: ScoreRun }) {
  const { formats } = useShop();
  const cells = TIERS.map((tier) => ({ tier, count: run.bands.tier[tier] ?? 0 }));
  const total = cells.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  return (
    <Card title={t("insights.tiers")}>
      <Bars
        sentence={t("insights.tiersSentence", { count: cells[0]?.count ?? 0 })}
        columns={[t("customer.tier"), t("customers.title")]}
        cells={cells.map(({ tier, count }) => ({
          label: tierName(tier),
          value: count,
          text: formats.number(count),
        }))}
      />
    </Card>
  );
}

function PastChurn({ insight: { folds } }: { insight: Insight }) {
  const { formats } = useShop();
  const [first, last] = [folds[0], folds.at(-1)];
  if (!first || !last || folds.length < 2) return null;
  return (
    <Card title={t("insights.past")}>
      <Columns
        sentence={t("insights.pastSentence", {
          first: formats.percent(first.churnRate),
          firstDate: formats.date(first.cutOff),
          last: formats.percent(last.churnRate),
          lastDate: formats.date(last.cutOff),
        })}
        columns={[t("insights.date"), t("today.churn")]}
        cells={folds.map((fold) => ({
          label: formats.date(fold.cutOff),
          value: fold.churnRate,
          text: formats.percent(fold.churnRate),
        }))}
      />
    </Card>
  );
}

function Drivers({ insight: { drivers } }: { insight: Insight }) {
  const [first] = drivers;
  const total = drivers.reduce((sum, driver) => sum + driver.loss, 0);
  const { formats } = useShop();
  if (!first) return null;
  return (
    <Card title={t("insights.drivers")}>
      <Bars
        sentence={t("insights.driversSentence", { input: inputName(first.group) })}
        columns={[t("insights.input"), t("insights.weight")]}
        cells={drivers.map(({ group, loss }) => ({
          label: inputName(group),
          value: loss,
          text: formats.percent(loss / total),
        }))}
      />
    </Card>
  );
}

/** How the model did on past dates whose outcome is known by now. */
function Record({
  insight: { bands, ranking },
  model,
}: {
  insight: Insight;
  model: string | null;
}) {
  const { formats } = useShop();
  if (bands.length === 0) return null;
  const sentence =
    ranking === null
      ? t("insights.recordSentence")
      : t("insights.rankingSentence", { share: formats.percent(ranking) });
  return (
    <Card title={t("insights.record")}>
      <Bars
        sentence={sentence}
        columns={[t("risk.label"), t("insights.lost")]}
        cells={bands.map((band) => ({
          label: t(`risk.${band.risk}`),
          value: band.churned,
          text: t("insights.lostOf", {
            share: formats.percent(band.churned),
            count: band.customers,
          }),
        }))}
      />
      {model && <p className={css.asOf}>{t("insights.model", { model })}</p>}
    </Card>
  );
}
