/** Open or closed, since when and by what source; how many people are inside. */

import type { KeptHours, Live } from "../api/types";
import { t } from "../i18n/i18n";
import type { Formats } from "../lib/formats";
import { useNow } from "../lib/use-now";
import { useLive } from "../session/live";
import { useShop } from "../session/shop";
import { Icon } from "./icon";
import css from "./live-strip.module.css";
import { OwnersWord } from "./owners-word";
import { Failed, Loading } from "./states";

const CLOCK_MS = 20_000;

export function LiveStrip({ promised }: { promised: readonly KeptHours[] | undefined }) {
  const { live, error, isConnected, lastSeenAt, retry } = useLive();
  const { formats } = useShop();
  if (!live) return error ? <Failed error={error} onRetry={retry} /> : <Loading />;
  return (
    <section className={css.strip} aria-label={t("live.title")}>
      <div role="status">
        <div className={css.facts}>
          <Sign live={live} />
          <Inside live={live} />
        </div>
        {promised && <Promised promised={promised} live={live} />}
        {!isConnected && lastSeenAt && (
          <p className={css.interrupted}>
            <Icon name="offline" size={18} />
            {t("live.interrupted", { time: formats.time(lastSeenAt) })}
          </p>
        )}
      </div>
      <OwnersWord live={live} />
    </section>
  );
}

/** What the hours promise today, and whether it was kept. */
function Promised({ promised, live }: { promised: readonly KeptHours[]; live: Live }) {
  const { formats } = useShop();
  const now = useNow(CLOCK_MS);
  if (promised.length === 0) return null;
  const current = promised.findLast((one) => new Date(one.promised_from) <= now);
  const times = promised
    .map((one) => `${formats.time(one.promised_from)}–${formats.time(one.promised_to)}`)
    .join(", ");
  const isSeen = live.source === "door" && current !== undefined;
  return (
    <p className={css.promised}>
      {t("live.promised", { times })}
      {isSeen && current.opened_at !== null && current.minutes_late > 0 && (
        <> · {t("live.openedLate", { minutes: formats.minutes(current.minutes_late) })}</>
      )}
      {isSeen && current.opened_at !== null && current.minutes_late === 0 && (
        <> · {t("live.openedInTime")}</>
      )}
    </p>
  );
}

function Sign({ live }: { live: Live }) {
  const { formats } = useShop();
  const now = useNow(CLOCK_MS);
  const state = live.is_open === null ? "unknown" : live.is_open ? "open" : "closed";
  return (
    <div className={css.state}>
      <span className={`${css.sign} ${css[state]}`}>
        <span className={css.dot} aria-hidden="true" />
        {t(`live.${state}`)}
      </span>{" "}
      <span className={css.since}>
        {live.since && t("live.since", { time: formats.since(live.since, now) })}
        {/* "2 minutes ago" changes by itself and is not worth an announcement */}
        <span className={css.source} aria-live="off">
          {sourceOf(live, formats, now)}
        </span>
      </span>
    </div>
  );
}

function sourceOf(live: Live, formats: Formats, now: Date): string {
  const ago = live.sensor_seen_at && formats.ago(live.sensor_seen_at, now);
  if (live.source === "door") return ago ? t("live.door", { ago }) : t("live.doorUnseen");
  if (live.source === "hours") return t("live.hours");
  if (live.source === "override") return t("live.override");
  return ago ? t("live.silent", { ago }) : t("live.noSource");
}

function Inside({ live }: { live: Live }) {
  const isStale = live.inside !== null && live.devices.every((device) => device.problem !== null);
  return (
    <div className={css.people}>
      <Icon name="person" size={22} />
      <span className={css.count}>
        {live.inside === null ? t("live.insideUnknown") : t("live.inside", { count: live.inside })}
      </span>
      {isStale && <span className={css.crowd}>{t("live.lastKnown")}</span>}
      {live.crowd && <span className={css.crowd}>{t(`live.crowd.${live.crowd}`)}</span>}
    </div>
  );
}
