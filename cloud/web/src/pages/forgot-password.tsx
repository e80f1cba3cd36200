import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { askForPasswordReset } from "../api/endpoints";
import { Button } from "../components/button";
import { TextField } from "../components/field";
import { LineLink } from "../components/line-link";
import { Page } from "../components/page";
import page from "../components/page.module.css";
import { Plain } from "../components/plain";
import { FormError, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";

export function ForgotPassword() {
  const mutation = useMutation({ mutationFn: askForPasswordReset });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutation.mutate(textsOf(event.currentTarget, ["login"]).login);
  };
  return (
    <Plain>
      <Page title={t("forgot.title")} lead={t("forgot.lead")}>
        <form className={page.form} onSubmit={submit}>
          <TextField
            label={t("register.email")}
            name="login"
            type="email"
            autoComplete="username"
            required
          />
          <FormError error={mutation.error} />
          <Button type="submit" disabled={mutation.isPending}>
            {t("forgot.submit")}
          </Button>
        </form>
        <div role="status">
          {mutation.isSuccess && <Notice tone="info">{t("forgot.sent")}</Notice>}
        </div>
        <p>
          <LineLink to="/">{t("register.signIn")}</LineLink>
        </p>
      </Page>
    </Plain>
  );
}
