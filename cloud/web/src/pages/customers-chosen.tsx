/** What can be done with several customers at once. */

import { useState } from "react";
import type { Customer } from "../api/types";
import { Button } from "../components/button";
import { t } from "../i18n/i18n";
import { csvOf } from "../lib/csv";
import { nameOf } from "../lib/customers";
import { driverText } from "../lib/said";
import { saveCsv } from "../lib/save-file";
import { segmentName, tierName } from "../lib/server-words";
import { useShop } from "../session/shop";
import css from "./customers.module.css";

interface ChosenProps {
  customers: readonly Customer[];
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
  /** Loads those that are not in the list yet; null when all are. */
  loadAll: (() => Promise<readonly Customer[]>) | null;
}

export function Chosen({ customers, chosen, onChange, loadAll }: ChosenProps) {
  const picked = customers.filter((customer) => chosen.has(customer.id));
  const save = useSave(picked);
  const isAll = picked.length === customers.length;
  const choose = (all: readonly Customer[]) => onChange(new Set(all.map(({ id }) => id)));
  const [isLoading, setLoading] = useState(false);
  const everybody = async () => {
    if (!loadAll) return choose(customers);
    setLoading(true);
    choose(await loadAll());
    setLoading(false);
  };
  return (
    <div className={css.chosen}>
      <Button
        look="plain"
        aria-pressed={isAll}
        disabled={isLoading}
        onClick={isAll && !loadAll ? () => choose([]) : () => void everybody()}
      >
        {t(isLoading ? "app.loading" : "customers.chooseAll")}
      </Button>
      {picked.length > 0 && (
        <>
          <span>{t("customers.chosen", { count: picked.length })}</span>
          <Button onClick={save}>{t("customers.export")}</Button>
        </>
      )}
    </div>
  );
}

const COLUMNS = ["customer", "risk", "reason", "value", "lastVisit", "segment"] as const;

/** Saves the chosen customers as a table, as the page shows them. */
function useSave(picked: readonly Customer[]) {
  const { shop, formats } = useShop();
  const header = [
    ...COLUMNS.map((name) => t(`customers.columns.${name}`)),
    t("customer.tier"),
    t("register.email"),
    t("customers.phone"),
  ];
  return () => {
    const rows = picked.map((customer) => [
      nameOf(customer),
      customer.score?.risk && t(`risk.${customer.score.risk}`),
      customer.score?.reasons.map((one) => driverText(one, formats)).join("; "),
      formats.money(customer.score?.revenue_at_risk_minor ?? 0),
      customer.last_purchase_at?.slice(0, 10),
      customer.score && segmentName(customer.score.segment),
      customer.score && tierName(customer.score.tier),
      customer.email,
      customer.phone,
    ]);
    saveCsv(`${shop.slug}-customers.csv`, csvOf(header, rows));
  };
}
