import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { getToday } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Customer, Kpis, LiveDevice, Today as TodayData } from "../api/types";
import { ButtonLink } from "../components/button";
import { Card } from "../components/card";
import { Figure, Figures } from "../components/figure";
import { LiveStrip } from "../components/live-strip";
import { Page } from "../components/page";
import { Empty, Failed, Loading, Notice } from "../components/states";
import { takeBegun } from "../early";
import { t } from "../i18n/i18n";
import { nameOf } from "../lib/customers";
import { LEAST_VISITORS, wilsonInterval } from "../lib/proportion";
import { deviceProblem, driverText } from "../lib/server-words";
import { useNow } from "../lib/use-now";
import { cautionOf } from "../lib/verdict";
import { useLive } from "../session/live";
import { shopPath, useShop } from "../session/shop";
import { StartCard } from "./start-card";
import css from "./today.module.css";

const REFRESH_MS = 30_000;
const CLOCK_MS = 30_000;

export function Today() {
  const { shop } = useShop();
  const { live } = useLive();
  const today = useQuery({
    queryKey: queryKeys.today(shop.id),
    queryFn: () => takeBegun<TodayData>(`today ${shop.id}`) ?? getToday(shop.id),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Page title={shop.name}>
      <LiveStrip />
      <StartCard />
      <Problems devices={live?.devices ?? []} />
      {today.isPending && <Loading />}
      {today.isError && !today.data && (
        <Failed error={today.error} onRetry={() => void today.refetch()} />
      )}
      {today.data && <Content today={today.data} />}
    </Page>
  );
}

/** A problem is shown only while it exists. */
function Problems({ devices }: { devices: readonly LiveDevice[] }) {
  const { formats } = useShop();
  const now = useNow(CLOCK_MS);
  const troubled = devices.filter((device) => device.problem !== null);
  if (troubled.length === 0) return null;
  return (
    <section aria-label={t("today.problems")} className={css.problems}>
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

function Content({ today }: { today: TodayData }) {
  return (
    <div className={css.columns}>
      <DayFigures today={today} />
      {today.kpis && (
        <div className={css.action}>
          <OneThing customers={today.to_win_back} />
        </div>
      )}
      {today.kpis ? <KpiFigures kpis={today.kpis} /> : <NoKpis />}
    </div>
  );
}

function DayFigures({ today }: { today: TodayData }) {
  const { formats } = useShop();
  const { visitors } = today;
  return (
    <section className={css.group} aria-labelledby="day">
      <h2 id="day" className="visually-hidden">
        {t("today.figures")}
      </h2>
      <Figures look="band">
        <Figure
          label={t("today.takings")}
          value={formats.money(today.takings_minor)}
          note={t("today.purchases", { count: today.purchases })}
        />
        <Figure
          label={t("today.visitors")}
          value={formats.number(visitors)}
          note={t("today.visitorsNote")}
        />
        <Conversion today={today} />
      </Figures>
    </section>
  );
}

/** A share of few visitors says nothing; of enough, it comes with how sure one can be. */
function Conversion({ today: { visitors, purchases, conversion } }: { today: TodayData }) {
  const { formats } = useShop();
  const label = t("today.conversion");
  if (visitors === 0 || conversion === null) {
    return <Figure label={label} value={null} note={t("today.conversionMissing")} />;
  }
  if (visitors < LEAST_VISITORS) {
    const note = t("today.conversionFew", { count: LEAST_VISITORS, visitors });
    return <Figure label={label} value={null} note={note} />;
  }
  // several purchases of one visitor, or of whom no sensor saw, can exceed the visitors
  const { low, high } = wilsonInterval(Math.min(purchases, visitors), visitors);
  const note = t("today.conversionRange", {
    low: formats.percent(low),
    high: formats.percent(high),
  });
  return <Figure label={label} value={formats.percent(conversion)} note={note} />;
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
      {customer.score?.drivers[0] && <p>{driverText(customer.score.drivers[0], formats)}</p>}
      {worth > 0 && (
        <p className={css.worth}>{t("today.worth", { amount: formats.wholeMoney(worth) })}</p>
      )}
    </Link>
  );
}
