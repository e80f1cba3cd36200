/** Charts drawn by hand: each under a sentence that says the same, with its table beside it. */

import { type ReactNode, useId } from "react";
import { t } from "../i18n/i18n";
import css from "./chart.module.css";

export interface Cell {
  label: string;
  /** As it is drawn. */
  value: number;
  /** As it is read. */
  text: string;
  /** The last of a row of times, which goes on: drawn paler. */
  isUnfinished?: boolean;
}

interface ChartFrameProps {
  sentence: string;
  /** Heads the two columns of the table. */
  columns: readonly [string, string];
  cells: readonly Cell[];
  children: ReactNode;
}

export function ChartFrame({ sentence, columns, cells, children }: ChartFrameProps) {
  const id = useId();
  return (
    <figure className={css.figure} aria-labelledby={id}>
      <figcaption id={id}>{sentence}</figcaption>
      {children}
      <details className={css.details}>
        <summary>{t("chart.table")}</summary>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{columns[0]}</th>
              <th scope="col">{columns[1]}</th>
            </tr>
          </thead>
          <tbody>
            {cells.map((cell) => (
              <tr key={cell.label}>
                <th scope="row">{cell.label}</th>
                <td>{cell.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

type ChartProps = Omit<ChartFrameProps, "children">;

const WIDTH = 320;
const HEIGHT = 120;

/** Upright bars in the order of time. */
export function Columns(props: ChartProps) {
  const { cells } = props;
  const most = Math.max(...cells.map((cell) => cell.value), Number.MIN_VALUE);
  const step = WIDTH / Math.max(cells.length, 1);
  const width = Math.min(step * 0.7, 28);
  return (
    <ChartFrame {...props}>
      <svg className={css.plot} viewBox={`0 0 ${WIDTH} ${HEIGHT + 18}`} aria-hidden="true">
        <line className={css.axis} x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        {cells.map((cell, place) => {
          const height = (cell.value / most) * (HEIGHT - 6);
          const x = place * step + (step - width) / 2;
          return (
            <rect
              key={cell.label}
              className={cell.isUnfinished ? css.unfinished : css.bar}
              {...{ x, width, height, y: HEIGHT - height, rx: 2 }}
            />
          );
        })}
        <text className={css.tick} x="0" y={HEIGHT + 14}>
          {cells[0]?.label}
        </text>
        {cells.length > 1 && (
          <text className={css.tick} x={WIDTH} y={HEIGHT + 14} textAnchor="end">
            {cells.at(-1)?.label}
          </text>
        )}
      </svg>
    </ChartFrame>
  );
}

/** Bars lying under their labels, for names. */
export function Bars(props: ChartProps) {
  const { cells } = props;
  const most = Math.max(...cells.map((cell) => cell.value), Number.MIN_VALUE);
  return (
    <ChartFrame {...props}>
      <div aria-hidden="true" className={css.bars}>
        {cells.map((cell) => (
          <div key={cell.label} className={css.lying}>
            <span>{cell.label}</span>
            <span className={css.number}>{cell.text}</span>
            <svg
              aria-hidden="true"
              viewBox="0 0 100 6"
              preserveAspectRatio="none"
              className={css.track}
            >
              <rect className={css.rest} width="100" height="6" />
              <rect className={css.bar} width={(cell.value / most) * 100} height="6" />
            </svg>
          </div>
        ))}
      </div>
    </ChartFrame>
  );
}

const RADIUS = 40;
const AROUND = 2 * Math.PI * RADIUS;
// shades that can be told apart; the rest is drawn as one part, and stands in the table one by one
const SHADES = 6;

interface DoughnutProps extends ChartProps {
  middle: string;
  /** What the parts that are too many are called together, by their sum. */
  others: (sum: number) => Cell;
}

/** Parts of a whole as a ring with its legend, the largest first. */
export function Doughnut({ middle, others, ...props }: DoughnutProps) {
  const cells = largest(props.cells, others);
  const total = cells.reduce((sum, cell) => sum + cell.value, 0) || 1;
  let begun = 0;
  return (
    <ChartFrame {...props}>
      <div className={css.doughnut} aria-hidden="true">
        <svg aria-hidden="true" viewBox="0 0 100 100" className={css.ring}>
          {cells.map((cell, place) => {
            const length = (cell.value / total) * AROUND;
            const offset = -begun;
            begun += length;
            return (
              <circle
                key={cell.label}
                className={`${css.arc} ${css[`shade${place % SHADES}`]}`}
                cx="50"
                cy="50"
                r={RADIUS}
                strokeDasharray={`${Math.max(length - 1, 0.5)} ${AROUND}`}
                strokeDashoffset={offset}
                transform="rotate(-90 50 50)"
              />
            );
          })}
          <text x="50" y="55" textAnchor="middle" className={css.middle}>
            {middle}
          </text>
        </svg>
        <ul className={css.legend}>
          {cells.map((cell, place) => (
            <li key={cell.label}>
              <svg aria-hidden="true" viewBox="0 0 10 10" className={css.key}>
                <rect
                  width="10"
                  height="10"
                  rx="2"
                  className={`${css.swatch} ${css[`shade${place % SHADES}`]}`}
                />
              </svg>
              <span>{cell.label}</span>
              <span className={css.number}>{cell.text}</span>
            </li>
          ))}
        </ul>
      </div>
    </ChartFrame>
  );
}

function largest(cells: readonly Cell[], others: (sum: number) => Cell): Cell[] {
  const sorted = cells.toSorted((a, b) => b.value - a.value);
  if (sorted.length <= SHADES) return sorted;
  const rest = sorted.slice(SHADES - 1).reduce((sum, cell) => sum + cell.value, 0);
  return [...sorted.slice(0, SHADES - 1), others(rest)];
}

export interface Dot {
  at: number;
  /** Between 0 and 1. */
  size: number;
  isSpecial: boolean;
}

interface TimelineProps extends ChartProps {
  dots: readonly Dot[];
  from: { at: number; label: string };
  to: { at: number; label: string };
}

/** Moments along a line of time, the taller the larger. */
export function Timeline({ dots, from, to, ...frame }: TimelineProps) {
  const span = Math.max(to.at - from.at, 1);
  return (
    <ChartFrame {...frame}>
      <svg className={css.plot} viewBox={`0 0 ${WIDTH} 82`} aria-hidden="true">
        <line className={css.axis} x1="0" x2={WIDTH} y1="64" y2="64" />
        {dots.map((dot) => {
          const x = 3 + ((dot.at - from.at) / span) * (WIDTH - 6);
          const y = 64 - Math.max(dot.size * 56, 4);
          return (
            <g key={`${dot.at}-${dot.size}`} className={dot.isSpecial ? css.special : css.usual}>
              <line x1={x} x2={x} y1="64" y2={y} />
              <circle cx={x} cy={y} r="2.5" />
            </g>
          );
        })}
        <text className={css.tick} x="0" y="79">
          {from.label}
        </text>
        <text className={css.tick} x={WIDTH} y="79" textAnchor="end">
          {to.label}
        </text>
      </svg>
    </ChartFrame>
  );
}
