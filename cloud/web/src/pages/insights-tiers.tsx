/** The loyalty tiers, and what they bring; the owner writes that in words of the shop. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { changeTiers, listTiers } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Tier } from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Bars } from "../components/chart";
import { TextField } from "../components/field";
import { Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { tierName } from "../lib/server-words";
import { useShop } from "../session/shop";
import css from "./insights.module.css";

export function Tiers() {
  const { shop, formats } = useShop();
  const tiers = useQuery({
    queryKey: queryKeys.tiers(shop.id),
    queryFn: () => listTiers(shop.id),
  });
  const items = tiers.data?.items ?? [];
  return (
    <Card title={t("insights.tiers")}>
      {tiers.isPending && <Loading />}
      {tiers.isError && !tiers.data && (
        <Failed error={tiers.error} onRetry={() => void tiers.refetch()} />
      )}
      {items.length > 0 && (
        <Bars
          sentence={t("insights.tiersSentence", { count: items[0]?.customers ?? 0 })}
          columns={[t("customer.tier"), t("customers.title")]}
          cells={items.map((one) => ({
            label: tierName(one.tier),
            value: one.customers,
            text: formats.number(one.customers),
          }))}
        />
      )}
      {items.length > 0 && shop.role === "owner" && <Rewards tiers={items} />}
    </Card>
  );
}

/** The owner's words; until there are some, the usual ones in the reader's language. */
function rewardText({ tier, reward, is_edited }: Tier): string {
  return is_edited ? reward : t(`insights.rewards.usual.${tier}`);
}

function Rewards({ tiers }: { tiers: readonly Tier[] }) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  const names = tiers.map(({ tier }) => tier);
  const mutation = useMutation({
    mutationFn: (rewards: Record<string, string>) => changeTiers(shop.id, rewards),
    onSuccess: (changed) => queryClient.setQueryData(queryKeys.tiers(shop.id), changed),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const written = textsOf(event.currentTarget, names);
    // only what the owner changed is the owner's; the rest stays ours and may get better
    const changed = tiers.filter((one) => written[one.tier] !== rewardText(one));
    mutation.mutate(Object.fromEntries(changed.map(({ tier }) => [tier, written[tier]])));
  };
  return (
    <details className={css.rewards}>
      <summary>{t("insights.rewards.title")}</summary>
      <form className={css.form} onSubmit={submit}>
        {tiers.map((one) => (
          <TextField
            key={one.tier}
            label={tierName(one.tier)}
            name={one.tier}
            maxLength={200}
            defaultValue={rewardText(one)}
          />
        ))}
        <FormError error={mutation.error} />
        <div>
          <Button type="submit" look="quiet" disabled={mutation.isPending}>
            {t("app.save")}
          </Button>
        </div>
        <p role="status">{mutation.isSuccess && t("app.saved")}</p>
      </form>
    </details>
  );
}
