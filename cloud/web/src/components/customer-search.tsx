/** A customer found by name, phone, email or number while one types. */

import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
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
import { Icon } from "./icon";

const SEARCH_REST_MS = 250;
const SUGGESTIONS = 5;

interface SearchProps {
  label: string;
  /** What one can do when nobody is found, or nobody can be searched. */
  ifNobody?: string;
  autoFocus: boolean;
  onChoose: (customer: Customer) => void;
}

interface ChoiceProps {
  label: string;
  ifNobody?: string;
  /** The name of who is chosen. */
  chosen: string | null;
  onChoose: (customer: Customer | null) => void;
}

/** Nobody yet, and the search; or who was found, to be changed for another. */
export function CustomerChoice({ label, ifNobody = "", chosen, onChoose }: ChoiceProps) {
  // what was pressed is gone then: the focus goes to what took its place
  const [next, setNext] = useState<"search" | "other" | null>(null);
  const choose = (customer: Customer | null) => {
    setNext(customer ? "other" : "search");
    onChoose(customer);
  };
  if (chosen === null) {
    return <Search {...{ label, ifNobody }} autoFocus={next === "search"} onChoose={choose} />;
  }
  return (
    <div className={css.chosen}>
      <Icon name="person" />
      <strong>{chosen}</strong>
      <Button look="quiet" autoFocus={next === "other"} onClick={() => choose(null)}>
        {t("sale.otherBuyer")}
      </Button>
    </div>
  );
}

function Search({ label, ifNobody = "", autoFocus, onChoose }: SearchProps) {
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
  const items = found.data?.items ?? [];
  // in a form, Enter would save what stands beside, without whom one is looking for
  const chooseOnly = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const [first, second] = items;
    if (first && !second) onChoose(first);
  };
  return (
    <div className={css.search}>
      <TextField
        label={label}
        hint={t("sale.buyerHint")}
        type="search"
        autoComplete="off"
        autoFocus={autoFocus}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={chooseOnly}
      />
      {search.length > 1 && (
        <ul aria-label={t("sale.found")} className={css.found}>
          {items.map((customer) => (
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
