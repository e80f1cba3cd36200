/** Opening hours: three ways to begin, then day by day; kept as an OSM string. */

import { type FormEvent, useState } from "react";
import type { Shop } from "../api/types";
import { BackLink } from "../components/back-link";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { TextField } from "../components/field";
import { Page } from "../components/page";
import { Failed, FormError, Loading, Notice } from "../components/states";
import { locale, t } from "../i18n/i18n";
import { DAYS, type Day, PRESETS, readWeek, type Span, type Week, writeWeek } from "../lib/hours";
import { useProfile, useProfileChange } from "../lib/use-shop-profile";
import { dayNames } from "../lib/weekdays";
import { shopPath, useShop } from "../session/shop";
import { Exceptions } from "./hours-exceptions";
import css from "./shop.module.css";

const FIRST_SPAN: Span = { from: "09:00", to: "18:00" };
const NEXT_SPAN: Span = { from: "", to: "" };

export function Hours() {
  const { shop } = useShop();
  const profile = useProfile();
  return (
    <>
      <BackLink to={shopPath(shop.slug, "shop")}>{t("shop.title")}</BackLink>
      <Page title={t("shop.places.hours.name")} lead={t("hours.lead")}>
        {profile.isPending && <Loading />}
        {profile.isError && !profile.data && (
          <Failed error={profile.error} onRetry={() => void profile.refetch()} />
        )}
        {profile.data && <HoursForm profile={profile.data} />}
        <Exceptions />
      </Page>
    </>
  );
}

function HoursForm({ profile }: { profile: Shop }) {
  const change = useProfileChange();
  const [hours, setHours] = useState(() => hoursOf(profile.opening_hours ?? ""));
  const isWritten = typeof hours === "string";
  const text = isWritten ? hours : writeWeek(hours);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate({ opening_hours: text.trim() || null });
  };
  return (
    <form className={css.stack} onSubmit={submit}>
      <Presets onChoose={(preset) => setHours(hoursOf(preset))} />
      {isWritten ? (
        <Card title={t("hours.written")}>
          <Notice tone="info">{t("hours.special")}</Notice>
          <TextField
            label={t("hours.written")}
            isLabelHidden
            value={text}
            onChange={(event) => setHours(event.target.value)}
          />
        </Card>
      ) : (
        <WeekEditor week={hours} onChange={setHours} />
      )}
      <FormError error={change.error} />
      <div>
        <Button type="submit" disabled={change.isPending}>
          {t("app.save")}
        </Button>
      </div>
      <p role="status" className={css.saved}>
        {change.isSuccess && change.data.opening_hours === (text.trim() || null) && t("app.saved")}
      </p>
    </form>
  );
}

/** A week for the planner, in which times may still be missing; or what says more, as written. */
function hoursOf(text: string): Week | string {
  return readWeek(text) ?? text;
}

function Presets({ onChoose }: { onChoose: (text: string) => void }) {
  return (
    <div className={css.presets} role="group" aria-label={t("hours.presets")}>
      {(Object.keys(PRESETS) as (keyof typeof PRESETS)[]).map((name) => (
        <Button key={name} look="quiet" onClick={() => onChoose(PRESETS[name])}>
          {t(`hours.preset.${name}`)}
        </Button>
      ))}
    </div>
  );
}

interface WeekEditorProps {
  week: Week;
  onChange: (week: Week) => void;
}

function WeekEditor({ week, onChange }: WeekEditorProps) {
  const names = dayNames(locale());
  return (
    <Card title={t("hours.week")}>
      {DAYS.map((day, place) => (
        <DayEditor
          key={day}
          day={day}
          name={names[place] ?? day}
          spans={week[day]}
          onChange={(spans) => onChange({ ...week, [day]: spans })}
        />
      ))}
    </Card>
  );
}

interface DayEditorProps {
  day: Day;
  name: string;
  spans: readonly Span[];
  onChange: (spans: readonly Span[]) => void;
}

function DayEditor({ day, name, spans, onChange }: DayEditorProps) {
  const change = (place: number, span: Span) =>
    onChange(spans.map((old, index) => (index === place ? span : old)));
  return (
    <div className={css.day} role="group" aria-label={name}>
      <strong>{name}</strong>
      <div className={css.spans}>
        {spans.length === 0 && <span className={css.soft}>{t("live.closed")}</span>}
        {spans.map((span, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: spans have no names but their places
          <div key={`${day}-${place}`} className={css.span}>
            <input
              type="time"
              required
              aria-label={t("hours.from", { day: name })}
              value={span.from}
              onChange={(event) => change(place, { ...span, from: event.target.value })}
            />
            –
            <input
              type="time"
              required
              aria-label={t("hours.to", { day: name })}
              value={span.to}
              onChange={(event) => change(place, { ...span, to: event.target.value })}
            />
            <Button
              look="plain"
              aria-label={t("hours.removeOf", { day: name })}
              onClick={() => onChange(spans.filter((_, index) => index !== place))}
            >
              {t("hours.remove")}
            </Button>
          </div>
        ))}
        <div>
          <Button
            look="plain"
            aria-label={t("hours.addTo", { day: name })}
            onClick={() => onChange([...spans, spans.length === 0 ? FIRST_SPAN : NEXT_SPAN])}
          >
            {t("hours.add")}
          </Button>
        </div>
      </div>
    </div>
  );
}
