import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { listCustomers } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import { Button, ButtonLink } from "../components/button";
import { Page } from "../components/page";
import { Empty, Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { type Filter, isNarrowed, readFilter, writeFilter } from "../lib/customer-filter";
import { shopPath, useShop } from "../session/shop";
import css from "./customers.module.css";
import { Chosen } from "./customers-chosen";
import { Filters } from "./customers-filters";
import { KnownTwice } from "./customers-known-twice";
import { NewCustomer } from "./customers-new";
import { CustomerTable } from "./customers-table";

const PAGE_SIZE = 200;
// who comes back from a customer after a talk with them finds the list as it was
const KEPT_MS = 3_600_000;

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
    gcTime: KEPT_MS,
  });
  const customers = useMemo(
    () => pages.data?.pages.flatMap((page) => page.items) ?? [],
    [pages.data],
  );
  const [isAdding, setAdding] = useState(false);
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
    <Page
      title={t("customers.title")}
      aside={
        shop.role !== "analyst" && (
          <Button look="plain" aria-expanded={isAdding} onClick={() => setAdding(!isAdding)}>
            {t("customers.add")}
          </Button>
        )
      }
    >
      {isAdding && <NewCustomer />}
      <div className={css.narrowing}>
        <Filters filter={filter} onChange={setFilter} />
        <div className={css.bar}>
          <p className={css.count} role="status">
            {pages.data &&
              t(hasNextPage ? "customers.shownSoFar" : "customers.shown", {
                count: customers.length,
              })}
          </p>
          {customers.length > 0 && (
            <Chosen
              {...{ customers, chosen }}
              onChange={setChosen}
              loadAll={hasNextPage ? loadAll : null}
            />
          )}
        </div>
        <KnownTwice />
      </div>
      {pages.isPending && <Loading />}
      {pages.isError && !pages.data && (
        <Failed error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.data && customers.length === 0 && (
        <Nobody filter={filter} onReset={() => setFilter(readFilter(new URLSearchParams()))} />
      )}
      {customers.length > 0 && (
        <div className={css.list}>
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
