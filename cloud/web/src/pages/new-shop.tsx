import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useNavigate } from "react-router";
import { createShop } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Me } from "../api/types";
import { BackLink } from "../components/back-link";
import { Button } from "../components/button";
import { SelectField, TextField } from "../components/field";
import { Page } from "../components/page";
import page from "../components/page.module.css";
import { Plain } from "../components/plain";
import { FormError } from "../components/states";
import { LANGUAGES, type Language, language, locale, t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { type Choice, countries, countryOf, currencies, timeZones } from "../lib/places";
import { useSession } from "../session/session";
import { firstShop, shopPath } from "../session/shop";

const FIELDS = ["name", "country", "time_zone", "currency"] as const;
const TAGS = Object.keys(LANGUAGES) as Language[];

export function NewShop({ me }: { me: Me }) {
  const { signOut } = useSession();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: createShop,
    onSuccess: async (shop) => {
      await queryClient.invalidateQueries({ queryKey: queryKeys.me });
      await navigate(shopPath(shop.slug, "start"));
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // reports speak as the owner does who opens the shop
    const reader = TAGS.find((tag) => tag === language()) ?? null;
    mutation.mutate({ ...textsOf(event.currentTarget, FIELDS), language: reader });
  };
  const first = firstShop(me.shops);
  return (
    <Plain>
      {first && <BackLink to={shopPath(first.slug)}>{first.name}</BackLink>}
      {!first && me.is_customer && <BackLink to="/my">{t("my.home")}</BackLink>}
      <Page title={t("newShop.title")} lead={t("newShop.lead")}>
        <form className={page.form} onSubmit={submit}>
          <TextField label={t("newShop.name")} name="name" autoComplete="organization" required />
          <ChoiceField
            label={t("newShop.country")}
            name="country"
            choices={countries(locale())}
            defaultValue={countryOf(locale())}
          />
          <ChoiceField
            label={t("newShop.timeZone")}
            name="time_zone"
            choices={timeZones()}
            defaultValue={Intl.DateTimeFormat().resolvedOptions().timeZone}
          />
          <ChoiceField
            label={t("newShop.currency")}
            name="currency"
            choices={currencies(locale())}
            defaultValue=""
          />
          <FormError error={mutation.error} />
          <Button type="submit" disabled={mutation.isPending}>
            {t("newShop.submit")}
          </Button>
          <Button look="quiet" onClick={() => void signOut()}>
            {t("app.signOut")}
          </Button>
        </form>
      </Page>
    </Plain>
  );
}

interface ChoiceFieldProps {
  label: string;
  name: string;
  choices: readonly Choice[];
  defaultValue: string;
}

function ChoiceField({ choices, ...rest }: ChoiceFieldProps) {
  return (
    <SelectField {...rest} required>
      <option value="">{t("newShop.choose")}</option>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </SelectField>
  );
}
