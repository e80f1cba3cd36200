/** Who works for the shop, and links to invite somebody with. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { invite, letGo, listInvitations, listStaff, withdrawInvitation } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Colleague, Invitation, Role } from "../api/types";
import { BackLink } from "../components/back-link";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Choices } from "../components/choices";
import { Confirm } from "../components/confirm";
import { Copy } from "../components/copy";
import { Page } from "../components/page";
import { Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { shopPath, useShop } from "../session/shop";
import css from "./shop.module.css";

const ROLES = ["owner", "staff", "analyst"] as const satisfies readonly Role[];

export function StaffPage() {
  const { shop } = useShop();
  return (
    <>
      <BackLink to={shopPath(shop.slug, "shop")}>{t("shop.title")}</BackLink>
      <Page title={t("shop.places.staff.name")}>
        <Card title={t("staff.list")}>
          <Colleagues />
        </Card>
        {shop.role === "owner" && <Inviting />}
      </Page>
    </>
  );
}

function Colleagues() {
  const { shop } = useShop();
  const staff = useQuery({
    queryKey: queryKeys.staff(shop.id),
    queryFn: () => listStaff(shop.id),
  });
  if (staff.isPending) return <Loading />;
  if (!staff.data) return <Failed error={staff.error} onRetry={() => void staff.refetch()} />;
  return (
    <ul>
      {staff.data.items.map((colleague) => (
        <ColleagueItem key={colleague.id} colleague={colleague} />
      ))}
    </ul>
  );
}

function ColleagueItem({ colleague }: { colleague: Colleague }) {
  const { me, shop, formats } = useShop();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: () => letGo(shop.id, colleague.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.staff(shop.id) }),
  });
  const isMe = colleague.id === me.person.id;
  return (
    <li className={css.entry}>
      <span>
        <strong>{colleague.name}</strong>
        {isMe && <> · {t("staff.you")}</>}
        <span className={css.soft}>
          {t(`staff.roles.${colleague.role}.name`)} ·{" "}
          {t("staff.since", { date: formats.date(colleague.since) })}
        </span>
      </span>
      {shop.role === "owner" && !isMe && (
        <Confirm
          label={t("staff.letGo")}
          name={t("staff.letGoOf", { name: colleague.name })}
          question={t("staff.letGoQuestion", { name: colleague.name })}
          isPending={mutation.isPending}
          onConfirm={() => mutation.mutate()}
        />
      )}
      <FormError error={mutation.error} />
    </li>
  );
}

function Inviting() {
  const { shop, formats } = useShop();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<Role>("staff");
  const mutation = useMutation({
    mutationFn: () => invite(shop.id, role),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.invitations(shop.id) }),
  });
  const made = mutation.data;
  return (
    <Card title={t("staff.invite")}>
      <div className={css.stack}>
        <Choices
          name="role"
          label={t("staff.role")}
          chosen={role}
          onChange={setRole}
          choices={ROLES.map((value) => ({
            value,
            label: t(`staff.roles.${value}.name`),
            example: t(`staff.roles.${value}.what`),
          }))}
        />
        <FormError error={mutation.error} />
        <div>
          <Button disabled={mutation.isPending} onClick={() => mutation.mutate()}>
            {t("staff.makeLink")}
          </Button>
        </div>
        {made && (
          <section aria-label={t("staff.link")} className={css.stack}>
            <p>
              {t("staff.linkOnce", {
                role: t(`staff.roles.${made.role}.name`),
                date: formats.date(made.expires_at),
              })}
            </p>
            <Copy label={t("staff.link")} text={made.url} />
            <p>
              <a href={whatsappUrl(t("staff.message", { shop: shop.name, url: made.url }))}>
                {t("app.whatsapp")}
              </a>
            </p>
          </section>
        )}
        <OpenInvitations />
      </div>
    </Card>
  );
}

function whatsappUrl(text: string): string {
  return `https://wa.me/?text=${encodeURIComponent(text)}`;
}

function OpenInvitations() {
  const { shop } = useShop();
  const invitations = useQuery({
    queryKey: queryKeys.invitations(shop.id),
    queryFn: () => listInvitations(shop.id),
  });
  const open = invitations.data?.items ?? [];
  if (open.length === 0) return null;
  return (
    <section aria-labelledby="open-invitations">
      <h3 id="open-invitations">{t("staff.open")}</h3>
      <ul>
        {open.map((invitation) => (
          <InvitationItem key={invitation.id} invitation={invitation} />
        ))}
      </ul>
    </section>
  );
}

function InvitationItem({ invitation }: { invitation: Invitation }) {
  const { shop, formats } = useShop();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: () => withdrawInvitation(shop.id, invitation.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.invitations(shop.id) }),
  });
  return (
    <li className={css.entry}>
      <span>
        {t(`staff.roles.${invitation.role}.name`)}
        <span className={css.soft}>
          {t("staff.until", { date: formats.date(invitation.expires_at) })}
        </span>
      </span>
      <Button look="quiet" disabled={mutation.isPending} onClick={() => mutation.mutate()}>
        {t("staff.withdraw")}
      </Button>
      <FormError error={mutation.error} />
    </li>
  );
}
