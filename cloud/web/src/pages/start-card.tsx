import { Link } from "react-router";
import { ButtonLink } from "../components/button";
import { Card } from "../components/card";
import { Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { openSteps } from "../lib/first-run";
import { useFirstRun } from "../lib/use-first-run";
import { useProfile } from "../lib/use-shop-profile";
import { shopPath, useShop } from "../session/shop";
import css from "./today.module.css";

/** On Today, only while first steps are open; of a shop that is closed, until when it is kept. */
export function StartCard() {
  const { shop } = useShop();
  return shop.role === "owner" ? <OwnersCard /> : null;
}

function OwnersCard() {
  const { shop, formats } = useShop();
  const deleteAt = useProfile().data?.delete_at;
  const { facts, settled } = useFirstRun();
  const open = facts ? openSteps(facts, settled) : [];
  const [next] = open;
  if (deleteAt) {
    return (
      <Notice tone="warning">
        <p>
          {t("closing.closed", { date: formats.longDate(deleteAt) })}{" "}
          <Link to={shopPath(shop.slug, "shop/privacy")}>{t("closing.reopen")}</Link>
        </p>
      </Notice>
    );
  }
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
