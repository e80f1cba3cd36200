/** How a customer may be contacted: what holds, and the owner's word that it changed. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { addConsent, listConsents } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Channel, Customer, NewConsent } from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { TextField } from "../components/field";
import { Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { useShop } from "../session/shop";
import css from "./customer.module.css";

const CHANNELS = ["whatsapp", "sms", "email"] as const satisfies readonly Channel[];

export function ConsentCard({ customer }: { customer: Customer }) {
  const { shop } = useShop();
  const consents = useQuery({
    queryKey: queryKeys.consents(shop.id, customer.id),
    queryFn: () => listConsents(shop.id, customer.id),
  });
  const holds = consents.data?.holds ?? [];
  return (
    <Card title={t("consents.title")}>
      {consents.isPending && <Loading />}
      {consents.isError && !consents.data && (
        <Failed error={consents.error} onRetry={() => void consents.refetch()} />
      )}
      {consents.data && (
        <ul>
          {CHANNELS.map((channel) => (
            <ChannelItem
              key={channel}
              customer={customer}
              channel={channel}
              isGranted={holds.some(
                (one) => one.channel === channel && one.purpose === "marketing" && one.is_granted,
              )}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

interface ChannelItemProps {
  customer: Customer;
  channel: Channel;
  isGranted: boolean;
}

function ChannelItem({ customer, channel, isGranted }: ChannelItemProps) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: (consent: Pick<NewConsent, "action" | "evidence">) =>
      addConsent(shop.id, customer.id, { channel, purpose: "marketing", ...consent }),
    onSuccess: () =>
      queryClient.invalidateQueries({ queryKey: queryKeys.customer(shop.id, customer.id) }),
  });
  const name = t(`consents.channels.${channel}`);
  const grant = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { evidence } = textsOf(event.currentTarget, ["evidence"]);
    mutation.mutate({ action: "grant", evidence });
  };
  return (
    <li className={css.consent}>
      <span>
        <strong>{name}</strong>
        <span className={css.lines}>{t(isGranted ? "consents.granted" : "consents.none")}</span>
      </span>
      {shop.role !== "analyst" && isGranted && (
        <Button
          look="quiet"
          disabled={mutation.isPending}
          aria-label={t("consents.withdrawOf", { channel: name })}
          onClick={() => mutation.mutate({ action: "withdraw" })}
        >
          {t("consents.withdraw")}
        </Button>
      )}
      {shop.role !== "analyst" && !isGranted && (
        <details className={css.grant}>
          <summary aria-label={t("consents.grantOf", { channel: name })}>
            {t("consents.grant")}
          </summary>
          <form className={css.inline} onSubmit={grant}>
            <TextField
              label={t("consents.evidence")}
              hint={t("consents.evidenceHint")}
              name="evidence"
              maxLength={200}
              required
            />
            <Button type="submit" look="quiet" disabled={mutation.isPending}>
              {t("app.save")}
            </Button>
          </form>
        </details>
      )}
      <FormError error={mutation.error} />
    </li>
  );
}
