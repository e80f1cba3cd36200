import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useLocation } from "react-router";
import { signIn } from "../api/endpoints";
import { Button } from "../components/button";
import { TextField } from "../components/field";
import { LanguageSwitch } from "../components/language-switch";
import { LineLink } from "../components/line-link";
import { Page } from "../components/page";
import page from "../components/page.module.css";
import { Plain } from "../components/plain";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { useSession } from "../session/session";

export function SignIn() {
  const { entered } = useSession();
  const { pathname, hash } = useLocation();
  const isInvited = pathname === "/invitation";
  const mutation = useMutation({
    mutationFn: (form: { login: string; password: string }) => signIn(form.login, form.password),
    onSuccess: entered,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutation.mutate(textsOf(event.currentTarget, ["login", "password"]));
  };
  return (
    <Plain>
      <Page
        title={t("signIn.title")}
        lead={t(isInvited ? "invitation.signInFirst" : "signIn.lead")}
      >
        <form className={page.form} onSubmit={submit}>
          <TextField label={t("signIn.login")} name="login" autoComplete="username" required />
          <TextField
            label={t("signIn.password")}
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
          <FormError error={mutation.error} meanings={{ 401: t("signIn.refused") }} />
          <Button type="submit" disabled={mutation.isPending}>
            {t("signIn.submit")}
          </Button>
        </form>
        <ul>
          <li>
            <LineLink to="/code">{t("my.code.link")}</LineLink>
          </li>
          <li>
            <LineLink to="/forgot-password">{t("signIn.forgot")}</LineLink>
          </li>
          <li>
            {/* an invitation's code goes along, so that it is not lost on the way */}
            <LineLink to={{ pathname: "/register", hash: isInvited ? hash : "" }}>
              {t("signIn.register")}
            </LineLink>
          </li>
        </ul>
        <LanguageSwitch />
      </Page>
    </Plain>
  );
}
