/**
 * The customers as a table of which only the rows in sight exist: ten thousand scroll like ten.
 *
 * Rows that are placed one by one cannot be those of a <table>; so the roles are written out.
 */

import { defaultRangeExtractor, useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { Link } from "react-router";
import type { Customer } from "../api/types";
import { RiskBadge } from "../components/risk-badge";
import { t } from "../i18n/i18n";
import { nameOf } from "../lib/customers";
import { driverText } from "../lib/said";
import { segmentName } from "../lib/server-words";
import {
  FROM_LIST,
  type Place,
  topOf,
  usePlaceBefore,
  usePlaceInList,
} from "../lib/use-place-in-list";
import { shopPath, useShop } from "../session/shop";
import css from "./customers.module.css";

// a guess until a row is measured: cards on a phone, lines on a wide screen
const CARD_PX = 150;
const LINE_PX = 76;
const WIDE = "(min-width: 60rem)";
const ROWS_AHEAD = 6;
// asked for before the last row is in sight, so that scrolling does not wait
const ROWS_BEFORE_END = 60;

type Choice = ReadonlySet<string>;

interface TableProps {
  customers: readonly Customer[];
  chosen: Choice;
  /** Told as a change, because a row may hold an older choice than the latest. */
  onChoose: (change: (chosen: Choice) => Choice) => void;
  /** Whether the server has more than these. */
  hasMore: boolean;
  /** The last rows come into sight. */
  onEnd: () => void;
}

export function CustomerTable({ customers, chosen, onChoose, hasMore, onEnd }: TableProps) {
  const body = useRef<HTMLDivElement>(null);
  const before = usePlaceBefore();
  const [focused, setFocused] = useState(() => indexOf(customers, before?.focused));
  const rows = useRowsInSight(body, customers, focused, before);
  usePlaceInList({ list: body, rows, focused }, before);
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= customers.length - ROWS_BEFORE_END) onEnd();
  }, [last, customers.length, onEnd]);
  const toggle = (id: string) => onChoose((latest) => toggled(latest, id));
  return (
    <div
      role="table"
      className={css.table}
      aria-label={t("customers.title")}
      // how many there are in all is not known before the last of them has come
      aria-rowcount={hasMore ? -1 : customers.length + 1}
    >
      <div role="rowgroup">
        <Head />
      </div>
      <div
        ref={body}
        role="rowgroup"
        className={css.body}
        style={{ height: rows.getTotalSize() }}
        // between two rows it is kept, or the row that a key goes to would be gone before
        onBlur={({ currentTarget, relatedTarget }) => {
          if (!currentTarget.contains(relatedTarget)) setFocused(null);
        }}
      >
        {items.map((item) => {
          const customer = customers[item.index];
          if (!customer) return null;
          return (
            <div
              key={item.key}
              ref={rows.measureElement}
              role="row"
              data-index={item.index}
              aria-rowindex={item.index + 2}
              onFocus={() => setFocused(item.index)}
              className={css.place}
              style={{ transform: `translateY(${item.start - rows.options.scrollMargin}px)` }}
            >
              <Row
                customer={customer}
                isChosen={chosen.has(customer.id)}
                onToggle={() => toggle(customer.id)}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function useRowsInSight(
  body: RefObject<HTMLDivElement | null>,
  customers: readonly Customer[],
  focused: number | null,
  before: Place | null,
) {
  const [top, setTop] = useState(before?.topPx ?? 0);
  // what stands above the rows may grow; measured whenever the list is drawn
  useLayoutEffect(() => setTop(topOf(body)));
  // asked once a drawing and not once a row, and the same function while the rows are the same:
  // another one makes the list measure all ten thousand anew
  const rowPx = matchMedia(WIDE).matches ? LINE_PX : CARD_PX;
  const getItemKey = useCallback((index: number) => customers[index]?.id ?? index, [customers]);
  return useWindowVirtualizer({
    count: customers.length,
    estimateSize: () => rowPx,
    overscan: ROWS_AHEAD,
    scrollMargin: top,
    getItemKey,
    ...(before && { initialOffset: before.scrolledPx, initialMeasurementsCache: before.sizes }),
    // the row that has the focus stays, however far one scrolls
    rangeExtractor: (range) => withFocused(defaultRangeExtractor(range), focused, range.count),
  });
}

/** With the row that has the focus, and those that a key goes to from it. */
function withFocused(inSight: number[], focused: number | null, count: number): number[] {
  if (focused === null) return inSight;
  const kept = [focused - 1, focused, focused + 1].filter((row) => row >= 0 && row < count);
  return [...new Set([...inSight, ...kept])].sort((a, b) => a - b);
}

function indexOf(customers: readonly Customer[], id: unknown): number | null {
  const index = customers.findIndex((customer) => customer.id === id);
  return index < 0 ? null : index;
}

function toggled(chosen: Choice, id: string): Choice {
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return next;
}

function Head() {
  return (
    <div role="row" aria-rowindex={1} className={css.head}>
      <span role="columnheader">
        <span className="visually-hidden">{t("customers.columns.choose")}</span>
      </span>
      <span role="columnheader">{t("customers.columns.customer")}</span>
      <span role="columnheader">{t("customers.columns.risk")}</span>
      <span role="columnheader">{t("customers.columns.reason")}</span>
      <span role="columnheader" className={css.number}>
        {t("customers.columns.value")}
      </span>
      <span role="columnheader" className={css.number}>
        {t("customers.columns.lastVisit")}
      </span>
      <span role="columnheader" className={css.segment}>
        {t("customers.columns.segment")}
      </span>
    </div>
  );
}

interface RowProps {
  customer: Customer;
  isChosen: boolean;
  onToggle: () => void;
}

/** Drawn anew only when the customer or its choice changes: `onToggle` is new each time. */
const Row = memo(
  function Row({ customer, isChosen, onToggle }: RowProps) {
    const { shop, formats } = useShop();
    const { score } = customer;
    const worth = score?.revenue_at_risk_minor;
    const name = nameOf(customer);
    return (
      <div className={css.row}>
        <span role="cell" className={css.choose}>
          <label>
            <input
              type="checkbox"
              aria-label={t("customers.choose", { name })}
              checked={isChosen}
              onChange={onToggle}
            />
          </label>
        </span>
        <span role="cell" className={css.customer}>
          <Link to={shopPath(shop.slug, `customers/${customer.id}`)} state={FROM_LIST}>
            {name}
          </Link>
        </span>
        <span role="cell" className={css.riskCell}>
          <RiskBadge risk={score?.risk} />
        </span>
        <span role="cell" className={css.reason}>
          {score?.reasons[0] && driverText(score.reasons[0], formats)}
          {score && score.churn_probability !== null && (
            <span className={css.chance}>
              {t("customers.churn", {
                share: formats.percent(score.churn_probability),
                days: formats.days(score.horizon_days),
              })}
            </span>
          )}
        </span>
        <span role="cell" className={`${css.value} ${css.number}`}>
          {worth == null ? "–" : formats.wholeMoney(worth)}
          <span className={css.soft}>{t("customers.columns.value")}</span>
        </span>
        <span role="cell" className={`${css.visit} ${css.number}`}>
          {customer.last_purchase_at
            ? formats.date(customer.last_purchase_at)
            : t("customers.never")}
        </span>
        <span role="cell" className={css.segment}>
          {score && segmentName(score.segment)}
        </span>
      </div>
    );
  },
  (before, after) => before.customer === after.customer && before.isChosen === after.isChosen,
);
