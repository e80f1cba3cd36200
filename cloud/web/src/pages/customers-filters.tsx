/** What narrows and orders the list of customers. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { getScores } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import { SelectField, TextField } from "../components/field";
import { Icon } from "../components/icon";
import { t } from "../i18n/i18n";
import { type Filter, RISKS, readFilter, SORTS, type Sort } from "../lib/customer-filter";
import { segmentName, TIERS, tierName } from "../lib/server-words";
import { useDebounced } from "../lib/use-debounced";
import { useShop } from "../session/shop";
import css from "./customers.module.css";

const SEARCH_REST_MS = 300;

interface FiltersProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

const USUAL = readFilter(new URLSearchParams());

/** On a phone the rarer ones wait behind a button; what they do to the list stays in sight. */
export function Filters({ filter, onChange }: FiltersProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <search className={css.filters}>
      <SearchField filter={filter} onChange={onChange} />
      <button
        type="button"
        className={css.more}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="filter" size={18} />
        {t("customers.filters")}
      </button>
      <RiskChoice filter={filter} onChange={onChange} />
      <div id={id} className={`${css.panel} ${isOpen ? css.open : ""}`}>
        <SegmentField filter={filter} onChange={onChange} />
        <TierField filter={filter} onChange={onChange} />
        <SortField filter={filter} onChange={onChange} />
        <label className={css.reachable}>
          <input
            type="checkbox"
            checked={filter.isReachable}
            onChange={(event) => onChange({ ...filter, isReachable: event.target.checked })}
          />
          {t("customers.reachable")}
        </label>
      </div>
      {!isOpen && <ActiveFilters filter={filter} onChange={onChange} />}
    </search>
  );
}

/** What is narrowed behind the button, each taken away by a tap. */
function ActiveFilters({ filter, onChange }: FiltersProps) {
  const active = activeOf(filter);
  if (active.length === 0) return null;
  return (
    <ul className={css.active} aria-label={t("customers.active")}>
      {active.map(({ name, text }) => (
        <li key={name}>
          <button
            type="button"
            className={css.chip}
            aria-label={t("customers.removeFilter", { filter: text })}
            onClick={() => onChange({ ...filter, [name]: USUAL[name] })}
          >
            {text} <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function activeOf({ segment, tier, isReachable, sort }: Filter) {
  const all: { name: keyof Filter; text: string | null }[] = [
    { name: "segment", text: segment && segmentName(segment) },
    { name: "tier", text: tier && tierName(tier) },
    { name: "isReachable", text: isReachable ? t("customers.reachable") : null },
    {
      name: "sort",
      text: sort === USUAL.sort ? null : `${t("customers.sort")}: ${t(`customers.sorts.${sort}`)}`,
    },
  ];
  return all.filter((one): one is { name: keyof Filter; text: string } => one.text !== null);
}

function TierField({ filter, onChange }: FiltersProps) {
  return (
    <SelectField
      label={t("customer.tier")}
      value={filter.tier ?? ""}
      onChange={(event) => onChange({ ...filter, tier: event.target.value || null })}
    >
      <option value="">{t("customers.allSegments")}</option>
      {TIERS.map((tier) => (
        <option key={tier} value={tier}>
          {tierName(tier)}
        </option>
      ))}
    </SelectField>
  );
}

function SortField({ filter, onChange }: FiltersProps) {
  return (
    <SelectField
      label={t("customers.sort")}
      value={filter.sort}
      onChange={(event) => onChange({ ...filter, sort: event.target.value as Sort })}
    >
      {SORTS.map((sort) => (
        <option key={sort} value={sort}>
          {t(`customers.sorts.${sort}`)}
        </option>
      ))}
    </SelectField>
  );
}

function SearchField({ filter, onChange }: FiltersProps) {
  const { typed, setTyped } = useSearchText(filter.search, (search) =>
    onChange({ ...filter, search }),
  );
  return (
    <TextField
      label={t("customers.search")}
      isLabelHidden
      type="search"
      placeholder={t("customers.search")}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}

/** What is typed goes into the address once it has rested; what the address says is shown. */
function useSearchText(inAddress: string, onRested: (text: string) => void) {
  const [typed, setTyped] = useState(inAddress);
  const rested = useDebounced(typed, SEARCH_REST_MS).trim();
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed asks anew
  useEffect(() => {
    if (rested !== inAddress) onRested(rested);
  }, [rested]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another address changes the text
  useEffect(() => {
    if (rested !== inAddress) setTyped(inAddress);
  }, [inAddress]);
  return { typed, setTyped };
}

/** The segments that the models found, with how many are in each. */
function SegmentField({ filter, onChange }: FiltersProps) {
  const { shop, formats } = useShop();
  const scores = useQuery({
    queryKey: queryKeys.scores(shop.id),
    queryFn: () => getScores(shop.id),
  });
  const found = scores.data?.bands.segment ?? {};
  // a filter from an old address stays visible, also when nobody is in that segment now
  const counts = filter.segment ? { [filter.segment]: 0, ...found } : found;
  return (
    <SelectField
      label={t("customers.segment")}
      value={filter.segment ?? ""}
      onChange={(event) => onChange({ ...filter, segment: event.target.value || null })}
    >
      <option value="">{t("customers.allSegments")}</option>
      {Object.entries(counts).map(([segment, count]) => (
        <option key={segment} value={segment}>
          {t("customers.segmentOption", {
            segment: segmentName(segment),
            customers: formats.number(count),
          })}
        </option>
      ))}
    </SelectField>
  );
}

function RiskChoice({ filter, onChange }: FiltersProps) {
  return (
    <fieldset className={css.risks}>
      <legend>{t("risk.label")}</legend>
      {[null, ...RISKS].map((risk) => (
        <label key={risk} className={css.risk}>
          <input
            type="radio"
            name="risk"
            checked={filter.risk === risk}
            onChange={() => onChange({ ...filter, risk })}
          />
          <span>{t(`customers.risks.${risk ?? "all"}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}
