/** Signing in without a password: a contact, then the code that was sent to it. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
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
import { digitsOf } from "./contact";
import { askForCode, signInByCode } from "./endpoints";
import { CodeField } from "./prove-contact";

export function CodeSignIn() {
  const [sentTo, setSentTo] = useState<string | null>(null);
  return (
    <Plain>
      <Page title={t("my.code.title")} lead={t("my.code.lead")}>
        {sentTo === null ? (
          <AskForCode onSent={setSentTo} />
        ) : (
          <EnterCode contact={sentTo} onOther={() => setSentTo(null)} />
        )}
        <p>
          <LineLink to="/sign-in">{t("my.code.password")}</LineLink>
        </p>
        <LanguageSwitch />
      </Page>
    </Plain>
  );
}

function AskForCode({ onSent }: { onSent: (contact: string) => void }) {
  const send = useMutation({ mutationFn: askForCode, onSuccess: (_, to) => onSent(to) });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    send.mutate(textsOf(event.currentTarget, ["contact"]).contact);
  };
  return (
    <form className={page.form} onSubmit={submit}>
      <TextField label={t("my.code.contact")} name="contact" autoComplete="username" required />
      <FormError error={send.error} />
      <Button type="submit" disabled={send.isPending}>
        {t("my.contacts.send")}
      </Button>
    </form>
  );
}

function EnterCode({ contact, onOther }: { contact: string; onOther: () => void }) {
  const { entered } = useSession();
  const mutation = useMutation({ mutationFn: signInByCode, onSuccess: entered });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { code, name } = textsOf(event.currentTarget, ["code", "name"]);
    mutation.mutate({ contact, code: digitsOf(code), name: name || null });
  };
  return (
    <form className={page.form} onSubmit={submit}>
      <CodeField contact={contact} />
      <TextField
        label={t("my.code.name")}
        hint={t("my.code.nameHint")}
        name="name"
        autoComplete="name"
        maxLength={100}
      />
      <FormError error={mutation.error} meanings={{ 403: t("my.contacts.wrong") }} />
      <Button type="submit" disabled={mutation.isPending}>
        {t("my.code.submit")}
      </Button>
      <Button look="quiet" onClick={onOther}>
        {t("my.code.other")}
      </Button>
    </form>
  );
}
