/** A sale typed in between two customers: an amount, perhaps a name, done; and taken back. */

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { listLatestPurchases } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Customer, NewPurchase, Purchase } from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Confirm } from "../components/confirm";
import { CustomerChoice } from "../components/customer-search";
import { TextField } from "../components/field";
import { Page } from "../components/page";
import { Failed, Loading, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { readAmount } from "../lib/amount";
import { nameOf } from "../lib/customers";
import { newId } from "../lib/ids";
import { dateIn } from "../lib/shop-clock";
import { useFocusWhenLost } from "../lib/use-focus-when-lost";
import type { Entry } from "../outbox/store";
import { useOutbox } from "../session/outbox";
import { useShop } from "../session/shop";
import css from "./sale.module.css";

const LATEST = 10;

export function SalePage() {
  return (
    <Page title={t("sale.title")}>
      <div className={css.columns}>
        <SaleForm />
        <div className={css.lists}>
          <Unsent />
          <Latest />
        </div>
      </div>
    </Page>
  );
}

function SaleForm() {
  const { shop, formats } = useShop();
  const { enter } = useOutbox();
  const amountField = useRef<HTMLInputElement>(null);
  const isEntering = useRef(false);
  const [amount, setAmount] = useState("");
  const [customer, setCustomer] = useState<Customer | null>(null);
  const [isWrong, setWrong] = useState(false);
  const [saved, setSaved] = useState<string | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // a second tap before the first is kept would be a second sale
    if (isEntering.current) return;
    const amountMinor = readAmount(amount, shop.currency, 1);
    setWrong(amountMinor === null);
    if (amountMinor === null) return amountField.current?.focus();
    isEntering.current = true;
    await enter(shop.id, purchaseOf(amountMinor, customer)).finally(() => {
      isEntering.current = false;
    });
    setSaved(t("sale.saved", { amount: formats.money(amountMinor) }));
    setAmount("");
    setCustomer(null);
    amountField.current?.focus();
  };
  return (
    <Card title={t("sale.new")}>
      <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
        <TextField
          ref={amountField}
          label={t("sale.amount", { currency: shop.currency })}
          className={css.amount}
          inputMode="decimal"
          autoComplete="off"
          autoFocus
          value={amount}
          aria-invalid={isWrong}
          onChange={(event) => setAmount(event.target.value)}
        />
        {isWrong && (
          <div role="alert">
            <Notice tone="problem">{t("sale.wrong", { example: formats.money(1250) })}</Notice>
          </div>
        )}
        <CustomerChoice
          label={t("sale.buyer")}
          ifNobody={t("sale.withoutBuyer")}
          chosen={customer && nameOf(customer)}
          onChoose={setCustomer}
        />
        <Button type="submit">{t("sale.save")}</Button>
        <p role="status" className={css.saved}>
          {saved}
        </p>
      </form>
    </Card>
  );
}

function refundOf({ id, customer_id, amount_minor }: Purchase): NewPurchase {
  return {
    id: newId(),
    customer_id,
    occurred_at: new Date().toISOString(),
    amount_minor: -amount_minor,
    refunds_id: id,
  };
}

function purchaseOf(amountMinor: number, customer: Customer | null): NewPurchase {
  return {
    id: newId(),
    customer_id: customer?.id ?? null,
    occurred_at: new Date().toISOString(),
    amount_minor: amountMinor,
  };
}

/** What waits on this device, and what the server would not take. */
function Unsent() {
  const { shop } = useShop();
  const { entries } = useOutbox();
  const mine = entries.filter((entry) => entry.shopId === shop.id);
  if (mine.length === 0) return null;
  return (
    <Card title={t("sale.unsent", { count: mine.length })}>
      <p className={css.soft}>{t("sale.unsentNote")}</p>
      <ul>
        {mine.map((entry) => (
          <UnsentItem key={entry.id} entry={entry} />
        ))}
      </ul>
    </Card>
  );
}

function UnsentItem({ entry }: { entry: Entry }) {
  const { formats } = useShop();
  const { discard } = useOutbox();
  return (
    <li className={css.item}>
      <span>{formats.time(entry.enteredAt)}</span>
      <strong>{formats.money(entry.body.amount_minor)}</strong>
      {entry.refusal !== null && (
        <div className={css.refusal}>
          <p>{t("sale.refused", { reason: entry.refusal })}</p>
          <Button look="quiet" onClick={() => void discard(entry.id)}>
            {t("sale.discard")}
          </Button>
        </div>
      )}
    </li>
  );
}

function Latest() {
  const { shop } = useShop();
  const { entries } = useOutbox();
  const latest = useQuery({
    queryKey: queryKeys.purchases(shop.id),
    queryFn: () => listLatestPurchases(shop.id, LATEST),
  });
  const items = latest.data?.items ?? [];
  const refunds = [...items, ...entries.map(({ body }) => body)];
  const refunded = new Set(refunds.map(({ refunds_id }) => refunds_id));
  return (
    <Card title={t("sale.latest")}>
      {latest.isPending && <Loading />}
      {latest.isError && !latest.data && (
        <Failed error={latest.error} onRetry={() => void latest.refetch()} />
      )}
      {latest.data?.items.length === 0 && <p className={css.soft}>{t("sale.none")}</p>}
      <ul>
        {items.map((purchase) => (
          <LatestItem
            key={purchase.id}
            purchase={purchase}
            isRefunded={refunded.has(purchase.id)}
          />
        ))}
      </ul>
    </Card>
  );
}

function LatestItem({ purchase, isRefunded }: { purchase: Purchase; isRefunded: boolean }) {
  const { shop, formats } = useShop();
  const { enter } = useOutbox();
  const { occurred_at, amount_minor } = purchase;
  useFocusWhenLost(isRefunded ? "refunded" : "sold");
  const now = new Date();
  const [day, today] = [new Date(occurred_at), now].map((at) => dateIn(shop.time_zone, at));
  const [amount, time] = [formats.money(amount_minor), formats.since(occurred_at, now)];
  return (
    <li className={css.latest}>
      <span>
        {time}
        {isRefunded && ` · ${t("sale.takenBack")}`}
        {amount_minor < 0 && ` · ${t("customer.refund")}`}
      </span>
      <strong>{amount}</strong>
      {/* of today only: a slip of the thumb is seen at once, and an old sale is left alone */}
      {day === today && amount_minor > 0 && !isRefunded && (
        <Confirm
          label={t("sale.takeBack")}
          look="plain"
          name={t("sale.takeBackOf", { amount, time })}
          question={t("sale.takeBackQuestion")}
          onConfirm={() => void enter(shop.id, refundOf(purchase))}
        />
      )}
    </li>
  );
}
