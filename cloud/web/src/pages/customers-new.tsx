import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useNavigate } from "react-router";
import { addCustomer } from "../api/endpoints";
import type { CustomerChange } from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { shopPath, useShop } from "../session/shop";
import { CustomerFields, FIELDS } from "./customer-fields";
import css from "./customers.module.css";

export function NewCustomer() {
  const { shop } = useShop();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: (customer: CustomerChange) => addCustomer(shop.id, customer),
    onSuccess: async (customer) => {
      void queryClient.invalidateQueries({ queryKey: ["shop", shop.id, "customers"] });
      await navigate(shopPath(shop.slug, `customers/${customer.id}`));
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const texts = Object.entries(textsOf(event.currentTarget, FIELDS));
    mutation.mutate(Object.fromEntries(texts.filter(([, text]) => text !== "")));
  };
  return (
    <Card title={t("customers.add")}>
      <form className={css.addForm} onSubmit={submit}>
        <CustomerFields />
        <FormError error={mutation.error} />
        <div>
          <Button type="submit" disabled={mutation.isPending}>
            {t("customers.addSubmit")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
