/** A customer found by name, phone, email or number while one types. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { listCustomers } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Customer } from "../api/types";
import { t } from "../i18n/i18n";
import { nameOf } from "../lib/customers";
import { useDebounced } from "../lib/use-debounced";
import { useShop } from "../session/shop";
import { Button } from "./button";
import css from "./customer-search.module.css";
import { TextField } from "./field";

const SEARCH_REST_MS = 250;
const SUGGESTIONS = 5;

interface CustomerSearchProps {
  label: string;
  /** What one can do when nobody is found, or nobody can be searched. */
  ifNobody?: string;
  onChoose: (customer: Customer) => void;
}

export function CustomerSearch({ label, ifNobody = "", onChoose }: CustomerSearchProps) {
  const { shop } = useShop();
  const [typed, setTyped] = useState("");
  const search = useDebounced(typed, SEARCH_REST_MS).trim();
  const asked = { search, limit: SUGGESTIONS, sort: "last_visit" as const };
  const found = useQuery({
    queryKey: queryKeys.customers(shop.id, asked),
    queryFn: () => listCustomers(shop.id, asked),
    enabled: search.length > 1,
    retry: false,
  });
  return (
    <div className={css.search}>
      <TextField
        label={label}
        hint={t("sale.buyerHint")}
        type="search"
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {search.length > 1 && (
        <ul aria-label={t("sale.found")} className={css.found}>
          {found.data?.items.map((customer) => (
            <li key={customer.id}>
              <Button look="quiet" onClick={() => onChoose(customer)}>
                {nameOf(customer)}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {found.isError && (
        <p className={css.soft}>
          {t("sale.noSearch")} {ifNobody}
        </p>
      )}
      {found.data?.items.length === 0 && (
        <p className={css.soft}>
          {t("sale.nobody")} {ifNobody}
        </p>
      )}
    </div>
  );
}
