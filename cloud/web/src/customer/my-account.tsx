/** A person's own account: what signs them in, what is kept about them, and how to go. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Me } from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Confirm } from "../components/confirm";
import { LanguageSwitch } from "../components/language-switch";
import { Page } from "../components/page";
import { PlatformCard } from "../components/platform-card";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { saveFile } from "../lib/save-file";
import { useSession } from "../session/session";
import { digitsOf } from "./contact";
import { askForCode, eraseMe, exportMe } from "./endpoints";
import css from "./my.module.css";
import { CodeField, ProveContact } from "./prove-contact";

export function MyAccount({ me }: { me: Me }) {
  const { signOut } = useSession();
  const leave = useMutation({ mutationFn: () => signOut() });
  const { email, phone, verified } = me.person;
  return (
    <Page title={t("my.account")} lead={me.person.name}>
      <Card title={t("my.contacts.title")}>
        <div className={css.stack}>
          <Contact contact={email} isProven={verified.includes("email")} />
          <Contact contact={phone} isProven={verified.includes("phone")} />
          <Another isMissing={!(email && phone)} />
        </div>
      </Card>
      <Card title={t("my.data.title")}>
        <MyData me={me} contact={email ?? phone} />
      </Card>
      <PlatformCard me={me} />
      <LanguageSwitch />
      <FormError error={leave.error} />
      <Button look="quiet" disabled={leave.isPending} onClick={() => leave.mutate()}>
        {t("app.signOut")}
      </Button>
    </Page>
  );
}

function Contact({ contact, isProven }: { contact: string | null; isProven: boolean }) {
  if (!contact) return null;
  return (
    <div className={css.stack}>
      <p>
        {contact}
        <span className={css.soft}>
          {t(isProven ? "my.contacts.proven" : "my.contacts.claimed")}
        </span>
      </p>
      {!isProven && <ProveContact contact={contact} />}
    </div>
  );
}

function Another({ isMissing }: { isMissing: boolean }) {
  const [isAdding, setAdding] = useState(false);
  if (!isMissing) return null;
  if (isAdding) return <ProveContact contact={null} />;
  return (
    <div className={css.actions}>
      <Button look="quiet" onClick={() => setAdding(true)}>
        {t("my.contacts.add")}
      </Button>
    </div>
  );
}

function MyData({ me, contact }: { me: Me; contact: string | null }) {
  const owned = me.shops.filter((shop) => shop.role === "owner").map((shop) => shop.name);
  const download = useMutation({
    mutationFn: exportMe,
    onSuccess: (file) => saveFile(t("my.data.file"), file),
  });
  return (
    <div className={css.stack}>
      <p>{t("my.data.text")}</p>
      <div className={css.actions}>
        <Button look="quiet" disabled={download.isPending} onClick={() => download.mutate()}>
          {t("my.data.download")}
        </Button>
      </div>
      <FormError error={download.error} />
      {owned.length > 0 && <p>{t("my.data.ownShops", { shops: owned.join(", ") })}</p>}
      {contact && <Erase contact={contact} />}
    </div>
  );
}

/** Asked for twice, and proven by a code that was just sent. */
function Erase({ contact }: { contact: string }) {
  const { forgotten } = useSession();
  const send = useMutation({ mutationFn: () => askForCode(contact) });
  const erase = useMutation({
    mutationFn: (code: string) => eraseMe(contact, code),
    onSuccess: forgotten,
  });
  if (!send.isSuccess) {
    return (
      <>
        <p>{t("my.data.eraseText", { contact })}</p>
        <div className={css.actions}>
          <Confirm
            label={t("my.data.erase")}
            question={t("my.data.eraseQuestion")}
            isPending={send.isPending}
            onConfirm={() => send.mutate()}
          />
        </div>
        <FormError error={send.error} />
      </>
    );
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    erase.mutate(digitsOf(textsOf(event.currentTarget, ["code"]).code));
  };
  return (
    <form className={css.form} onSubmit={submit}>
      <CodeField contact={contact} />
      <FormError error={erase.error} meanings={{ 403: t("my.contacts.wrong") }} />
      <div className={css.actions}>
        <Button type="submit" look="danger" disabled={erase.isPending}>
          {t("my.data.eraseNow")}
        </Button>
      </div>
    </form>
  );
}
