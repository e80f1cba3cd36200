/** Joining with one tap for who is signed in; everybody else joins from the server's own page. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { queryKeys } from "../api/keys";
import type { Me } from "../api/types";
import { Button } from "../components/button";
import { Page } from "../components/page";
import { Awaited, FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { type Channel, getPublicShop, joinShop, keys, type PublicShop } from "./endpoints";
import css from "./my.module.css";
import { ProveContact } from "./prove-contact";
import { wordingOf } from "./words";

const CHANNELS: Readonly<Record<string, readonly Channel[]>> = {
  phone: ["sms", "whatsapp"],
  email: ["email"],
};

export function Join({ me }: { me: Me }) {
  const { slug = "" } = useParams();
  const shop = useQuery({ queryKey: keys.public(slug), queryFn: () => getPublicShop(slug) });
  if (!shop.data) {
    return (
      <Page title={t("my.join.submit")}>
        <Awaited query={shop} />
      </Page>
    );
  }
  return (
    <Page
      title={t("my.join.title", { shop: shop.data.name })}
      lead={t("my.join.lead", { name: me.person.name })}
    >
      {me.person.verified.length === 0 ? (
        <>
          <p>{t("my.join.prove")}</p>
          <ProveContact contact={me.person.email ?? me.person.phone} />
        </>
      ) : (
        <Consent me={me} shop={shop.data} />
      )}
    </Page>
  );
}

function Consent({ me, shop }: { me: Me; shop: PublicShop }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [search] = useSearchParams();
  const channels = me.person.verified.flatMap((kind) => CHANNELS[kind] ?? []);
  const mutation = useMutation({
    mutationFn: joinShop,
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.all });
      void queryClient.invalidateQueries({ queryKey: queryKeys.me });
      await navigate(`/my/${shop.slug}`, { replace: true });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const consents = channels.filter((channel) => form.has(channel));
    const wording = consents.map((channel) => wordingOf(channel, shop.name)).join(" ") || null;
    mutation.mutate({ slug: shop.slug, consents, wording, referral_code: search.get("r") });
  };
  return (
    <form className={css.form} onSubmit={submit}>
      <fieldset className={css.boxes}>
        <legend>{t("my.join.agree")}</legend>
        {channels.map((channel) => (
          <label key={channel} className={css.switch}>
            <input type="checkbox" name={channel} />
            <span>{wordingOf(channel, shop.name)}</span>
          </label>
        ))}
      </fieldset>
      <p className={css.soft}>{t("my.join.terms")}</p>
      <FormError error={mutation.error} />
      <div className={css.actions}>
        <Button type="submit" disabled={mutation.isPending}>
          {t("my.join.submit")}
        </Button>
      </div>
    </form>
  );
}
