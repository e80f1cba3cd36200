/** The hours of a day: who came in, what is usual, and when the shop is closed. */

import type { FootfallHour } from "../api/types";
import { t } from "../i18n/i18n";
import { busiest, type ClockSpan, hoursToShow, isWithin } from "../lib/day-hours";
import { useShop } from "../session/shop";
import { ChartFrame } from "./chart";
import css from "./hour-chart.module.css";

const WIDTH = 320;
const HEIGHT = 100;
// as many hours as can be named one by one
const NAMED_MOST = 8;

interface HourChartProps {
  hours: readonly FootfallHour[];
  promised: readonly ClockSpan[];
}

export function HourChart({ hours, promised }: HourChartProps) {
  const { formats } = useShop();
  const shown = hoursToShow(hours, promised);
  const most = Math.max(...shown.map((one) => Math.max(one.entries, one.usual_entries ?? 0)));
  // without a single count an empty plot says less than the sentence
  if (most === 0) return <p>{sentenceOf(shown, formats.hour)}</p>;
  const step = WIDTH / shown.length;
  const bar = Math.min(step * 0.65, 18);
  const named = shown.length > NAMED_MOST ? 3 : 1;
  const hasUsual = shown.some((one) => one.usual_entries !== null);
  const y = (value: number) => HEIGHT - (value / most) * (HEIGHT - 8);
  return (
    <ChartFrame
      sentence={sentenceOf(shown, formats.hour)}
      columns={[t("hourChart.hour"), t("today.visitors")]}
      cells={shown.map(({ hour, entries, usual_entries }) => ({
        label: formats.hour(hour),
        value: entries,
        text:
          usual_entries === null
            ? formats.number(entries)
            : t("hourChart.cell", {
                entries: formats.number(entries),
                usual: formats.number(usual_entries),
              }),
      }))}
    >
      <svg className={css.plot} viewBox={`0 0 ${WIDTH} ${HEIGHT + 18}`} aria-hidden="true">
        {shown.map(({ hour, entries, usual_entries }, place) => {
          const x = place * step;
          const left = x + (step - bar) / 2;
          return (
            <g key={hour}>
              {promised.length > 0 && !isWithin(promised, hour) && (
                <rect className={css.closed} x={x} y="0" width={step} height={HEIGHT} />
              )}
              <rect
                className={css.bar}
                {...{ x: left, y: y(entries), width: bar, height: HEIGHT - y(entries), rx: 2 }}
              />
              {usual_entries !== null && (
                <line
                  className={css.usual}
                  {...{ x1: left - 2, x2: left + bar + 2, y1: y(usual_entries) }}
                  y2={y(usual_entries)}
                />
              )}
              {hour % named === 0 && (
                <text className={css.tick} x={x + step / 2} y={HEIGHT + 14} textAnchor="middle">
                  {formats.number(hour)}
                </text>
              )}
            </g>
          );
        })}
        <line className={css.axis} x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
      </svg>
      <p className={css.legend} aria-hidden="true">
        <span className={css.counted}>{t("hourChart.counted")}</span>
        {hasUsual && <span className={css.usually}>{t("hourChart.usual")}</span>}
        {promised.length > 0 && <span className={css.shut}>{t("hourChart.closed")}</span>}
      </p>
    </ChartFrame>
  );
}

function sentenceOf(hours: readonly FootfallHour[], write: (hour: number) => string): string {
  const entries = busiest(hours, (one) => one.entries);
  if (entries) {
    return t("hourChart.busiest", { hour: write(entries.hour), count: entries.entries });
  }
  const usual = busiest(hours, (one) => one.usual_entries ?? 0);
  return usual ? t("hourChart.nobodyYet", { hour: write(usual.hour) }) : t("hourChart.nothing");
}
