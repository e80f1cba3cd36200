/** A day looked back on: who came by the hour, promise and door, sensors, and the count set right. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef } from "react";
import { useSearchParams } from "react-router";
import { correctCount, getDay, getFootfall, listSites } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { DayMoment, DayTimeline, KeptHours, Site } from "../api/types";
import { BackLink } from "../components/back-link";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { TextField } from "../components/field";
import { HourChart } from "../components/hour-chart";
import { Icon } from "../components/icon";
import { Page } from "../components/page";
import { Empty, Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { clockSpans } from "../lib/day-hours";
import { textsOf } from "../lib/form";
import type { Formats } from "../lib/formats";
import { momentText } from "../lib/moments";
import { dateIn, shiftDate } from "../lib/shop-clock";
import { shopPath, useShop } from "../session/shop";
import css from "./day.module.css";

export function DayPage() {
  const { shop, formats } = useShop();
  const [address, setAddress] = useSearchParams();
  const today = dateIn(shop.time_zone, new Date());
  const date = address.get("date") ?? today;
  const day = useQuery({
    queryKey: queryKeys.day(shop.id, date),
    queryFn: () => getDay(shop.id, date),
  });
  const go = (to: string) => setAddress(to === today ? {} : { date: to }, { replace: true });
  return (
    <>
      <BackLink to={shopPath(shop.slug)}>{t("today.title")}</BackLink>
      <Page title={date === today ? t("day.today") : formats.longDate(`${date}T12:00:00Z`)}>
        <DateChoice date={date} today={today} onChange={go} />
        <Footfall date={date} promised={day.data?.hours ?? []} />
        {day.isPending && <Loading />}
        {day.isError && !day.data && (
          <Failed error={day.error} onRetry={() => void day.refetch()} />
        )}
        {day.data && (
          <div className={css.columns}>
            <PromiseKept hours={day.data.hours} />
            <Moments day={day.data} />
          </div>
        )}
        {date === today && shop.role !== "analyst" && <Corrections />}
      </Page>
    </>
  );
}

interface DateChoiceProps {
  date: string;
  today: string;
  onChange: (date: string) => void;
}

function DateChoice({ date, today, onChange }: DateChoiceProps) {
  return (
    <div className={css.choice}>
      <Button
        look="quiet"
        aria-label={t("day.before")}
        onClick={() => onChange(shiftDate(date, -1))}
      >
        <Icon name="back" size={18} />
        <span className={css.word}>{t("day.before")}</span>
      </Button>
      <TextField
        label={t("insights.date")}
        isLabelHidden
        type="date"
        max={today}
        value={date}
        onChange={(event) => event.target.value && onChange(event.target.value)}
      />
      <Button
        look="quiet"
        aria-label={t("day.after")}
        disabled={date >= today}
        onClick={() => onChange(shiftDate(date, 1))}
      >
        <span className={css.word}>{t("day.after")}</span>
        <Icon name="next" size={18} />
      </Button>
    </div>
  );
}

function Footfall({ date, promised }: { date: string; promised: readonly KeptHours[] }) {
  const { shop } = useShop();
  const footfall = useQuery({
    queryKey: queryKeys.footfall(shop.id, date),
    queryFn: () => getFootfall(shop.id, date),
  });
  return (
    <Card title={t("hourChart.title")}>
      {footfall.isPending && <Loading />}
      {footfall.isError && !footfall.data && (
        <Failed error={footfall.error} onRetry={() => void footfall.refetch()} />
      )}
      {footfall.data && (
        <HourChart hours={footfall.data.hours} promised={clockSpans(promised, shop.time_zone)} />
      )}
    </Card>
  );
}

function PromiseKept({ hours }: { hours: readonly KeptHours[] }) {
  const { formats } = useShop();
  return (
    <Card title={t("day.promise")}>
      {hours.length === 0 && <p className={css.soft}>{t("day.noPromise")}</p>}
      <ul>
        {hours.map((one) => (
          <li key={one.promised_from} className={css.moment}>
            <span className={css.time}>
              {formats.time(one.promised_from)}–{formats.time(one.promised_to)}
            </span>
            <span>{keptText(one, formats)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function keptText(one: KeptHours, formats: Formats): string {
  if (!one.is_known) return t("day.notKnown");
  if (one.opened_at === null) return t("day.notOpened");
  const opened = t("day.opened", { time: formats.time(one.opened_at) });
  const late =
    one.minutes_late > 0 && t("day.late", { minutes: formats.minutes(one.minutes_late) });
  const closed = one.closed_at && t("day.closed", { time: formats.time(one.closed_at) });
  const early =
    one.minutes_early > 0 && t("day.early", { minutes: formats.minutes(one.minutes_early) });
  const kept = !late && !early && t("day.kept");
  return [opened, late, closed, early, kept].filter(Boolean).join(" · ");
}

function Moments({ day }: { day: DayTimeline }) {
  const { formats } = useShop();
  return (
    <Card title={t("day.moments")}>
      {day.moments.length === 0 && <Empty title={t("day.quiet")} text={t("day.quietText")} />}
      <ol className={css.moments}>
        {day.moments.toReversed().map((moment, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: moments have no names but their places
          <li key={`${moment.at}-${place}`} className={css.moment}>
            <span className={css.time}>{formats.time(moment.at)}</span>
            <span>
              {momentText(moment, formats)}
              <MomentNote moment={moment} />
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** A time that was guessed must not look like one that was measured. */
function MomentNote({ moment }: { moment: DayMoment }) {
  const notes = [
    moment.text,
    moment.is_exact === false && t("day.inexact"),
    moment.is_late === true && t("day.cameLate"),
  ].filter(Boolean);
  return notes.length > 0 ? <span className={css.note}>{notes.join(" · ")}</span> : null;
}

