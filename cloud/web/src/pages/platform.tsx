/** What the administrator of an installation looks at: shops, boards, jobs, rejected messages. */

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import {
  listJobs,
  listPlatformDevices,
  listPlatformRejections,
  listPlatformShops,
} from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Me } from "../api/types";
import { BackLink } from "../components/back-link";
import { Card } from "../components/card";
import { OfflineNote } from "../components/offline-note";
import { Page } from "../components/page";
import { Failed, Loading } from "../components/states";
import { locale, t } from "../i18n/i18n";
import { firstShop, shopPath } from "../session/shop";
import css from "./platform.module.css";

const REFRESH_MS = 30_000;

export function PlatformPage({ me }: { me: Me }) {
  const own = firstShop(me.shops);
  return (
    <main className={css.page}>
      {own ? (
        <BackLink to={shopPath(own.slug)}>{t("today.title")}</BackLink>
      ) : (
        <BackLink to="/my/account">{t("my.account")}</BackLink>
      )}
      <OfflineNote write={(at) => momentText(at)} />
      <Page title={t("platform.title")} lead={t("platform.lead")}>
        <Shops />
        <Devices />
        <Jobs />
        <Rejections />
      </Page>
    </main>
  );
}

function Shops() {
  const shops = useQuery({ queryKey: queryKeys.platform("shops"), queryFn: listPlatformShops });
  return (
    <Listed
      title={t("platform.shops")}
      answer={shops}
      heads={[t("app.shop"), t("newShop.country"), t("platform.since"), t("platform.devices")]}
      rare={1}
      rows={shops.data?.items.map((shop) => ({
        key: shop.id,
        cells: [shop.name, shop.country, moment(shop.created_at), shop.devices],
      }))}
    />
  );
}

function Devices() {
  const devices = useQuery({
    queryKey: queryKeys.platform("devices"),
    queryFn: listPlatformDevices,
    refetchInterval: REFRESH_MS,
  });
  return (
    <Listed
      title={t("platform.devices")}
      answer={devices}
      heads={[t("devices.name"), t("platform.state"), t("platform.seen"), t("platform.firmware")]}
      rare={3}
      rows={devices.data?.items.map((device) => ({
        key: device.id,
        cells: [
          device.name,
          t(device.is_online ? "platform.online" : "platform.offline"),
          device.seen_at ? moment(device.seen_at) : t("customers.never"),
          device.firmware ?? "–",
        ],
      }))}
    />
  );
}

function Jobs() {
  const jobs = useQuery({
    queryKey: queryKeys.platform("jobs"),
    queryFn: listJobs,
    refetchInterval: REFRESH_MS,
  });
  return (
    <Listed
      title={t("platform.jobs")}
      answer={jobs}
      heads={[t("platform.job"), t("platform.state"), t("platform.attempts"), t("platform.due")]}
      rare={2}
      rows={jobs.data?.items.map((job) => ({
        key: String(job.id),
        cells: [
          job.task_name,
          t(`platform.states.${job.status}`),
          job.attempts,
          job.scheduled_at ? moment(job.scheduled_at) : "–",
        ],
      }))}
    />
  );
}

function Rejections() {
  const rejections = useQuery({
    queryKey: queryKeys.platform("rejections"),
    queryFn: listPlatformRejections,
  });
  return (
    <Listed
      title={t("devices.rejections")}
      answer={rejections}
      heads={[t("platform.board"), t("platform.reason"), t("platform.times"), t("platform.last")]}
      rare={3}
      rows={rejections.data?.items.map((one) => ({
        key: String(one.id),
        cells: [one.device_id ?? one.topic, one.reason, one.times, moment(one.last_received_at)],
      }))}
    />
  );
}

interface ListedProps {
  title: string;
  answer: { isPending: boolean; error: Error | null; refetch: () => unknown };
  heads: readonly string[];
  /** The column that a phone has no room for. */
  rare: number;
  rows: readonly { key: string; cells: readonly ReactNode[] }[] | undefined;
}

function Listed({ title, answer, heads, rare, rows }: ListedProps) {
  const look = (place: number) => (place === rare ? css.rare : undefined);
  return (
    <Card title={title}>
      {answer.isPending && <Loading />}
      {answer.error && !rows && (
        <Failed error={answer.error} onRetry={() => void answer.refetch()} />
      )}
      {rows?.length === 0 && <p>{t("platform.none")}</p>}
      {rows && rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by key
        <section className={css.scroll} tabIndex={0} aria-label={title}>
          <table className={css.table}>
            <thead>
              <tr>
                {heads.map((head, place) => (
                  <th key={head} scope="col" className={look(place)}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, cells }) => (
                <tr key={key}>
                  {cells.map((cell, place) => (
                    <td key={heads[place]} className={look(place)}>
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  );
}

/** In the reader's own zone: the shops are in many. The year is told when it is another. */
function momentText(at: Date): string {
  const isOld = at.getFullYear() !== new Date().getFullYear();
  return at.toLocaleString(locale(), {
    day: "numeric",
    month: "short",
    ...(isOld && { year: "numeric" }),
    hour: "2-digit",
    minute: "2-digit",
  });
}

function moment(at: string): ReactNode {
  return <time dateTime={at}>{momentText(new Date(at))}</time>;
}
