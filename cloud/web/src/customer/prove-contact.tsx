/** Proving a contact in two steps: a code is sent, and typed in. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { queryKeys } from "../api/keys";
import { Button } from "../components/button";
import { TextField } from "../components/field";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { digitsOf } from "./contact";
import { askForCode, confirmContact } from "./endpoints";
import css from "./my.module.css";

/** With a contact it asks for the code only; without one for the contact first. */
export function ProveContact({ contact }: { contact: string | null }) {
  const queryClient = useQueryClient();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const send = useMutation({ mutationFn: askForCode, onSuccess: (_, to) => setSentTo(to) });
  const confirm = useMutation({
    mutationFn: ({ to, code }: { to: string; code: string }) => confirmContact(to, code),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.me }),
  });
  if (confirm.isSuccess)
    return (
      <p role="status" className={css.saved}>
        {t("my.contacts.done")}
      </p>
    );
  if (sentTo !== null) {
    const submit = (event: FormEvent<HTMLFormElement>) => {
      event.preventDefault();
      const { code } = textsOf(event.currentTarget, ["code"]);
      confirm.mutate({ to: sentTo, code: digitsOf(code) });
    };
    return (
      <form className={css.form} onSubmit={submit}>
        <CodeField contact={sentTo} />
        <FormError
          error={confirm.error}
          meanings={{ 403: t("my.contacts.wrong"), 409: t("my.contacts.taken") }}
        />
        <div className={css.actions}>
          <Button type="submit" disabled={confirm.isPending}>
            {t("my.contacts.confirm")}
          </Button>
          <Button look="quiet" disabled={send.isPending} onClick={() => send.mutate(sentTo)}>
            {t("my.contacts.again")}
          </Button>
        </div>
        <FormError error={send.error} />
      </form>
    );
  }
  const ask = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    send.mutate(contact ?? textsOf(event.currentTarget, ["contact"]).contact);
  };
  return (
    <form className={css.form} onSubmit={ask}>
      {contact === null && (
        <TextField label={t("my.contacts.addLabel")} name="contact" autoComplete="email" required />
      )}
      <FormError error={send.error} />
      <div className={css.actions}>
        <Button
          type="submit"
          look={contact === null ? "quiet" : "primary"}
          disabled={send.isPending}
        >
          {t("my.contacts.send")}
        </Button>
      </div>
    </form>
  );
}

export function CodeField({ contact }: { contact: string }) {
  return (
    <TextField
      label={t("my.contacts.code", { contact })}
      name="code"
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={20}
      autoFocus
      required
    />
  );
}
