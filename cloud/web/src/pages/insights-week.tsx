/** The usual week: when people come, and when it is calm. */

import { useQuery } from "@tanstack/react-query";
import { getTypicalWeek } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { TypicalWeek } from "../api/types";
import { Card } from "../components/card";
import { Failed, Loading } from "../components/states";
import { WeekChart } from "../components/week-chart";
import { locale, t } from "../i18n/i18n";
import { dayNames } from "../lib/weekdays";
import { useShop } from "../session/shop";
import css from "./insights.module.css";

export function Week() {
  const { shop } = useShop();
  const week = useQuery({
    queryKey: queryKeys.typicalWeek(shop.id),
    queryFn: () => getTypicalWeek(shop.id),
  });
  return (
    <Card title={t("week.title")}>
      {week.isPending && <Loading />}
      {week.isError && !week.data && (
        <Failed error={week.error} onRetry={() => void week.refetch()} />
      )}
      {week.data?.hours.length === 0 && <p>{t("week.none")}</p>}
      {week.data && week.data.hours.length > 0 && (
        <>
          <WeekChart hours={week.data.hours} />
          <Calm week={week.data} />
        </>
      )}
    </Card>
  );
}

function Calm({ week: { best } }: { week: TypicalWeek }) {
  const { formats } = useShop();
  const names = dayNames(locale());
  if (best.length === 0) return null;
  return (
    <details className={css.rewards}>
      <summary>{t("week.calm")}</summary>
      <ul>
        {best
          .toSorted((a, b) => a.weekday - b.weekday)
          .map(({ weekday, hours }) => (
            <li key={weekday}>
              {names[weekday]}: {hours.map(formats.hour).join(", ")}
            </li>
          ))}
      </ul>
    </details>
  );
}
