import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useLocation, useParams } from "react-router";
import { getCustomer, listPurchasesOf } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Customer, Purchase, Score } from "../api/types";
import { BackLink } from "../components/back-link";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Timeline } from "../components/chart";
import { LineAnchor } from "../components/line-link";
import { Page } from "../components/page";
import { RiskBadge } from "../components/risk-badge";
import { ShowMore } from "../components/show-more";
import { Awaited, Empty, Failed, Loading, Notice } from "../components/states";
import { CustomerRights } from "../customer/customer-rights";
import { t } from "../i18n/i18n";
import { nameOf } from "../lib/customers";
import type { Formats } from "../lib/formats";
import { driverText } from "../lib/said";
import { segmentName, tierName } from "../lib/server-words";
import { useFirst } from "../lib/use-first";
import { useNow } from "../lib/use-now";
import { FROM_LIST } from "../lib/use-place-in-list";
import { cautionOf } from "../lib/verdict";
import { shopPath, useShop } from "../session/shop";
import css from "./customer.module.css";
import { NextActionCard } from "./customer-action";
import { ConsentCard } from "./customer-consents";
import { Happenings } from "./customer-happenings";
import { ChangeCustomer, Tags } from "./customer-profile";

const WhatIfPanel = lazy(async () => ({
  default: (await import("./what-if-panel")).WhatIfPanel,
}));

const FIRST = 5;
const HOUR_MS = 3_600_000;

export function CustomerPage() {
  const { shop } = useShop();
  const { customerId = "" } = useParams();
  const { state } = useLocation();
  const customer = useQuery({
    queryKey: queryKeys.customer(shop.id, customerId),
    queryFn: () => getCustomer(shop.id, customerId),
  });
  return (
    <>
      <BackLink to={shopPath(shop.slug, "customers")} isBehind={state === FROM_LIST}>
        {t("customer.back")}
      </BackLink>
      {customer.data ? (
        <Content customer={customer.data} />
      ) : (
        <Page title={t("customers.columns.customer")}>
          <Awaited query={customer} />
        </Page>
      )}
    </>
  );
}

function Content({ customer }: { customer: Customer }) {
  const { shop } = useShop();
  const canSeeNames = shop.role !== "analyst";
  return (
    <Page
      title={nameOf(customer)}
      aside={customer.score && <RiskBadge risk={customer.score.risk} />}
    >
      <div className={css.who}>
        <Contact customer={customer} />
        <Tags customer={customer} />
      </div>
      <div className={css.columns}>
        <div className={css.stack}>
          <Prospect customerId={customer.id} score={customer.score} />
          <NextActionCard customer={customer} />
        </div>
        <div className={css.aside}>
          <Facts customer={customer} />
          <ConsentCard customer={customer} />
        </div>
        <div className={css.stack}>
          <Purchases customer={customer} />
          {canSeeNames && <Happenings customer={customer} />}
        </div>
      </div>
      <CustomerRights customerId={customer.id} />
    </Page>
  );
}

function Contact({ customer }: { customer: Customer }) {
  const { shop } = useShop();
  const { phone, email } = customer;
  if (shop.role === "analyst") return <p>{t("customer.nameless")}</p>;
  return (
    <div className={css.contact}>
      {!phone && !email && <p>{t("customer.noContact")}</p>}
      {phone && <LineAnchor href={`tel:${phone}`}>{phone}</LineAnchor>}
      {phone && (
        <LineAnchor href={whatsappTo(phone, t("customer.greeting", { shop: shop.name }))}>
          {t("customer.whatsapp")}
        </LineAnchor>
      )}
      {email && <LineAnchor href={`mailto:${email}`}>{email}</LineAnchor>}
      <ChangeCustomer customer={customer} />
    </div>
  );
}

/** Opens WhatsApp with a text; sending it stays with whoever opened it. */
function whatsappTo(phone: string, text: string): string {
  return `https://wa.me/${phone.replace(/\D/g, "")}?text=${encodeURIComponent(text)}`;
}

function Prospect({ customerId, score }: { customerId: string; score: Score | null }) {
  const { formats } = useShop();
  if (!score) {
    return (
      <Card title={t("customer.score")}>
        <Empty title={t("customer.noScore.title")} text={t("customer.noScore.text")} />
      </Card>
    );
  }
  const caution = cautionOf(score.verdict);
  return (
    <Card title={t("customer.score")}>
      {caution && <Notice tone="warning">{t(`verdict.${caution}`)}</Notice>}
      <p className={css.sentence}>{prospectOf(score, formats)}</p>
      {score.reasons.length > 0 && (
        <>
          <h3>{t("customer.why")}</h3>
          <ul className={css.drivers}>
            {score.reasons.map((reason) => (
              <li key={reason.text}>{driverText(reason, formats)}</li>
            ))}
          </ul>
        </>
      )}
      <WhatIfIsland customerId={customerId} />
      <p className={css.asOf}>
        {t("customer.asOf", { date: formats.calendarDate(score.as_of), model: score.model })}
      </p>
    </Card>
  );
}

/** Opened by whom it concerns; until then nothing is asked. */
function WhatIfIsland({ customerId }: { customerId: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={css.grant} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("whatIf.title")}</summary>
      {isOpen && (
        <Suspense fallback={<Loading />}>
          <WhatIfPanel customerId={customerId} />
        </Suspense>
      )}
    </details>
  );
}

