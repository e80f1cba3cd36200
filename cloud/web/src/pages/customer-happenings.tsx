/** Everything that happened with a customer, the newest first, and notes to remember more. */

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef } from "react";
import { addNote, listHappenings, removeNote } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Customer, Happening } from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Confirm } from "../components/confirm";
import { TextField } from "../components/field";
import { ShowMore } from "../components/show-more";
import { Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { happeningText } from "../lib/happenings";
import { useFirst } from "../lib/use-first";
import { useShop } from "../session/shop";
import css from "./customer.module.css";

const FIRST = 5;

export function Happenings({ customer }: { customer: Customer }) {
  const { shop } = useShop();
  const pages = useInfiniteQuery({
    queryKey: queryKeys.happenings(shop.id, customer.id),
    queryFn: ({ pageParam }) => listHappenings(shop.id, customer.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  // a visit is a day with purchases, and those stand here themselves
  const happenings = (pages.data?.pages.flatMap((page) => page.items) ?? []).filter(
    ({ kind }) => kind !== "visit",
  );
  const { shown, hasMore, showWhole } = useFirst(happenings, FIRST);
  return (
    <Card title={t("happenings.title")}>
      <NoteForm customer={customer} />
      {pages.isPending && <Loading />}
      {pages.isError && !pages.data && (
        <Failed error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.data && happenings.length === 0 && (
        <p className={css.soft}>{t("happenings.nothing")}</p>
      )}
      <ol className={css.purchases} aria-label={t("happenings.title")}>
        {shown.map((happening) => (
          <HappeningItem
            key={`${happening.kind}-${happening.id}`}
            customer={customer}
            happening={happening}
          />
        ))}
      </ol>
      {hasMore ? (
        <Button look="quiet" onClick={showWhole}>
          {t("app.showMore")}
        </Button>
      ) : (
        <ShowMore pages={pages} />
      )}
    </Card>
  );
}

function NoteForm({ customer }: { customer: Customer }) {
  const { shop } = useShop();
  const form = useRef<HTMLFormElement>(null);
  const fresh = useFreshCustomer(customer);
  const mutation = useMutation({
    mutationFn: (text: string) => addNote(shop.id, customer.id, text),
    onSuccess: () => {
      form.current?.reset();
      fresh();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutation.mutate(textsOf(event.currentTarget, ["text"]).text);
  };
  return (
    <form ref={form} className={css.inline} onSubmit={submit}>
      <TextField
        label={t("happenings.note")}
        hint={t("happenings.noteHint")}
        name="text"
        maxLength={1000}
        required
      />
      <FormError error={mutation.error} />
      <Button type="submit" look="quiet" disabled={mutation.isPending}>
        {t("happenings.add")}
      </Button>
    </form>
  );
}

interface HappeningItemProps {
  customer: Customer;
  happening: Happening;
}

function HappeningItem({ customer, happening }: HappeningItemProps) {
  const { shop, formats } = useShop();
  const fresh = useFreshCustomer(customer);
  const mutation = useMutation({
    mutationFn: () => removeNote(shop.id, customer.id, happening.id),
    onSuccess: fresh,
  });
  return (
    <li className={css.happening}>
      <span className={css.lines}>{formats.dateTime(happening.at)}</span>
      <span>{happeningText(happening, formats)}</span>
      {happening.kind === "note" && (
        <Confirm
          label={t("hours.remove")}
          name={t("happenings.removeNote")}
          question={t("happenings.removeQuestion")}
          isPending={mutation.isPending}
          onConfirm={() => mutation.mutate()}
        />
      )}
      <FormError error={mutation.error} />
    </li>
  );
}

function useFreshCustomer(customer: Customer): () => void {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  return () =>
    void queryClient.invalidateQueries({ queryKey: queryKeys.happenings(shop.id, customer.id) });
}
