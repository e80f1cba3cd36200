/** What the shop knows of a customer, changed in place. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { changeCustomer } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Customer, CustomerChange } from "../api/types";
import { Button } from "../components/button";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { textsOf } from "../lib/form";
import { useShop } from "../session/shop";
import css from "./customer.module.css";
import { CustomerFields, FIELDS } from "./customer-fields";

export function ChangeCustomer({ customer }: { customer: Customer }) {
  const mutation = useCustomerChange(customer);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const texts = Object.entries(textsOf(event.currentTarget, FIELDS));
    mutation.mutate(Object.fromEntries(texts.map(([name, text]) => [name, text || null])));
  };
  return (
    <details className={css.grant}>
      <summary>{t("customer.change")}</summary>
      <form className={css.inline} onSubmit={submit}>
        <CustomerFields customer={customer} />
        <FormError error={mutation.error} />
        <Button type="submit" disabled={mutation.isPending}>
          {t("app.save")}
        </Button>
        <p role="status" className={css.saved}>
          {mutation.isSuccess && t("app.saved")}
        </p>
      </form>
    </details>
  );
}

export function Tags({ customer }: { customer: Customer }) {
  const { shop } = useShop();
  const id = useId();
  const mutation = useCustomerChange(customer);
  const { tags } = customer;
  const canChange = shop.role !== "analyst";
  if (tags.length === 0 && !canChange) return null;
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { tag } = textsOf(event.currentTarget, ["tag"]);
    event.currentTarget.reset();
    if (tag && !tags.includes(tag)) mutation.mutate({ tags: [...tags, tag] });
  };
  return (
    <div className={css.tags}>
      <ul aria-label={t("customer.tags")} className={css.tagList}>
        {tags.map((tag) => (
          <li key={tag} className={css.tag}>
            {tag}
            {canChange && (
              <button
                type="button"
                aria-label={t("customer.removeTag", { tag })}
                onClick={() => mutation.mutate({ tags: tags.filter((one) => one !== tag) })}
              >
                ×
              </button>
            )}
          </li>
        ))}
      </ul>
      {canChange && (
        <form onSubmit={add} className={css.tagForm}>
          <label htmlFor={id} className="visually-hidden">
            {t("customer.newTag")}
          </label>
          <input id={id} name="tag" maxLength={40} placeholder={t("customer.newTag")} required />
          <Button type="submit" look="quiet" disabled={mutation.isPending}>
            {t("customer.addTag")}
          </Button>
        </form>
      )}
      <FormError error={mutation.error} />
    </div>
  );
}

/** Shown at once; when the server refuses, what was there before comes back with the reason. */
function useCustomerChange(customer: Customer) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  const key = queryKeys.customer(shop.id, customer.id);
  return useMutation({
    mutationFn: (change: CustomerChange) => changeCustomer(shop.id, customer.id, change),
    onMutate: (change) => {
      const before = queryClient.getQueryData<Customer>(key);
      if (before) queryClient.setQueryData<Customer>(key, { ...before, ...change } as Customer);
      return before;
    },
    onError: (_error, _change, before) => queryClient.setQueryData(key, before),
    onSuccess: (changed) => {
      queryClient.setQueryData(key, changed);
      void queryClient.invalidateQueries({ queryKey: ["shop", shop.id, "customers"] });
    },
  });
}