function Corrections() {
  const { shop } = useShop();
  const sites = useQuery({
    queryKey: queryKeys.sites(shop.id),
    queryFn: () => listSites(shop.id),
  });
  return (
    <Card title={t("day.correct")}>
      <p className={css.soft}>{t("day.correctLead")}</p>
      {sites.isPending && <Loading />}
      {sites.isError && !sites.data && (
        <Failed error={sites.error} onRetry={() => void sites.refetch()} />
      )}
      {sites.data?.items.map((site) => (
        <CorrectionForm key={site.id} site={site} />
      ))}
    </Card>
  );
}

function CorrectionForm({ site }: { site: Site }) {
  const { shop, formats } = useShop();
  const queryClient = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const mutation = useMutation({
    mutationFn: (said: { inside: number; reason: string | null }) =>
      correctCount(shop.id, site.id, said),
    onSuccess: () => {
      form.current?.reset();
      void queryClient.invalidateQueries({ queryKey: ["shop", shop.id, "day"] });
      void queryClient.invalidateQueries({ queryKey: queryKeys.live(shop.id) });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { inside, reason } = textsOf(event.currentTarget, ["inside", "reason"]);
    mutation.mutate({ inside: Number(inside), reason: reason || null });
  };
  return (
    <form ref={form} className={css.form} onSubmit={submit}>
      <TextField
        label={t("day.insideBy", { site: site.name })}
        name="inside"
        type="number"
        inputMode="numeric"
        min={0}
        max={100000}
        required
      />
      <TextField label={t("day.reason")} name="reason" maxLength={200} />
      <Button type="submit" look="quiet" disabled={mutation.isPending}>
        {t("day.setRight")}
      </Button>
      <FormError error={mutation.error} meanings={{ 404: t("day.nothingCounted") }} />
      <p role="status" className={css.soft}>
        {mutation.data &&
          t("day.corrected", {
            counted: formats.number(mutation.data.counted),
            inside: formats.number(mutation.data.inside),
          })}
      </p>
    </form>
  );
}
