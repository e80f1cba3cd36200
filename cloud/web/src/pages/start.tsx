/** The first steps of a shop, each to be done, skipped, or left for another day. */

import { useQuery } from "@tanstack/react-query";
import { getInsights } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Live } from "../api/types";
import { Button, ButtonLink } from "../components/button";
import { DoorTest } from "../components/door-test";
import { Icon } from "../components/icon";
import { Page } from "../components/page";
import { Awaited } from "../components/states";
import { t } from "../i18n/i18n";
import { isDone, STEPS, type Step } from "../lib/first-run";
import { returnedCustomers } from "../lib/insights";
import { useFirstRun } from "../lib/use-first-run";
import { cautionOf } from "../lib/verdict";
import { shopPath, useShop } from "../session/shop";
import css from "./shop.module.css";
import { Poster } from "./shop-files";

const PAGES = {
  hours: "shop/hours",
  sales: "import",
  sensor: "shop/devices",
  page: "shop",
} as const;

export function Start() {
  const { shop } = useShop();
  const { facts, settled, settle, error, retry, whatsappUrl } = useFirstRun();
  return (
    <Page title={t("start.title")} lead={t("start.lead")}>
      {!facts && <Awaited query={{ error, refetch: retry }} />}
      {facts && (
        <ol className={css.steps}>
          {STEPS.map((step, place) => (
            <StepItem
              key={step}
              step={step}
              number={place + 1}
              isDone={isDone(step, facts)}
              isSettled={settled.has(step)}
              onSettle={() => settle(step)}
              whatsappUrl={whatsappUrl}
            />
          ))}
        </ol>
      )}
      <p>
        <ButtonLink to={shopPath(shop.slug)}>{t("start.finish")}</ButtonLink>
      </p>
    </Page>
  );
}

interface StepItemProps {
  step: Step;
  number: number;
  isDone: boolean;
  isSettled: boolean;
  onSettle: () => void;
  whatsappUrl: string | undefined;
}

function isAnyOnline(live: Live): boolean {
  return live.devices.some((device) => device.is_online && device.seen_at !== null);
}

/** How far the shop is from a churn probability for each customer; nothing once it has them. */
function Unlocks() {
  const { shop } = useShop();
  const insights = useQuery({
    queryKey: queryKeys.insights(shop.id),
    queryFn: () => getInsights(shop.id),
  });
  if (!insights.data || cautionOf(insights.data.verdict) !== "little") return null;
  const count = returnedCustomers(insights.data.kpis);
  return <p className={css.soft}>{t("insights.unlocks", { count })}</p>;
}

function StepItem(props: StepItemProps) {
  const { step, number, isDone, isSettled, onSettle, whatsappUrl } = props;
  const { shop, formats } = useShop();
  return (
    <li className={`${css.step} ${isDone ? css.isDone : ""}`}>
      <span className={css.mark} aria-hidden="true">
        {isDone ? <Icon name="check" /> : formats.number(number)}
      </span>
      <div>
        <h2>{t(`start.steps.${step}.name`)}</h2>
        <p>{t(`start.steps.${step}.why`)}</p>
        {isDone && <p className={css.soft}>{t("start.done")}</p>}
        {step === "sales" && <Unlocks />}
        {step === "sensor" && isDone && <DoorTest isHeard={isAnyOnline} />}
        {step === "page" && <Poster whatsappUrl={whatsappUrl} />}
        {!isDone && isSettled && <p className={css.soft}>{t("start.skipped")}</p>}
      </div>
      {!isDone && (
        <div className={css.actions}>
          <ButtonLink
            look="quiet"
            to={shopPath(shop.slug, PAGES[step])}
            onClick={() => step === "page" && onSettle()}
          >
            {t(`start.steps.${step}.action`)}
          </ButtonLink>
          {step === "sales" && (
            <ButtonLink look="quiet" to={shopPath(shop.slug, "sale")}>
              {t("start.steps.sales.typeIn")}
            </ButtonLink>
          )}
          {!isSettled && (
            <Button
              look="quiet"
              onClick={onSettle}
              aria-label={t("start.skipStep", { step: t(`start.steps.${step}.name`) })}
            >
              {t("start.skip")}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}
