/** The first steps of a shop, each to be done, skipped, or left for another day. */

import { Button, ButtonLink } from "../components/button";
import { Icon } from "../components/icon";
import { Page } from "../components/page";
import { Failed, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { isDone, STEPS, type Step } from "../lib/first-run";
import { useFirstRun } from "../lib/use-first-run";
import { shopPath, useShop } from "../session/shop";
import css from "./shop.module.css";

const PAGES = {
  hours: "shop/hours",
  sales: "import",
  sensor: "shop/devices",
  page: "shop",
} as const;

export function Start() {
  const { shop } = useShop();
  const { facts, settled, settle, error } = useFirstRun();
  return (
    <Page title={t("start.title")} lead={t("start.lead")}>
      {!facts && (error ? <Failed error={error} /> : <Loading />)}
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
}

function StepItem({ step, number, isDone, isSettled, onSettle }: StepItemProps) {
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
