/** What the door tells beside the till: today's hours, how many buy, and whether hours were kept. */

import { useQuery } from "@tanstack/react-query";
import { getToday, listPastWeeks } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { PastWeek } from "../api/types";
import { Card } from "../components/card";
import { Columns } from "../components/chart";
import { HourChart } from "../components/hour-chart";
import { LineLink } from "../components/line-link";
import { Failed, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { clockSpans } from "../lib/day-hours";
import { judged, missedMinutes, shared } from "../lib/past-weeks";
import { shopPath, useShop } from "../session/shop";

export function Door() {
  const { shop } = useShop();
  const weeks = useQuery({
    queryKey: queryKeys.pastWeeks(shop.id),
    queryFn: () => listPastWeeks(shop.id),
  });
  return (
    <>
      <Hours />
      <Card title={t("insights.conversion.title")}>
        {weeks.isPending && <Loading />}
        {weeks.isError && !weeks.data && (
          <Failed error={weeks.error} onRetry={() => void weeks.refetch()} />
        )}
        {weeks.data && <Conversion weeks={weeks.data.items} />}
      </Card>
      {weeks.data && (
        <Card title={t("insights.promise.title")}>
          <Kept weeks={weeks.data.items} />
        </Card>
      )}
    </>
  );
}

function Hours() {
  const { shop } = useShop();
  const today = useQuery({
    queryKey: queryKeys.today(shop.id),
    queryFn: () => getToday(shop.id),
  });
  return (
    <Card title={t("hourChart.title")}>
      {today.isPending && <Loading />}
      {today.isError && !today.data && (
        <Failed error={today.error} onRetry={() => void today.refetch()} />
      )}
      {today.data && (
        <HourChart
          hours={today.data.hours}
          promised={clockSpans(today.data.promised, shop.time_zone)}
        />
      )}
      <p>
        <LineLink to={shopPath(shop.slug, "day")}>{t("day.whole")}</LineLink>
      </p>
    </Card>
  );
}

function Conversion({ weeks }: { weeks: readonly PastWeek[] }) {
  const { formats } = useShop();
  const known = shared(weeks);
  // a week that goes on is drawn paler and not told
  const told = known.filter((one) => !one.is_partial);
  const last = told.at(-1) ?? known.at(-1);
  const before = told.at(-2);
  if (!last) return <p>{t("insights.conversion.none")}</p>;
  return (
    <Columns
      sentence={t(before ? "insights.conversion.sentence" : "insights.conversion.first", {
        week: formats.calendarDate(last.week),
        share: formats.percent(last.conversion),
        visitors: formats.number(last.visitors),
        before: before ? formats.percent(before.conversion) : "",
      })}
      columns={[t("insights.conversion.week"), t("insights.conversion.share")]}
      cells={known.map((one) => ({
        label: formats.calendarDate(one.week),
        value: one.conversion,
        text: t("insights.conversion.cell", {
          share: formats.percent(one.conversion),
          visitors: formats.number(one.visitors),
        }),
        isUnfinished: one.is_partial,
      }))}
    />
  );
}

function Kept({ weeks }: { weeks: readonly PastWeek[] }) {
  const { formats } = useShop();
  const known = judged(weeks);
  if (known.length === 0) return <p>{t("insights.promise.none")}</p>;
  return (
    <Columns
      sentence={t("insights.promise.sentence", {
        count: known.reduce((sum, one) => sum + one.promised, 0),
        kept: formats.number(known.reduce((sum, one) => sum + one.kept, 0)),
        minutes: formats.minutes(missedMinutes(known)),
      })}
      columns={[t("insights.conversion.week"), t("insights.promise.kept")]}
      cells={known.map((one) => ({
        label: formats.calendarDate(one.week),
        value: one.kept / one.promised,
        text: t("insights.promise.cell", {
          kept: formats.number(one.kept),
          promised: formats.number(one.promised),
        }),
        isUnfinished: one.is_partial,
      }))}
    />
  );
}
