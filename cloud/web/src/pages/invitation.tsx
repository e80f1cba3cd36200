/** Where an invitation's link leads somebody who is signed in; its code works once. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "react-router";
import { acceptInvitation, getMe } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Me } from "../api/types";
import { Button, ButtonLink } from "../components/button";
import { Page } from "../components/page";
import { Plain } from "../components/plain";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { shopPath } from "../session/shop";

export function InvitationPage({ me }: { me: Me }) {
  const code = useLocation().hash.slice(1);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: () => acceptInvitation(code),
    onSuccess: async (joined) => {
      const asked = { queryKey: queryKeys.me, queryFn: getMe, staleTime: 0 };
      const changed = await queryClient.fetchQuery(asked);
      const shop = changed.shops.find((one) => one.id === joined.shop_id);
      await navigate(shop ? shopPath(shop.slug) : "/", { replace: true });
    },
  });
  return (
    <Plain>
      <Page title={t("invitation.title")} lead={t("invitation.lead", { name: me.person.name })}>
        <FormError error={mutation.error} meanings={{ 403: t("invitation.spent") }} />
        <Button disabled={mutation.isPending} onClick={() => mutation.mutate()}>
          {t("invitation.accept")}
        </Button>
        <ButtonLink look="quiet" to="/">
          {t("app.notFound.action")}
        </ButtonLink>
      </Page>
    </Plain>
  );
}
