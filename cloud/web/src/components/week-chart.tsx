/** The hours of a usual week as a field of shades, with its sentence and its table. */

import type { TypicalWeek } from "../api/types";
import { locale, t } from "../i18n/i18n";
import { dayNames } from "../lib/weekdays";
import { useShop } from "../session/shop";
import { ChartFrame } from "./chart";
import css from "./week-chart.module.css";

const CELL = 14;
const DAYS = 7;
const SHADES = 5;

export function WeekChart({ hours }: { hours: TypicalWeek["hours"] }) {
  const { formats } = useShop();
  const names = dayNames(locale());
  const busy = hours.filter((one) => one.entries > 0);
  const peak = busy.toSorted((a, b) => b.entries - a.entries)[0];
  if (!peak) return <p>{t("week.none")}</p>;
  const first = Math.min(...busy.map((one) => one.hour));
  const last = Math.max(...busy.map((one) => one.hour));
  const day = (weekday: number) => names[weekday] ?? "";
  const shade = (entries: number) => Math.ceil((entries / peak.entries) * SHADES);
  return (
    <ChartFrame
      sentence={t("week.sentence", {
        day: day(peak.weekday),
        hour: formats.hour(peak.hour),
        count: Math.round(peak.entries),
      })}
      columns={[t("hourChart.hour"), t("today.visitors")]}
      cells={busy.map((one) => ({
        label: `${day(one.weekday)}, ${formats.hour(one.hour)}`,
        value: one.entries,
        text: formats.number(one.entries),
      }))}
    >
      <div className={css.field} aria-hidden="true">
        <div className={css.days}>
          {names.map((name) => (
            <span key={name}>{name.slice(0, 2)}</span>
          ))}
        </div>
        <svg
          aria-hidden="true"
          className={css.plot}
          viewBox={`0 0 ${(last - first + 1) * CELL} ${DAYS * CELL + 12}`}
        >
          {busy.map((one) => (
            <rect
              key={`${one.weekday}-${one.hour}`}
              className={css[`shade${shade(one.entries)}`]}
              x={(one.hour - first) * CELL + 0.5}
              y={one.weekday * CELL + 0.5}
              width={CELL - 1}
              height={CELL - 1}
              rx="2"
            />
          ))}
          {Array.from({ length: last - first + 1 }, (_, place) => first + place)
            .filter((hour) => hour % 3 === 0)
            .map((hour) => (
              <text
                key={hour}
                className={css.tick}
                x={(hour - first + 0.5) * CELL}
                y={DAYS * CELL + 10}
                textAnchor="middle"
              >
                {formats.number(hour)}
              </text>
            ))}
        </svg>
      </div>
    </ChartFrame>
  );
}
