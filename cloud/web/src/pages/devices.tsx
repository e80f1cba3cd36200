/** The boards at the doors: how they are, and how a new one is set up and tried. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef } from "react";
import { createDevice, listDevices } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Credential, Device } from "../api/types";
import { BackLink } from "../components/back-link";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { TextField } from "../components/field";
import { Page } from "../components/page";
import { Empty, Failed, FormError, Loading, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { deviceProblem } from "../lib/server-words";
import { useNow } from "../lib/use-now";
import { useLive } from "../session/live";
import { shopPath, useShop } from "../session/shop";
import css from "./shop.module.css";

const REFRESH_MS = 30_000;

export function Devices() {
  const { shop } = useShop();
  const devices = useQuery({
    queryKey: queryKeys.devices(shop.id),
    queryFn: () => listDevices(shop.id),
    refetchInterval: REFRESH_MS,
  });
  return (
    <>
      <BackLink to={shopPath(shop.slug, "shop")}>{t("shop.title")}</BackLink>
      <Page title={t("shop.places.devices.name")}>
        <Card title={t("devices.list")}>
          {devices.isPending && <Loading />}
          {devices.isError && !devices.data && (
            <Failed error={devices.error} onRetry={() => void devices.refetch()} />
          )}
          {devices.data?.items.length === 0 && (
            <Empty title={t("devices.none.title")} text={t("devices.none.text")} />
          )}
          <ul>
            {devices.data?.items.map((device) => (
              <DeviceItem key={device.id} device={device} />
            ))}
          </ul>
        </Card>
        {shop.role === "owner" && <NewDevice />}
      </Page>
    </>
  );
}

function DeviceItem({ device }: { device: Device }) {
  const { formats } = useShop();
  const { live } = useLive();
  const now = useNow(REFRESH_MS);
  const seen = live?.devices.find((one) => one.id === device.id);
  const problem = seen ? deviceProblem(seen, formats, now) : null;
  return (
    <li className={css.device}>
      <strong>{device.name}</strong>
      {problem ? <Notice tone="warning">{problem}</Notice> : <span>{t("devices.well")}</span>}
      <span className={css.soft}>
        {[
          device.seen_at && t("devices.seen", { ago: formats.ago(device.seen_at, now) }),
          device.firmware && t("devices.firmware", { version: device.firmware }),
          device.outbox_depth !== null && t("devices.outbox", { count: device.outbox_depth }),
          t("devices.stored", { count: device.committed }),
          device.lost > 0 && t("devices.lost", { count: device.lost }),
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
    </li>
  );
}

function NewDevice() {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const mutation = useMutation({
    mutationFn: (name: string) => createDevice(shop.id, name),
    onSuccess: () => {
      form.current?.reset();
      void queryClient.invalidateQueries({ queryKey: queryKeys.devices(shop.id) });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutation.mutate(textsOf(event.currentTarget, ["name"]).name);
  };
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
        <FormError error={mutation.error} />
        <Button type="submit" disabled={mutation.isPending}>
          {t("devices.add")}
        </Button>
      </form>
      {mutation.data && (
        <Made credential={mutation.data.credential} deviceId={mutation.data.device.id} />
      )}
    </Card>
  );
}

interface MadeProps {
  credential: Credential;
  deviceId: string;
}

function Made({ credential, deviceId }: MadeProps) {
  const rows = [
    [t("devices.host"), `${credential.mqtt_host}:${credential.mqtt_port}`],
    [t("devices.username"), credential.username],
    [t("register.password"), credential.password],
  ] as const;
  return (
    <section aria-label={t("devices.credential")}>
      <Notice tone="warning">{t("devices.once")}</Notice>
      <dl className={css.credential}>
        {rows.map(([label, value]) => (
          <div key={label} className={css.pair ?? ""}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <DoorTest deviceId={deviceId} />
    </section>
  );
}

/** Ticks as soon as the new board is heard, and says what to do until then. */
function DoorTest({ deviceId }: { deviceId: string }) {
  const { live } = useLive();
  const device = live?.devices.find((one) => one.id === deviceId);
  const isHeard = device?.is_online === true && device.seen_at !== null;
  return (
    <div role="status">
      <Notice tone="info">{t(isHeard ? "devices.heard" : "devices.waiting")}</Notice>
    </div>
  );
}
