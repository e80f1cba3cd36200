import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { getScores, listCustomers } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import { Button, ButtonLink } from "../components/button";
import { SelectField, TextField } from "../components/field";
import { Page } from "../components/page";
import { Empty, Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import {
  type Filter,
  isNarrowed,
  RISKS,
  readFilter,
  SORTS,
  type Sort,
  writeFilter,
} from "../lib/customer-filter";
import { segmentName, TIERS, tierName } from "../lib/server-words";
import { useDebounced } from "../lib/use-debounced";
import { shopPath, useShop } from "../session/shop";
import css from "./customers.module.css";
import { Chosen } from "./customers-chosen";
import { KnownTwice } from "./customers-known-twice";
import { NewCustomer } from "./customers-new";
import { CustomerTable } from "./customers-table";

const SEARCH_REST_MS = 300;
const PAGE_SIZE = 200;

export function Customers() {
  const { shop } = useShop();
  const { filter, setFilter } = useFilter();
  const asked = {
    search: filter.search || null,
    risk: filter.risk,
    segment: filter.segment,
    tier: filter.tier,
    is_reachable: filter.isReachable || null,
    sort: filter.sort,
    limit: PAGE_SIZE,
  };
  const pages = useInfiniteQuery({
    queryKey: queryKeys.customers(shop.id, asked),
    queryFn: ({ pageParam }) => listCustomers(shop.id, { ...asked, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: (before) => before,
  });
  const customers = useMemo(
    () => pages.data?.pages.flatMap((page) => page.items) ?? [],
    [pages.data],
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = pages;
  const showMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  const loadAll = async () => {
    let found = await fetchNextPage();
    while (found.hasNextPage && !found.isError) found = await found.fetchNextPage();
    return found.data?.pages.flatMap((page) => page.items) ?? [];
  };
  return (
    <Page title={t("customers.title")}>
      <KnownTwice />
      <NewCustomer />
      <Filters filter={filter} onChange={setFilter} />
      {pages.isPending && <Loading />}
      {pages.isError && !pages.data && (
        <Failed error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      <p className={css.count} role="status">
        {pages.data &&
          t(hasNextPage ? "customers.shownSoFar" : "customers.shown", { count: customers.length })}
      </p>
      {pages.data && customers.length === 0 && (
        <Nobody filter={filter} onReset={() => setFilter(readFilter(new URLSearchParams()))} />
      )}
      {customers.length > 0 && (
        <div className={css.list}>
          <Chosen
            {...{ customers, chosen }}
            onChange={setChosen}
            loadAll={hasNextPage ? loadAll : null}
          />
          <CustomerTable
            {...{ customers, chosen }}
            onChoose={setChosen}
            hasMore={hasNextPage}
            onEnd={showMore}
          />
          <FormError error={pages.isFetchNextPageError ? pages.error : null} />
        </div>
      )}
    </Page>
  );
}

/** The filter lives in the address, so that going back brings it back. */
function useFilter() {
  const [address, setAddress] = useSearchParams();
  const filter = readFilter(address);
  const setFilter = (next: Filter) => setAddress(writeFilter(next), { replace: true });
  return { filter, setFilter };
}

interface FiltersProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

function Filters({ filter, onChange }: FiltersProps) {
  return (
    <search className={css.filters}>
      <SearchField filter={filter} onChange={onChange} />
      <SegmentField filter={filter} onChange={onChange} />
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
      <RiskChoice filter={filter} onChange={onChange} />
      <label className={css.reachable}>
        <input
          type="checkbox"
          checked={filter.isReachable}
          onChange={(event) => onChange({ ...filter, isReachable: event.target.checked })}
        />
        {t("customers.reachable")}
      </label>
    </search>
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

function Nobody({ filter, onReset }: { filter: Filter; onReset: () => void }) {
  const { shop } = useShop();
  if (isNarrowed(filter)) {
    return (
      <Empty title={t("customers.noneFound.title")} text={t("customers.noneFound.text")}>
        <Button look="quiet" onClick={onReset}>
          {t("customers.noneFound.action")}
        </Button>
      </Empty>
    );
  }
  return (
    <Empty title={t("customers.empty.title")} text={t("customers.empty.text")}>
      <ButtonLink to={shopPath(shop.slug, "import")}>{t("customers.empty.action")}</ButtonLink>
    </Empty>
  );
}
