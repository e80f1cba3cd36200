/** On the owner's page of a customer: the rights of the one it is about. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Confirm } from "../components/confirm";
import { LineLink } from "../components/line-link";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { saveFile } from "../lib/save-file";
import { shopPath, useShop } from "../session/shop";
import { eraseCustomer, exportCustomer } from "./endpoints";
import css from "./my.module.css";

export function CustomerRights({ customerId }: { customerId: string }) {
  const { shop } = useShop();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const download = useMutation({
    mutationFn: () => exportCustomer(shop.id, customerId),
    onSuccess: (file) => saveFile(t("my.customers.file"), file),
  });
  const erase = useMutation({
    mutationFn: () => eraseCustomer(shop.id, customerId),
    onSuccess: async () => {
      await navigate(shopPath(shop.slug, "customers"));
      queryClient.removeQueries({ queryKey: ["shop", shop.id, "customer", customerId] });
      await queryClient.invalidateQueries({ queryKey: ["shop", shop.id] });
    },
  });
  if (shop.role !== "owner") return null;
  return (
    <Card title={t("my.customers.rights")}>
      <div className={css.actions}>
        <Button look="quiet" disabled={download.isPending} onClick={() => download.mutate()}>
          {t("my.customers.export")}
        </Button>
        <Confirm
          label={t("my.customers.erase")}
          question={t("my.customers.eraseQuestion")}
          isPending={erase.isPending}
          onConfirm={() => erase.mutate()}
        />
      </div>
      <p>
        <LineLink to={shopPath(shop.slug, `shop/privacy/audit?customer=${customerId}`)}>
          {t("audit.ofCustomer")}
        </LineLink>
      </p>
      <FormError error={download.error ?? erase.error} />
    </Card>
  );
}
