import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { getToday } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Customer, Kpis, Live, Today as TodayData } from "../api/types";
import { ButtonLink } from "../components/button";
import { Card } from "../components/card";
import { Figure, Figures } from "../components/figure";
import { HourChart } from "../components/hour-chart";
import { LineLink } from "../components/line-link";
import { LiveStrip } from "../components/live-strip";
import { Page } from "../components/page";
import { Empty, Failed, Loading, Notice } from "../components/states";
import { ProveNotice } from "../customer/prove-notice";
import { takeBegun } from "../early";
import { t } from "../i18n/i18n";
import { nameOf } from "../lib/customers";
import { clockSpans } from "../lib/day-hours";
import { LEAST_VISITORS, wilsonInterval } from "../lib/proportion";
import { deviceProblem, driverText } from "../lib/said";
import { actionName, channelName } from "../lib/server-words";
import { useNow } from "../lib/use-now";
import { usualNote } from "../lib/usual";
import { cautionOf } from "../lib/verdict";
import { useLive } from "../session/live";
import { shopPath, useShop } from "../session/shop";
import { StartCard } from "./start-card";
import css from "./today.module.css";

const REFRESH_MS = 30_000;
const CLOCK_MS = 30_000;

export function Today() {
  const { me, shop } = useShop();
  const { live } = useLive();
  const today = useQuery({
    queryKey: queryKeys.today(shop.id),
    queryFn: () => takeBegun<TodayData>(`today ${shop.id}`) ?? getToday(shop.id),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Page title={shop.name}>
      <LiveStrip promised={today.data?.promised} />
      <ProveNotice person={me.person} canWait />
      <StartCard />
      <Problems live={live} today={today.data} />
      {today.isPending && <Loading />}
      {today.isError && !today.data && (
        <Failed error={today.error} onRetry={() => void today.refetch()} />
      )}
      {today.data && <Content today={today.data} />}
    </Page>
  );
}

interface ProblemsProps {
  live: Live | undefined;
  today: TodayData | undefined;
}

/** A problem is shown only while it exists. */
function Problems({ live, today }: ProblemsProps) {
  const { shop, formats } = useShop();
  const now = useNow(CLOCK_MS);
  const troubled = live?.devices.filter((device) => device.said !== null) ?? [];
  const isShut = live?.source === "door" && live.is_open === false && isPromised(today, now);
  const isUnsold = today !== undefined && today.purchases === 0 && today.visitors >= LEAST_VISITORS;
  if (troubled.length === 0 && !isShut && !isUnsold) return null;
  return (
    <section aria-label={t("today.problems")} className={css.problems}>
      {isShut && <Notice tone="warning">{t("today.shutButPromised")}</Notice>}
      {isUnsold && shop.role !== "analyst" && (
        <Notice tone="warning">
          {t("today.unsold", { count: today.visitors })}{" "}
          <Link to={shopPath(shop.slug, "sale")}>{t("sale.new")}</Link>
        </Notice>
      )}
      {troubled.map((device) => (
        <Notice key={device.id} tone="warning">
          {t("today.deviceProblem", {
            device: device.name,
            problem: deviceProblem(device, formats, now) ?? "",
          })}
        </Notice>
      ))}
    </section>
  );
}

function isPromised(today: TodayData | undefined, now: Date): boolean {
  return (today?.promised ?? []).some(
    (one) => new Date(one.promised_from) <= now && now < new Date(one.promised_to),
  );
}

function Content({ today }: { today: TodayData }) {
  return (
    <div className={css.columns}>
      <DayFigures today={today} />
      {today.kpis && (
        <div className={css.action}>
          <OneThing customers={rankedFirst(today)} />
        </div>
      )}
      <DayHours today={today} />
      {today.kpis ? <KpiFigures kpis={today.kpis} /> : <NoKpis />}
    </div>
  );
}

function DayFigures({ today }: { today: TodayData }) {
  const { formats } = useShop();
  const { visitors, usual } = today;
  return (
    <section aria-labelledby="day">
      <h2 id="day" className="visually-hidden">
        {t("today.figures")}
      </h2>
      <Figures look="band">
        <Figure
          label={t("today.takings")}
          value={formats.money(today.takings_minor)}
          note={`${t("today.purchases", { count: today.purchases })} · ${usualNote(
            today.takings_minor,
            usual.takings_minor,
            formats.wholeMoney,
            usual.is_by_now,
          )}`}
        />
        <Figure
          label={t("today.visitors")}
          value={formats.number(visitors)}
          note={usualNote(visitors, usual.visitors, (value) => formats.number(Math.round(value)))}
        />
        <Conversion today={today} />
      </Figures>
    </section>
  );
}

/** A share of few visitors says nothing; of enough, it comes with how sure one can be. */
function Conversion({ today }: { today: TodayData }) {
  const { visitors, purchases, conversion, usual } = today;
  const { formats } = useShop();
  const label = t("today.conversion");
  if (visitors === 0 || conversion === null) {
    return <Figure label={label} value={null} note={t("today.conversionMissing")} />;
  }
  if (visitors < LEAST_VISITORS) {
    const note = t("today.conversionFew", { count: LEAST_VISITORS, visitors });
    return <Figure label={label} value={null} note={note} />;
  }
  const { low, high } = wilsonInterval(purchases, visitors);
  const range = t("today.conversionRange", {
    low: formats.percent(low),
    high: formats.percent(high),
  });
  const note = usual.conversion
    ? `${range} · ${usualNote(conversion, usual.conversion, formats.percent)}`
    : range;
  return <Figure label={label} value={formats.percent(conversion)} note={note} />;
}

function DayHours({ today }: { today: TodayData }) {
  const { shop } = useShop();
  return (
    <Card title={t("hourChart.title")}>
      <HourChart hours={today.hours} promised={clockSpans(today.promised, shop.time_zone)} />
      <p>
        <LineLink to={shopPath(shop.slug, "day")}>{t("day.whole")}</LineLink>
      </p>
    </Card>
  );
}

function KpiFigures({ kpis }: { kpis: Kpis }) {
  const { formats } = useShop();
  const verdict = cautionOf(kpis.verdict);
  // for what is expected; customers and churn rate are counted
  const caution = verdict && t(`verdict.${verdict}`);
  const days = formats.days(kpis.horizon_days);
  const money = (minor: number | null) => (minor === null ? null : formats.wholeMoney(minor));
  return (
    <section className={css.group} aria-labelledby="kpis">
      <h2 id="kpis">{t("today.customersTitle")}</h2>
      <Figures>
        <Figure
          label={t("today.customers")}
          value={formats.number(kpis.customers)}
          note={t("today.customersNote")}
        />
        <Figure
          label={t("today.churn")}
          value={kpis.churn_rate === null ? null : formats.percent(kpis.churn_rate)}
          note={t("today.churnNote", { days })}
        />
        <Figure
          label={t("today.clv")}
          value={money(kpis.clv_minor)}
          note={t("today.clvNote", { days })}
          caution={caution}
        />
        <Figure
          label={t("today.atRisk")}
          value={money(kpis.revenue_at_risk_minor)}
          note={t("today.atRiskNote")}
          caution={caution}
        />
      </Figures>
    </section>
  );
}

function NoKpis() {
  const { shop } = useShop();
  return (
    <Empty title={t("today.noKpis.title")} text={t("today.noKpis.text")}>
      <ButtonLink to={shopPath(shop.slug, "import")}>{t("today.noKpis.action")}</ButtonLink>
    </Empty>
  );
}

/** The one thing to do first, whatever it is for; then those who would be lost soonest. */
function rankedFirst({ best_action, to_win_back }: TodayData): readonly Customer[] {
  if (!best_action) return to_win_back;
  return [best_action, ...to_win_back.filter(({ id }) => id !== best_action.id)];
}

function OneThing({ customers }: { customers: readonly Customer[] }) {
  const [first, ...others] = customers;
  return (
    <Card title={t("today.oneThing")}>
      {first ? (
        <>
          <Person customer={first} isFirst />
          {others.length > 0 && <h3 className={css.sub}>{t("today.alsoWinBack")}</h3>}
          <ul className={css.people}>
            {others.map((customer) => (
              <li key={customer.id}>
                <Person customer={customer} />
              </li>
            ))}
          </ul>
        </>
      ) : (
        <Empty title={t("today.nobody.title")} text={t("today.nobody.text")} />
      )}
    </Card>
  );
}

function Person({ customer, isFirst = false }: { customer: Customer; isFirst?: boolean }) {
  const { shop, formats } = useShop();
  const name = nameOf(customer);
  const worth = customer.score?.revenue_at_risk_minor ?? 0;
  return (
    <Link
      to={shopPath(shop.slug, `customers/${customer.id}`)}
      className={isFirst ? css.first : css.person}
    >
      <span className={css.name}>{isFirst ? t("today.winBack", { name }) : name}</span>
      {customer.score?.reasons[0] && <p>{driverText(customer.score.reasons[0], formats)}</p>}
      {isFirst && customer.next_action?.action && (
        <p>
          {t("nextAction.action", {
            action: actionName(customer.next_action.action),
            channel: channelName(customer.next_action.channel ?? ""),
          })}
        </p>
      )}
      {worth > 0 && (
        <p className={css.worth}>{t("today.worth", { amount: formats.wholeMoney(worth) })}</p>
      )}
    </Link>
  );
}
