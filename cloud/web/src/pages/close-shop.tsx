/** The end of a shop: its owner types its name, and has a month to take it back. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { Link } from "react-router";
import { closeShop, reopenShop } from "../api/endpoints";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { TextField } from "../components/field";
import { Failed, FormError, Loading, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { useProfile } from "../lib/use-shop-profile";
import { shopPath, useShop } from "../session/shop";
import css from "./shop.module.css";

export function CloseShop() {
  const profile = useProfile();
  return (
    <Card title={t("closing.title")}>
      {profile.isPending && <Loading />}
      {profile.isError && !profile.data && (
        <Failed error={profile.error} onRetry={() => void profile.refetch()} />
      )}
      {profile.data &&
        (profile.data.delete_at ? (
          <Closed deleteAt={profile.data.delete_at} />
        ) : (
          <Closing name={profile.data.name} />
        ))}
    </Card>
  );
}

function Closing({ name }: { name: string }) {
  const { shop } = useShop();
  const close = useShopEnd((typed: string) => closeShop(shop.id, typed));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    close.mutate(textsOf(event.currentTarget, ["name"]).name);
  };
  return (
    <form className={css.form} onSubmit={submit}>
      <p>{t("closing.what")}</p>
      <p>
        {t("closing.exportFirst")}{" "}
        <Link to={shopPath(shop.slug, "shop")}>{t("closing.export")}</Link>
      </p>
      <TextField
        label={t("closing.name")}
        hint={t("closing.nameHint", { name })}
        name="name"
        autoComplete="off"
        required
      />
      <FormError error={close.error} meanings={{ 422: t("closing.wrongName", { name }) }} />
      <div>
        <Button type="submit" look="danger" disabled={close.isPending}>
          {t("closing.close")}
        </Button>
      </div>
    </form>
  );
}

function Closed({ deleteAt }: { deleteAt: string }) {
  const { shop, formats } = useShop();
  const reopen = useShopEnd(() => reopenShop(shop.id));
  return (
    <div className={css.stack}>
      <Notice tone="warning">
        <p>{t("closing.closed", { date: formats.longDate(deleteAt) })}</p>
      </Notice>
      <p>
        {t("closing.exportFirst")}{" "}
        <Link to={shopPath(shop.slug, "shop")}>{t("closing.export")}</Link>
      </p>
      <p>{t("closing.boards")}</p>
      <FormError error={reopen.error} />
      <div>
        <Button disabled={reopen.isPending} onClick={() => reopen.mutate("")}>
          {t("closing.reopen")}
        </Button>
      </div>
    </div>
  );
}

function useShopEnd(mutationFn: (typed: string) => Promise<unknown>) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    // its boards have ended too
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["shop", shop.id] }),
  });
}
