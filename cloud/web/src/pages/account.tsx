/** On which devices one is signed in, and how to end that. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { endSession, listSessions } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { SignInSession } from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Confirm } from "../components/confirm";
import { Page } from "../components/page";
import { PlatformCard } from "../components/platform-card";
import { Failed, FormError, Loading } from "../components/states";
import { ProveNotice } from "../customer/prove-notice";
import { t } from "../i18n/i18n";
import { deviceName } from "../lib/user-agent";
import { useSession } from "../session/session";
import { useShop } from "../session/shop";
import css from "./shop.module.css";

export function Account() {
  const { me } = useShop();
  const { signOut } = useSession();
  const everywhere = useMutation({ mutationFn: () => signOut(true) });
  return (
    <Page title={t("app.account")} lead={me.person.name}>
      <ProveNotice person={me.person} />
      <Card title={t("account.devices")}>
        <SignIns />
        <FormError error={everywhere.error} />
        <Confirm
          label={t("account.everywhere")}
          question={t("account.everywhereQuestion")}
          isPending={everywhere.isPending}
          onConfirm={() => everywhere.mutate()}
        />
      </Card>
      <PlatformCard me={me} />
    </Page>
  );
}

function SignIns() {
  const sessions = useQuery({ queryKey: queryKeys.sessions, queryFn: listSessions });
  if (sessions.isPending) return <Loading />;
  if (!sessions.data) {
    return <Failed error={sessions.error} onRetry={() => void sessions.refetch()} />;
  }
  return (
    <ul>
      {sessions.data.items.map((session) => (
        <SignInItem key={session.id} session={session} />
      ))}
    </ul>
  );
}

function SignInItem({ session }: { session: SignInSession }) {
  const { formats } = useShop();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: () => endSession(session.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.sessions }),
  });
  const name = deviceName(session.user_agent) ?? t("account.unknownDevice");
  return (
    <li className={css.entry}>
      <span>
        <strong>{name}</strong>
        {session.is_current && <> · {t("account.thisDevice")}</>}
        <span className={css.soft}>
          {t("account.used", {
            began: formats.date(session.began_at),
            used: formats.dateTime(session.renewed_at),
          })}
        </span>
      </span>
      {!session.is_current && (
        <Button
          look="quiet"
          aria-label={t("account.endOf", { device: name })}
          disabled={mutation.isPending}
          onClick={() => mutation.mutate()}
        >
          {t("app.signOut")}
        </Button>
      )}
      <FormError error={mutation.error} />
    </li>
  );
}
