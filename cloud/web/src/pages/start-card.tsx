import { ButtonLink } from "../components/button";
import { Card } from "../components/card";
import { t } from "../i18n/i18n";
import { openSteps } from "../lib/first-run";
import { useFirstRun } from "../lib/use-first-run";
import { shopPath, useShop } from "../session/shop";
import css from "./today.module.css";

/** On Today, only while first steps are open. */
export function StartCard() {
  const { shop } = useShop();
  return shop.role === "owner" ? <OwnersCard /> : null;
}

function OwnersCard() {
  const { shop } = useShop();
  const { facts, settled } = useFirstRun();
  const open = facts ? openSteps(facts, settled) : [];
  const [next] = open;
  if (!next) return null;
  return (
    <Card title={t("start.open", { count: open.length })}>
      <div className={css.start}>
        <p>{t("start.next", { step: t(`start.steps.${next}.name`) })}</p>
        <ButtonLink look="quiet" to={shopPath(shop.slug, "start")}>
          {t("start.go")}
        </ButtonLink>
      </div>
    </Card>
  );
}
