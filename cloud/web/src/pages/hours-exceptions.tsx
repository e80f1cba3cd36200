/** Days with hours of their own: holidays, a closed Saturday, a long Thursday. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { listExceptions, removeException, setException } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { NewException, OpeningException } from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { TextField } from "../components/field";
import { Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { dateIn } from "../lib/shop-clock";
import { useShop } from "../session/shop";
import css from "./shop.module.css";

export function Exceptions() {
  const { shop } = useShop();
  const days = useQuery({
    queryKey: queryKeys.exceptions(shop.id),
    queryFn: () => listExceptions(shop.id),
  });
  return (
    <Card title={t("exceptions.title")}>
      {days.isPending && <Loading />}
      {days.isError && !days.data && (
        <Failed error={days.error} onRetry={() => void days.refetch()} />
      )}
      {days.data?.items.length === 0 && <p className={css.nothing}>{t("exceptions.none")}</p>}
      <ul>
        {days.data?.items.map((day) => (
          <ExceptionItem key={day.date} day={day} />
        ))}
      </ul>
      {shop.role === "owner" && <ExceptionForm />}
    </Card>
  );
}

function ExceptionItem({ day }: { day: OpeningException }) {
  const { shop, formats } = useShop();
  const mutation = useChange(() => removeException(shop.id, day.date));
  const date = formats.longDate(`${day.date}T12:00:00Z`);
  return (
    <li className={css.entry}>
      <span>
        <strong>{date}</strong>: {day.hours ?? t("live.closed")}
        {day.note && <span className={css.soft}>{day.note}</span>}
      </span>
      {shop.role === "owner" && (
        <Button
          look="quiet"
          aria-label={t("exceptions.removeOf", { date })}
          disabled={mutation.isPending}
          onClick={() => mutation.mutate(undefined)}
        >
          {t("hours.remove")}
        </Button>
      )}
      <FormError error={mutation.error} />
    </li>
  );
}

function ExceptionForm() {
  const { shop } = useShop();
  const form = useRef<HTMLFormElement>(null);
  const [isClosed, setClosed] = useState(true);
  const mutation = useChange((day: NewException) => setException(shop.id, day));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const names = ["date", "from", "to", "note"] as const;
    const { date, from, to, note } = textsOf(event.currentTarget, names);
    const hours = isClosed ? null : `${from}-${to}`;
    mutation.mutate(
      { date, hours, note: note || null },
      { onSuccess: () => form.current?.reset() },
    );
  };
  return (
    <form ref={form} className={css.form} onSubmit={submit} aria-label={t("exceptions.add")}>
      <TextField
        label={t("insights.date")}
        name="date"
        type="date"
        min={dateIn(shop.time_zone, new Date())}
        required
      />
      <label className={css.check}>
        <input
          type="checkbox"
          checked={isClosed}
          onChange={(event) => setClosed(event.target.checked)}
        />
        {t("exceptions.closed")}
      </label>
      {!isClosed && (
        <div className={css.span}>
          <input type="time" name="from" required aria-label={t("exceptions.from")} /> –
          <input type="time" name="to" required aria-label={t("exceptions.to")} />
        </div>
      )}
      <TextField
        label={t("exceptions.note")}
        hint={t("exceptions.noteHint")}
        name="note"
        maxLength={100}
      />
      <FormError error={mutation.error} />
      <div>
        <Button type="submit" look="quiet" disabled={mutation.isPending}>
          {t("exceptions.add")}
        </Button>
      </div>
    </form>
  );
}

function useChange<Change>(send: (change: Change) => Promise<unknown>) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.exceptions(shop.id) }),
  });
}
