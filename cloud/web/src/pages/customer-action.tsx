/** The best that can be done for a customer now, and what was done about it. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { noteOutreach } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Customer, NewOutreach } from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { adviceText } from "../lib/said";
import { actionName, channelName } from "../lib/server-words";
import { useShop } from "../session/shop";
import css from "./customer.module.css";

const OUTCOMES = ["done", "later", "never"] as const satisfies readonly NewOutreach["outcome"][];

export function NextActionCard({ customer }: { customer: Customer }) {
  const { shop, formats } = useShop();
  const next = customer.next_action;
  if (!next) return null;
  return (
    <Card title={t("nextAction.title")}>
      <p className={css.sentence}>
        {next.action
          ? t("nextAction.action", {
              action: actionName(next.action),
              channel: next.channel ? channelName(next.channel) : "",
            })
          : t("nextAction.nothing")}
      </p>
      {next.expected_value_minor !== null && next.action && (
        <p>{t("nextAction.worth", { amount: formats.money(next.expected_value_minor) })}</p>
      )}
      {next.said && <p className={css.lines}>{adviceText(next.said, formats)}</p>}
      {next.action && shop.role !== "analyst" && <Outreach customer={customer} />}
      {customer.recommendations.length > 0 && (
        <>
          <h3>{t("nextAction.products")}</h3>
          <ul className={css.drivers}>
            {customer.recommendations.map((one) => (
              <li key={one.product_id}>
                {t("nextAction.product", {
                  product: one.product,
                  after: one.after,
                  share: formats.percent(one.confidence),
                })}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function Outreach({ customer }: { customer: Customer }) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: (outcome: NewOutreach["outcome"]) =>
      noteOutreach(shop.id, customer.id, { outcome }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: queryKeys.customer(shop.id, customer.id) });
      void queryClient.invalidateQueries({ queryKey: queryKeys.today(shop.id) });
      void queryClient.invalidateQueries({ queryKey: ["shop", shop.id, "customers"] });
    },
  });
  return (
    <>
      <p className={css.outcomes}>
        {OUTCOMES.map((outcome) => (
          <Button
            key={outcome}
            look="quiet"
            disabled={mutation.isPending}
            onClick={() => mutation.mutate(outcome)}
          >
            {t(`nextAction.outcomes.${outcome}`)}
          </Button>
        ))}
      </p>
      <FormError error={mutation.error} />
    </>
  );
}