function prospectOf(score: Score, formats: Formats): string {
  if (score.churn_probability === null) return t("customer.noProbability");
  return t("customer.sentence", {
    share: formats.percent(score.churn_probability),
    days: formats.days(score.horizon_days),
  });
}

function Facts({ customer }: { customer: Customer }) {
  const { formats } = useShop();
  const now = useNow(HOUR_MS);
  return (
    <Card title={t("customer.figures")}>
      <dl className={css.facts}>
        {factsOf(customer, formats, now).map(([label, value]) => (
          <div key={label} className={css.fact}>
            <dt>{label}</dt>
            <dd>{value ?? t("customer.unknown")}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

type Fact = readonly [label: string, value: string | null];

function factsOf(customer: Customer, formats: Formats, now: Date): Fact[] {
  // by the calendar: the score's days leave out those on which the shop was shut for long
  const ago = orNull(customer.last_visit_at, (at) => formats.daysAgo(at, now));
  return [
    [t("customer.lastVisit"), ago],
    ...(customer.score ? scoreFactsOf(customer.score, formats) : []),
    [t("customer.spent"), formats.money(customer.spent_minor)],
  ];
}

function scoreFactsOf(score: Score, { money, wholeMoney, number, days }: Formats): Fact[] {
  const horizon = { days: days(score.horizon_days) };
  const gap = orNull(score.usual_gap_days, days);
  return [
    [t("customer.visits"), number(score.visits)],
    [t("customer.usualGap"), gap && t("customer.gapDays", { days: gap })],
    [t("customer.tenure"), days(score.tenure_days)],
    [t("customer.averageOrder"), orNull(score.average_order_value_minor, money)],
    [t("customer.expectedVisits", horizon), orNull(score.expected_visits, number)],
    [t("customer.clv", horizon), orNull(score.clv_minor, wholeMoney)],
    [t("customer.lastSpent", horizon), orNull(score.last_horizon_spent_minor, wholeMoney)],
    [t("customer.atRisk"), orNull(score.revenue_at_risk_minor, wholeMoney)],
    [t("customer.segment"), segmentName(score.segment)],
    [t("customer.tier"), tierName(score.tier)],
  ];
}

function orNull<T>(value: T | null, write: (value: T) => string): string | null {
  return value === null ? null : write(value);
}

function Purchases({ customer }: { customer: Customer }) {
  const { shop } = useShop();
  const customerId = customer.id;
  const pages = useInfiniteQuery({
    queryKey: queryKeys.purchasesOf(shop.id, customerId),
    queryFn: ({ pageParam }) => listPurchasesOf(shop.id, customerId, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  const purchases = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const { shown, hasMore, showWhole } = useFirst(purchases, FIRST);
  return (
    <Card title={t("customer.purchases")}>
      {pages.isPending && <Loading />}
      {pages.isError && !pages.data && (
        <Failed error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.data && purchases.length === 0 && (
        <Empty title={t("customer.noPurchases.title")} text={t("customer.noPurchases.text")} />
      )}
      {purchases.length > 1 && (
        <History customer={customer} purchases={purchases} isWhole={!pages.hasNextPage} />
      )}
      <ul className={css.purchases}>
        {shown.map((purchase) => (
          <PurchaseItem key={purchase.id} purchase={purchase} />
        ))}
      </ul>
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

interface HistoryProps {
  customer: Customer;
  purchases: readonly Purchase[];
  /** Whether there are no older ones. */
  isWhole: boolean;
}

/** The purchases that are loaded, along the line of time until now. */
function History({ customer, purchases, isWhole }: HistoryProps) {
  const { formats } = useShop();
  const oldest = purchases.at(-1);
  if (!oldest) return null;
  const now = Date.now();
  const most = Math.max(...purchases.map((one) => Math.abs(one.amount_minor)), 1);
  const gap = customer.score?.usual_gap_days;
  const sentence = isWhole ? "history" : "latest";
  return (
    <Timeline
      sentence={t(gap ? `customer.${sentence}Gap` : `customer.${sentence}`, {
        count: purchases.length,
        date: formats.date(oldest.occurred_at),
        gap: gap ? formats.days(gap) : "",
      })}
      columns={[t("insights.date"), t("sale.title")]}
      from={{ at: Date.parse(oldest.occurred_at), label: formats.date(oldest.occurred_at) }}
      to={{ at: now, label: t("customer.now") }}
      dots={purchases.map((one) => ({
        at: Date.parse(one.occurred_at),
        size: Math.abs(one.amount_minor) / most,
        isSpecial: one.amount_minor < 0,
      }))}
      cells={purchases.map((one) => ({
        label: formats.dateTime(one.occurred_at),
        value: one.amount_minor,
        text: formats.money(one.amount_minor),
      }))}
    />
  );
}

function PurchaseItem({ purchase }: { purchase: Purchase }) {
  const { formats } = useShop();
  const isRefund = purchase.amount_minor < 0;
  const products = purchase.lines.map((line) => line.product).join(", ");
  return (
    <li className={css.purchase}>
      <span>
        {formats.date(purchase.occurred_at)}
        {isRefund && ` · ${t("customer.refund")}`}
      </span>
      <span className={css.amount}>{formats.money(purchase.amount_minor)}</span>
      {products && <span className={css.lines}>{products}</span>}
    </li>
  );
}
