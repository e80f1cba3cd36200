import type { FormEvent } from "react";
import type { Shop } from "../api/types";
import { BackLink } from "../components/back-link";
import { Button } from "../components/button";
import { SelectField, TextField } from "../components/field";
import { Page } from "../components/page";
import { Failed, FormError, Loading } from "../components/states";
import { LANGUAGES, locale, t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { countries, timeZones } from "../lib/places";
import { useProfile, useProfileChange } from "../lib/use-shop-profile";
import { shopPath, useShop } from "../session/shop";
import css from "./shop.module.css";

export function Profile() {
  const { shop } = useShop();
  const profile = useProfile();
  return (
    <>
      <BackLink to={shopPath(shop.slug, "shop")}>{t("shop.title")}</BackLink>
      <Page title={t("shop.places.profile.name")}>
        {profile.isPending && <Loading />}
        {profile.isError && !profile.data && (
          <Failed error={profile.error} onRetry={() => void profile.refetch()} />
        )}
        {profile.data && <ProfileForm profile={profile.data} />}
      </Page>
    </>
  );
}

const FIELDS = ["name", "address", "country", "time_zone", "capacity", "language"] as const;

function ProfileForm({ profile }: { profile: Shop }) {
  const change = useProfileChange();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { capacity, address, language, ...texts } = textsOf(event.currentTarget, FIELDS);
    change.mutate({
      ...texts,
      address: address || null,
      capacity: capacity === "" ? null : Number(capacity),
      language: (language || null) as Shop["language"],
    });
  };
  return (
    <form className={css.form} onSubmit={submit}>
      <TextField label={t("newShop.name")} name="name" defaultValue={profile.name} required />
      <TextField
        label={t("shop.address")}
        hint={t("shop.addressHint")}
        name="address"
        defaultValue={profile.address ?? ""}
        autoComplete="street-address"
      />
      <TextField
        label={t("shop.capacity")}
        hint={t("shop.capacityHint")}
        name="capacity"
        type="number"
        inputMode="numeric"
        min={1}
        max={100000}
        defaultValue={profile.capacity ?? ""}
      />
      <SelectField label={t("newShop.country")} name="country" defaultValue={profile.country}>
        {countries(locale()).map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </SelectField>
      <SelectField label={t("newShop.timeZone")} name="time_zone" defaultValue={profile.time_zone}>
        {timeZones().map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </SelectField>
      <SelectField label={t("shop.language")} name="language" defaultValue={profile.language ?? ""}>
        <option value="">{t("shop.languageOfCountry")}</option>
        {Object.entries(LANGUAGES).map(([tag, name]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </SelectField>
      <FormError error={change.error} />
      <Button type="submit" disabled={change.isPending}>
        {t("app.save")}
      </Button>
      <p role="status" className={css.saved}>
        {change.isSuccess && t("app.saved")}
      </p>
    </form>
  );
}
