import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { register } from "../api/endpoints";
import { Button } from "../components/button";
import { TextField } from "../components/field";
import { LineLink } from "../components/line-link";
import { Page } from "../components/page";
import page from "../components/page.module.css";
import { Plain } from "../components/plain";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { useSession } from "../session/session";

export function Register() {
  const { entered } = useSession();
  const mutation = useMutation({ mutationFn: register, onSuccess: entered });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutation.mutate(textsOf(event.currentTarget, ["name", "email", "password"]));
  };
  return (
    <Plain>
      <Page title={t("register.title")}>
        <form className={page.form} onSubmit={submit}>
          <TextField label={t("register.name")} name="name" autoComplete="name" required />
          <TextField
            label={t("register.email")}
            name="email"
            type="email"
            autoComplete="email"
            required
          />
          <TextField
            label={t("register.password")}
            hint={t("register.passwordHint")}
            name="password"
            type="password"
            autoComplete="new-password"
            minLength={8}
            required
          />
          <FormError error={mutation.error} />
          <Button type="submit" disabled={mutation.isPending}>
            {t("register.submit")}
          </Button>
        </form>
        <p>
          <LineLink to="/">{t("register.signIn")}</LineLink>
        </p>
      </Page>
    </Plain>
  );
}
