/** A new board: by a code that is typed into it, or by a password for whoever prepares it by cable. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { createClaim, createDevice } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Live } from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Choices } from "../components/choices";
import { CredentialOnce } from "../components/credential";
import { DoorTest } from "../components/door-test";
import { TextField } from "../components/field";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { useLive } from "../session/live";
import { useShop } from "../session/shop";
import css from "./shop.module.css";

const WAYS = ["code", "password"] as const;
type Way = (typeof WAYS)[number];

export function NewDevice() {
  const { shop } = useShop();
  const { live } = useLive();
  const queryClient = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [way, setWay] = useState<Way>("code");
  const known = useRef<ReadonlySet<string>>(new Set());
  const onSuccess = () => {
    form.current?.reset();
    void queryClient.invalidateQueries({ queryKey: queryKeys.devices(shop.id) });
  };
  const claim = useMutation({
    mutationFn: (name: string) => createClaim(shop.id, name),
    onSuccess,
  });
  const device = useMutation({
    mutationFn: (name: string) => createDevice(shop.id, name),
    onSuccess,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { name } = textsOf(event.currentTarget, ["name"]);
    known.current = idsOf(live);
    claim.reset();
    device.reset();
    (way === "code" ? claim : device).mutate(name);
  };
  const made = device.data;
  return (
    <Card title={t("devices.new")}>
      <form ref={form} className={css.form} onSubmit={submit}>
        <TextField
          label={t("devices.name")}
          hint={t("devices.nameHint")}
          name="name"
          maxLength={100}
          required
        />
        <Choices
          name="way"
          label={t("devices.way")}
          chosen={way}
          onChange={setWay}
          choices={WAYS.map((value) => ({
            value,
            label: t(`devices.ways.${value}.name`),
            example: t(`devices.ways.${value}.what`),
          }))}
        />
        <FormError error={claim.error ?? device.error} />
        <div>
          <Button type="submit" disabled={claim.isPending || device.isPending}>
            {t(way === "code" ? "devices.makeCode" : "devices.add")}
          </Button>
        </div>
      </form>
      {claim.data && (
        <Code code={claim.data.code} until={claim.data.expires_at} known={known.current} />
      )}
      {made && (
        <>
          <CredentialOnce credential={made.credential} />
          <DoorTest isHeard={(now) => isOnline(now, (id) => id === made.device.id)} />
        </>
      )}
    </Card>
  );
}

interface CodeProps {
  code: string;
  until: string;
  /** The boards that were there before: another one is the new one. */
  known: ReadonlySet<string>;
}

function Code({ code, until, known }: CodeProps) {
  const { formats } = useShop();
  return (
    <section aria-label={t("devices.code")}>
      <output className={css.code} aria-label={t("devices.code")}>
        {code}
      </output>
      <p>{t("devices.codeHow", { time: formats.time(until) })}</p>
      <DoorTest isHeard={(now) => isOnline(now, (id) => !known.has(id))} />
    </section>
  );
}

function idsOf(live: Live | undefined): ReadonlySet<string> {
  return new Set(live?.devices.map((device) => device.id));
}

function isOnline(live: Live, isMeant: (id: string) => boolean): boolean {
  return live.devices.some(
    (device) => isMeant(device.id) && device.is_online && device.seen_at !== null,
  );
}
