/** What a board is asked to do, and how it went. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { askBoard, listCommands } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Command, Device } from "../api/types";
import { Button } from "../components/button";
import { Confirm } from "../components/confirm";
import { Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { useShop } from "../session/shop";
import css from "./shop.module.css";

const POLL_MS = 15_000;
const OPEN = new Set<Command["state"]>(["waiting", "sent"]);

export function DeviceCommands({ device }: { device: Device }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={css.more} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary aria-label={t("commands.moreOf", { name: device.name })}>
        {t("commands.more")}
      </summary>
      {isOpen && <Commands device={device} />}
    </details>
  );
}

function Commands({ device: { id, name } }: { device: Device }) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  const ask = useMutation({
    mutationFn: (wanted: Command["name"]) => askBoard(shop.id, id, wanted),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.commands(shop.id, id) }),
  });
  const named = (what: Command["name"]) => ({
    label: t(`commands.names.${what}`),
    name: t("commands.of", { what: t(`commands.names.${what}`), name }),
    isPending: ask.isPending,
    onConfirm: () => ask.mutate(what),
  });
  const blink = named("identify");
  return (
    <div className={css.stack}>
      <div className={css.actionRow}>
        <Button
          look="quiet"
          aria-label={blink.name}
          disabled={blink.isPending}
          onClick={blink.onConfirm}
        >
          {blink.label}
        </Button>
        <Confirm {...named("recalibrate")} question={t("commands.recalibrateQuestion")} />
        <Confirm {...named("reboot")} question={t("commands.rebootQuestion")} />
      </div>
      <FormError error={ask.error} />
      <Asked deviceId={id} />
    </div>
  );
}

function Asked({ deviceId }: { deviceId: string }) {
  const { shop, formats } = useShop();
  const commands = useQuery({
    queryKey: queryKeys.commands(shop.id, deviceId),
    queryFn: () => listCommands(shop.id, deviceId),
    refetchInterval: ({ state }) =>
      state.data?.items.some((command) => OPEN.has(command.state)) ? POLL_MS : false,
  });
  if (commands.isPending) return <Loading />;
  if (!commands.data) {
    return <Failed error={commands.error} onRetry={() => void commands.refetch()} />;
  }
  const { items } = commands.data;
  if (items.length === 0) return <p className={css.soft}>{t("commands.none")}</p>;
  return (
    <ul aria-label={t("commands.asked")} aria-live="polite">
      {items.map((command) => (
        <li key={command.id}>
          {t(`commands.names.${command.name}`)}: {t(`commands.states.${command.state}`)}
          <span className={css.soft}>
            {[formats.dateTime(command.created_at), command.state === "refused" && command.outcome]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </li>
      ))}
    </ul>
  );
}
