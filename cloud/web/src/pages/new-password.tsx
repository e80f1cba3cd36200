/** Where the link of the mail leads: the code stands behind the #, which no server gets to see. */

import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useLocation } from "react-router";
import { setNewPassword } from "../api/endpoints";
import { Button, ButtonLink } from "../components/button";
import { TextField } from "../components/field";
import { Page } from "../components/page";
import page from "../components/page.module.css";
import { Plain } from "../components/plain";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";

export function NewPassword() {
  const code = useLocation().hash.slice(1);
  const mutation = useMutation({
    mutationFn: (password: string) => setNewPassword(code, password),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutation.mutate(textsOf(event.currentTarget, ["password"]).password);
  };
  return (
    <Plain>
      {mutation.isSuccess ? (
        <Page title={t("newPassword.done")} lead={t("newPassword.doneText")}>
          <p>
            <ButtonLink to="/">{t("signIn.submit")}</ButtonLink>
          </p>
        </Page>
      ) : (
        <Page title={t("newPassword.title")}>
          <form className={page.form} onSubmit={submit}>
            <TextField
              label={t("newPassword.title")}
              hint={t("register.passwordHint")}
              name="password"
              type="password"
              autoComplete="new-password"
              minLength={8}
              required
            />
            <FormError error={mutation.error} meanings={{ 403: t("newPassword.spent") }} />
            <Button type="submit" disabled={mutation.isPending}>
              {t("newPassword.submit")}
            </Button>
          </form>
          <p>
            <ButtonLink look="quiet" to="/forgot-password">
              {t("newPassword.again")}
            </ButtonLink>
          </p>
        </Page>
      )}
    </Plain>
  );
}
