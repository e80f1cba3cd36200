/** The boards at the doors: how they are, and how a new one is set up and tried. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { listDevices, listRejections, removeDevice, rotateCredential } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Device } from "../api/types";
import { BackLink } from "../components/back-link";
import { Card } from "../components/card";
import { Confirm } from "../components/confirm";
import { CredentialOnce } from "../components/credential";
import { Page } from "../components/page";
import { Empty, Failed, FormError, Loading, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import type { Formats } from "../lib/formats";
import { deviceProblem } from "../lib/said";
import { useNow } from "../lib/use-now";
import { useLive } from "../session/live";
import { shopPath, useShop } from "../session/shop";
import { DeviceCommands } from "./devices-commands";
import { NewDevice } from "./devices-new";
import css from "./shop.module.css";

const REFRESH_MS = 30_000;

export function Devices() {
  const { shop } = useShop();
  const devices = useQuery({
    queryKey: queryKeys.devices(shop.id),
    queryFn: () => listDevices(shop.id),
    refetchInterval: REFRESH_MS,
  });
  const isOwner = shop.role === "owner";
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
        {isOwner && <NewDevice />}
        {isOwner && <Rejections />}
      </Page>
    </>
  );
}

function DeviceItem({ device }: { device: Device }) {
  const { shop, formats } = useShop();
  const { live } = useLive();
  const now = useNow(REFRESH_MS);
  const seen = live?.devices.find((one) => one.id === device.id);
  const problem = seen ? deviceProblem(seen, formats, now) : null;
  return (
    <li className={css.device}>
      <strong>{device.name}</strong>
      {problem && <Notice tone="warning">{problem}</Notice>}
      {/* of a board that was just added nothing is known yet */}
      {seen && !problem && <span>{t("devices.well")}</span>}
      <span className={css.soft}>
        {[
          device.seen_at && t("devices.seen", { ago: formats.ago(device.seen_at, now) }),
          device.firmware && t("devices.firmware", { version: device.firmware }),
          Boolean(device.outbox_depth) && t("devices.outbox", { count: device.outbox_depth ?? 0 }),
          t("devices.stored", { count: device.committed }),
          device.awaited > 0 && t("devices.awaited", { count: device.awaited }),
          device.lost > 0 && missing(device, formats),
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
      {shop.role === "owner" && <DeviceCommands device={device} />}
      {shop.role === "owner" && <DeviceActions device={device} />}
    </li>
  );
}

function missing({ lost, committed, rejected, awaited }: Device, formats: Formats): string {
  const known = committed + rejected + lost + awaited;
  return t("devices.lost", {
    count: lost,
    lost: formats.number(lost),
    known: formats.number(known),
  });
}

function DeviceActions({ device }: { device: Device }) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  const rotate = useMutation({ mutationFn: () => rotateCredential(shop.id, device.id) });
  const remove = useMutation({
    mutationFn: () => removeDevice(shop.id, device.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.devices(shop.id) }),
  });
  const { name } = device;
  return (
    <details className={css.more}>
      <summary aria-label={t("devices.moreOf", { name })}>{t("devices.more")}</summary>
      <div className={css.stack}>
        <Confirm
          label={t("devices.rotate")}
          name={t("devices.rotateOf", { name })}
          question={t("devices.rotateQuestion")}
          isPending={rotate.isPending}
          onConfirm={() => rotate.mutate()}
        />
        {rotate.data && <CredentialOnce credential={rotate.data} />}
        <Confirm
          label={t("devices.remove")}
          name={t("devices.removeOf", { name })}
          question={t("devices.removeQuestion")}
          isPending={remove.isPending}
          onConfirm={() => remove.mutate()}
        />
        <FormError error={rotate.error ?? remove.error} />
      </div>
    </details>
  );
}

/** Shown only while there is something to see. */
function Rejections() {
  const { shop, formats } = useShop();
  const rejections = useQuery({
    queryKey: queryKeys.rejections(shop.id),
    queryFn: () => listRejections(shop.id),
  });
  const found = rejections.data?.items ?? [];
  if (found.length === 0) return null;
  return (
    <Card title={t("devices.rejections")}>
      <p className={css.soft}>{t("devices.rejectionsLead")}</p>
      <ul>
        {found.map((rejection) => (
          <li key={rejection.id} className={css.device}>
            <strong>{rejection.reason}</strong>
            <span className={css.soft}>
              {t("devices.rejected", {
                count: rejection.times,
                last: formats.dateTime(rejection.last_received_at),
              })}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
