/** What the latest scoring says of the whole shop, how it moves, and how far to believe it. */

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { ApiError } from "../api/client";
import { getInsights } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Insights as InsightsData } from "../api/types";
import { ButtonLink } from "../components/button";
import { Card } from "../components/card";
import { Bars, Columns, Doughnut } from "../components/chart";
import { Figure, Figures } from "../components/figure";
import { LineLink } from "../components/line-link";
import { Page } from "../components/page";
import { Empty, Failed, Loading, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { returnedCustomers } from "../lib/insights";
import { noteText } from "../lib/said";
import { inputName, segmentMeaning, segmentName } from "../lib/server-words";
import { cautionOf } from "../lib/verdict";
import { shopPath, useShop } from "../session/shop";
import css from "./insights.module.css";

// below the first screen: they come after it
const Moves = lazy(async () => ({ default: (await import("./insights-moves")).Moves }));
const Scoreboard = lazy(async () => ({ default: (await import("./insights-record")).Record }));
const Bundles = lazy(async () => ({ default: (await import("./insights-bundles")).Bundles }));
const Tiers = lazy(async () => ({ default: (await import("./insights-tiers")).Tiers }));
const Door = lazy(async () => ({ default: (await import("./insights-door")).Door }));
const Week = lazy(async () => ({ default: (await import("./insights-week")).Week }));
const Scoring = lazy(async () => ({ default: (await import("./insights-scoring")).Scoring }));
const Reports = lazy(async () => ({ default: (await import("./insights-reports")).Reports }));

// less would be shown as nothing
const LEAST_SHARE = 0.005;

export function Insights() {
  const { shop } = useShop();
  const insights = useQuery({
    queryKey: queryKeys.insights(shop.id),
    queryFn: () => getInsights(shop.id),
  });
  const isMissing = insights.error instanceof ApiError && insights.error.status === 404;
  return (
    <Page title={t("insights.title")}>
      {insights.isPending && <Loading />}
      {isMissing && <NothingYet />}
      {insights.isError && !isMissing && !insights.data && (
        <Failed error={insights.error} onRetry={() => void insights.refetch()} />
      )}
      {insights.data && <Content insights={insights.data} />}
      {isMissing && (
        <div className={css.charts}>
          <Suspense fallback={<Loading />}>
            <Door />
            <Week />
          </Suspense>
        </div>
      )}
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

function Content({ insights }: { insights: InsightsData }) {
  const { shop, formats } = useShop();
  const caution = cautionOf(insights.verdict);
  const days = formats.days(insights.horizon_days);
  return (
    <>
      <p className={css.asOf}>
        {t("insights.asOf", { date: formats.calendarDate(insights.as_of), days })}
      </p>
      <Suspense fallback={<Loading />}>
        <Scoring />
      </Suspense>
      {caution && (
        <Notice tone="warning">
          {t(`verdict.${caution}`)}
          {caution === "little" && (
            <p>{t("insights.unlocks", { count: returnedCustomers(insights.kpis) })}</p>
          )}
        </Notice>
      )}
      <Kpis insights={insights} days={days} />
      {insights.notes.map((note) => (
        <p key={note.text} className={css.asOf}>
          {noteText(note, formats)}
        </p>
      ))}
      <p>
        <LineLink to={shopPath(shop.slug, "what-if")}>{t("whatIf.link")}</LineLink>
      </p>
      <div className={css.charts}>
        <Churn insights={insights} days={days} />
        <Revenue insights={insights} />
        <Segments insights={insights} />
        <Suspense fallback={<Loading />}>
          <Moves />
          <Door />
          <Week />
          <Drivers insights={insights} />
          <Scoreboard insights={insights} />
          <Bundles />
          <Tiers />
          <Reports />
        </Suspense>
      </div>
    </>
  );
}

function Kpis({ insights: { kpis }, days }: { insights: InsightsData; days: string }) {
  const { formats } = useShop();
  const share = (value: number | null) => (value === null ? null : formats.percent(value));
  const count = (value: number | null) => (value === null ? null : formats.number(value));
  const money = (value: number | null) => (value === null ? null : formats.wholeMoney(value));
  const newcomers = count(kpis.new_customers) ?? "–";
  const rows = [
    ["customers", formats.number(kpis.customers)],
    ["churn", share(kpis.churn_rate)],
    ["retention", share(kpis.retention_rate)],
    ["active", count(kpis.active_customers)],
    ["repeat", share(kpis.repeat_share)],
    ["revenue", money(kpis.revenue_minor)],
    ["clv", money(kpis.clv_minor)],
    ["atRisk", money(kpis.revenue_at_risk_minor)],
  ] as const;
  const { clv_low_minor, clv_high_minor } = kpis;
  const range =
    clv_low_minor !== null && clv_high_minor !== null
      ? t("insights.clvRange", {
          low: formats.wholeMoney(clv_low_minor),
          high: formats.wholeMoney(clv_high_minor),
          days,
        })
      : null;
  return (
    <section aria-label={t("customer.figures")} className={css.kpis}>
      <Figures>
        {rows.map(([name, value]) => (
          <Figure
            key={name}
            label={t(`insights.kpis.${name}.label`)}
            value={value}
            note={(name === "clv" && range) || t(`insights.kpis.${name}.note`, { days, newcomers })}
          />
        ))}
      </Figures>
    </section>
  );
}

function Churn({ insights: { months }, days }: { insights: InsightsData; days: string }) {
  const { formats } = useShop();
  const known = months.filter((one) => one.churn_rate !== null);
  const last = known.at(-1);
  const before = known.at(-2);
  if (!last) return null;
  const share = (value: number | null) => formats.percent(value ?? 0);
  return (
    <Card title={t("insights.churnByMonth")}>
      <Columns
        sentence={t(before ? "insights.churnSentence" : "insights.churnFirst", {
          month: formats.month(last.month),
          share: share(last.churn_rate),
          before: share(before?.churn_rate ?? null),
          days,
        })}
        columns={[t("insights.month"), t("insights.churnAndRetention")]}
        cells={known.map((one) => ({
          label: formats.month(one.month),
          value: one.churn_rate ?? 0,
          text: `${share(one.churn_rate)} · ${share(one.retention_rate)}`,
          isUnfinished: one.is_partial,
        }))}
      />
    </Card>
  );
}

function Revenue({ insights: { months } }: { insights: InsightsData }) {
  const { formats } = useShop();
  const whole = months.filter((one) => !one.is_partial);
  const last = whole.at(-1) ?? months.at(-1);
  if (!last || months.length < 2) return null;
  return (
    <Card title={t("insights.revenueByMonth")}>
      <Columns
        sentence={t("insights.revenueSentence", {
          month: formats.month(last.month),
          amount: formats.wholeMoney(last.revenue_minor),
          count: last.active_customers,
          newcomers: formats.number(last.new_customers),
        })}
        columns={[t("insights.month"), t("today.takings")]}
        cells={months.map((one) => ({
          label: formats.month(one.month),
          value: Math.max(one.revenue_minor, 0),
          text: formats.wholeMoney(one.revenue_minor),
          isUnfinished: one.is_partial,
        }))}
      />
    </Card>
  );
}

function Segments({ insights: { segments } }: { insights: InsightsData }) {
  const { formats } = useShop();
  const found = segments
    .filter((one) => one.customers > 0)
    .toSorted((a, b) => b.customers - a.customers);
  const [largest] = found;
  if (!largest) return null;
  const total = found.reduce((sum, one) => sum + one.customers, 0);
  return (
    <Card title={t("insights.segments")}>
      <Doughnut
        sentence={t("insights.segmentsSentence", {
          segment: segmentName(largest.segment),
          share: formats.percent(largest.share),
          count: total,
        })}
        columns={[t("customers.columns.segment"), t("customers.title")]}
        middle={formats.number(total)}
        others={(sum) => ({
          label: t("insights.otherSegments"),
          value: sum,
          text: formats.number(sum),
        })}
        cells={found.map((one) => ({
          label: segmentName(one.segment),
          value: one.customers,
          text: formats.number(one.customers),
        }))}
      />
      <p className={css.asOf}>
        {segmentName(largest.segment)}: {segmentMeaning(largest.segment)}
      </p>
    </Card>
  );
}

function Drivers({ insights }: { insights: InsightsData }) {
  const { formats } = useShop();
  const drivers = insights.drivers.filter((one) => one.auc_loss > 0);
  const [first] = drivers;
  const total = drivers.reduce((sum, one) => sum + one.auc_loss, 0);
  if (!first) return null;
  const telling = drivers.filter((one) => one.auc_loss / total >= LEAST_SHARE);
  return (
    <Card title={t("insights.drivers")}>
      <Bars
        sentence={t("insights.driversSentence", { input: inputName(first.driver) })}
        columns={[t("insights.input"), t("insights.weight")]}
        cells={telling.map(({ driver, auc_loss }) => ({
          label: inputName(driver),
          value: auc_loss,
          text: formats.percent(auc_loss / total),
        }))}
      />
    </Card>
  );
}
