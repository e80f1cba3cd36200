/** Customers whom the shop may know twice, side by side: merged, or called two people, in one tap. */

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import {
  keepApart,
  listDuplicates,
  listMerges,
  mergeCustomers,
  suggestAgain,
  undoMerge,
} from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Duplicate, Look, Merge } from "../api/types";
import { BackLink } from "../components/back-link";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Page } from "../components/page";
import { ShowMore } from "../components/show-more";
import { Empty, Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { nameOf } from "../lib/customers";
import type { Formats } from "../lib/formats";
import { shopPath, useShop } from "../session/shop";
import css from "./duplicates.module.css";

/** A pair that was decided here keeps its place, so that the undo is where the thumb is. */
interface Done {
  id: string;
  place: number;
  text: string;
  /** Whom the undo is about. */
  name: string;
  undo: () => Promise<unknown>;
}

export function Duplicates() {
  const { shop } = useShop();
  return (
    <>
      <BackLink to={shopPath(shop.slug, "customers")}>{t("customer.back")}</BackLink>
      <Page title={t("duplicates.title")} lead={t("duplicates.lead")}>
        <Pairs />
      </Page>
    </>
  );
}

function Pairs() {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  const refresh = useRefresh();
  const [done, setDone] = useState<readonly Done[]>([]);
  const duplicates = useQuery({
    queryKey: queryKeys.duplicates(shop.id),
    queryFn: () => listDuplicates(shop.id),
  });
  if (duplicates.isPending) return <Loading />;
  if (!duplicates.data) {
    return <Failed error={duplicates.error} onRetry={() => void duplicates.refetch()} />;
  }
  const pairs = duplicates.data.items;
  const shown = done.reduce<readonly (Duplicate | Done)[]>(
    (list, one) => list.toSpliced(one.place, 0, one),
    pairs,
  );
  // at once: the answer of the server takes its time
  const forget = (isGone: (pair: Duplicate) => boolean) =>
    queryClient.setQueryData<typeof duplicates.data>(
      queryKeys.duplicates(shop.id),
      (known) => known && { ...known, items: known.items.filter((pair) => !isGone(pair)) },
    );
  const decided = (one: Done, isGone: (pair: Duplicate) => boolean) => {
    // from the first place to the last: each counts the pairs above it
    setDone([...done, one].sort((a, b) => a.place - b.place));
    forget(isGone);
    refresh();
  };
  const undone = (id: string) => {
    setDone(done.filter((one) => one.id !== id));
    refresh();
  };
  return (
    <>
      {shown.length === 0 && (
        <Empty title={t("duplicates.none.title")} text={t("duplicates.none.text")} />
      )}
      {shown.length > 0 && <p className={css.what}>{t("duplicates.what")}</p>}
      <ul className={css.pairs}>
        {shown.map((one, place) =>
          "undo" in one ? (
            <li key={one.id} className={css.done}>
              <p role="status">{one.text}</p>
              <Undo undo={one.undo} name={one.name} onUndone={() => undone(one.id)} />
            </li>
          ) : (
            <Pair
              key={one.customers.map(({ id }) => id).join()}
              pair={one}
              onMerged={(survivor, merge) => {
                const name = nameOf(survivor);
                const text = t("duplicates.merged", { name });
                const undo = () => undoMerge(shop.id, merge.id);
                decided({ id: merge.id, place, text, name, undo }, (pair) =>
                  pair.customers.some(({ id }) => id === merge.duplicate_id),
                );
              }}
              onKeptApart={(first, second) => {
                const names = { first: nameOf(first), second: nameOf(second) };
                const text = t("duplicates.keptApart", names);
                const undo = () => suggestAgain(shop.id, first.id, second.id);
                const id = `${first.id} ${second.id}`;
                decided({ id, place, text, name: names.first, undo }, ({ customers }) =>
                  customers.every(
                    (customer) => customer.id === first.id || customer.id === second.id,
                  ),
                );
              }}
            />
          ),
        )}
      </ul>
      <MergedBefore hidden={done.map(({ id }) => id)} onUndone={refresh} />
    </>
  );
}

/** Who is known, and all their lists, have changed. */
function useRefresh() {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  return () => {
    for (const queryKey of [
      queryKeys.duplicates(shop.id),
      queryKeys.merges(shop.id),
      [...queryKeys.shop(shop.id), "customers"],
      [...queryKeys.shop(shop.id), "customer"],
    ]) {
      void queryClient.invalidateQueries({ queryKey });
    }
  };
}

interface PairProps {
  pair: Duplicate;
  onMerged: (survivor: Look, merge: Merge) => void;
  onKeptApart: (first: Look, second: Look) => void;
}

function Pair({ pair, onMerged, onKeptApart }: PairProps) {
  const { shop, formats } = useShop();
  const group = useId();
  const [first, second] = pair.customers;
  const [chosenId, setChosenId] = useState(() => betterKnown(pair.customers)?.id);
  const survivor = pair.customers.find(({ id }) => id === chosenId);
  const duplicate = pair.customers.find(({ id }) => id !== chosenId);
  const mutation = useMutation({
    mutationFn: ({ stays, goes }: { stays: Look; goes: Look }) =>
      mergeCustomers(shop.id, stays.id, goes.id),
    onSuccess: (merge, { stays }) => onMerged(stays, merge),
  });
  const apart = useMutation({
    mutationFn: (two: readonly [Look, Look]) => keepApart(shop.id, two[0].id, two[1].id),
    onSuccess: (_, two) => onKeptApart(...two),
  });
  if (!first || !second || !survivor || !duplicate) return null;
  const merge = () => mutation.mutate({ stays: survivor, goes: duplicate });
  const rows = new Set(
    pair.customers.flatMap((one) =>
      factsOf(one, formats).flatMap(([field, value]) => (value === null ? [] : [field])),
    ),
  );
  const names = { first: nameOf(survivor), second: nameOf(duplicate) };
  return (
    <li className={css.pair}>
      <h2 className={css.reason}>
        {t(`duplicates.reasons.${pair.reason}`, { share: formats.percent(pair.similarity) })}
      </h2>
      <fieldset className={css.sides}>
        <legend>{t("duplicates.stays")}</legend>
        {[first, second].map((customer) => (
          <label
            key={customer.id}
            className={css.side}
            style={{ gridRow: `span ${rows.size + 1}` }}
          >
            <span className={css.choice}>
              <input
                type="radio"
                name={group}
                aria-label={t("duplicates.staysOf", { name: nameOf(customer) })}
                checked={customer.id === chosenId}
                onChange={() => setChosenId(customer.id)}
              />
              <strong>{nameOf(customer)}</strong>
            </span>
            {factsOf(customer, formats)
              .filter(([field]) => rows.has(field))
              .map(([field, value]) => (
                <span key={field} className={css.fact}>
                  <span className={css.field}>{t(`duplicates.fields.${field}`)}</span>
                  <span className={field === pair.reason ? css.speaking : undefined}>
                    {value ?? "–"}
                  </span>
                </span>
              ))}
          </label>
        ))}
      </fieldset>
      <FormError error={mutation.error ?? apart.error} />
      <div className={css.decisions}>
        <Button
          aria-label={t("duplicates.mergeOf", names)}
          disabled={mutation.isPending || apart.isPending}
          onClick={merge}
        >
          {t("duplicates.merge")}
        </Button>
        <Button
          look="quiet"
          aria-label={t("duplicates.apartOf", names)}
          disabled={mutation.isPending || apart.isPending}
          onClick={() => apart.mutate([survivor, duplicate])}
        >
          {t("duplicates.apart")}
        </Button>
      </div>
    </li>
  );
}

/** The one of more visits is most likely the one to keep; an account of their own is not shown. */
function betterKnown(customers: readonly Look[]): Look | undefined {
  return customers.toSorted((a, b) => b.visits - a.visits)[0];
}

/** What is known; null for what is not, and left out where neither has it. */
function factsOf(customer: Look, formats: Formats) {
  const { phone, email, reference, visits, spent_minor, last_visit_at } = customer;
  return [
    ["phone", phone],
    ["email", email],
    ["reference", reference],
    ["visits", formats.number(visits)],
    ["spent", formats.money(spent_minor)],
    ["last", last_visit_at ? formats.date(last_visit_at) : t("customers.never")],
  ] as const;
}

/** What was merged on other days; the list itself says nothing until there is something. */
function MergedBefore({ hidden, onUndone }: { hidden: readonly string[]; onUndone: () => void }) {
  const { shop, formats } = useShop();
  const pages = useInfiniteQuery({
    queryKey: queryKeys.merges(shop.id),
    queryFn: ({ pageParam }) => listMerges(shop.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  const standing = (pages.data?.pages ?? [])
    .flatMap((page) => page.items)
    .filter((merge) => merge.undone_at === null && !hidden.includes(merge.id));
  if (standing.length === 0) return null;
  return (
    <Card title={t("duplicates.before")}>
      <ul>
        {standing.map((merge) => {
          const name = merge.duplicate_name ?? t("customers.unnamed");
          return (
            <li key={merge.id} className={css.merged}>
              <span>
                {t("duplicates.gone", { name })}
                <span className={css.field}>{formats.dateTime(merge.created_at)}</span>
              </span>
              <Undo undo={() => undoMerge(shop.id, merge.id)} name={name} onUndone={onUndone} />
            </li>
          );
        })}
      </ul>
      <ShowMore pages={pages} />
    </Card>
  );
}

interface UndoProps {
  undo: () => Promise<unknown>;
  name: string;
  onUndone: () => void;
}

function Undo({ undo, name, onUndone }: UndoProps) {
  const mutation = useMutation({ mutationFn: undo, onSuccess: onUndone });
  return (
    <>
      <Button
        look="quiet"
        aria-label={t("duplicates.undoOf", { name })}
        disabled={mutation.isPending}
        onClick={() => mutation.mutate()}
      >
        {t("duplicates.undo")}
      </Button>
      <FormError error={mutation.error} />
    </>
  );
}
