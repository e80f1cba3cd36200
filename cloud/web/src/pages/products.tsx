/** What the shop sells: prices, costs and stock, which the bundles are worked out from. */

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changeProduct, listProducts } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Product, ProductChange } from "../api/types";
import { BackLink } from "../components/back-link";
import { Button, ButtonLink } from "../components/button";
import { TextField } from "../components/field";
import { LineLink } from "../components/line-link";
import { Page } from "../components/page";
import { ShowMore } from "../components/show-more";
import { Empty, Failed, FormError, Loading, Notice } from "../components/states";
import { locale, t } from "../i18n/i18n";
import { writeAmount } from "../lib/amount";
import { textsOf } from "../lib/form";
import type { Formats } from "../lib/formats";
import { changeOf, FIELDS, type Wrong } from "../lib/products";
import { shopPath, useShop } from "../session/shop";
import css from "./products.module.css";

export function Products() {
  const { shop } = useShop();
  return (
    <>
      <BackLink to={shopPath(shop.slug, "shop")}>{t("shop.title")}</BackLink>
      <Page title={t("shop.places.products.name")} lead={t("products.lead")}>
        <p className={css.ways}>
          <LineLink to={shopPath(shop.slug, "insights")}>{t("products.bundles")}</LineLink>
          {shop.role !== "analyst" && (
            <LineLink to={shopPath(shop.slug, "import?kind=products")}>
              {t("products.import")}
            </LineLink>
          )}
        </p>
        <List />
      </Page>
    </>
  );
}

function List() {
  const { shop } = useShop();
  const pages = useInfiniteQuery({
    queryKey: queryKeys.products(shop.id),
    queryFn: ({ pageParam }) => listProducts(shop.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  if (pages.isPending) return <Loading />;
  if (!pages.data) return <Failed error={pages.error} onRetry={() => void pages.refetch()} />;
  const products = pages.data.pages.flatMap((page) => page.items);
  if (products.length === 0) return <None />;
  return (
    <>
      <ul className={css.list}>
        {products.map((product) => (
          <Item key={product.id} product={product} />
        ))}
      </ul>
      <ShowMore pages={pages} />
    </>
  );
}

function None() {
  const { shop } = useShop();
  return (
    <Empty title={t("products.none.title")} text={t("products.none.text")}>
      {shop.role !== "analyst" && (
        <ButtonLink to={shopPath(shop.slug, "import")}>{t("products.none.action")}</ButtonLink>
      )}
    </Empty>
  );
}

function Item({ product }: { product: Product }) {
  const { shop, formats } = useShop();
  const [isOpen, setOpen] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const { name } = product;
  return (
    <li className={css.product}>
      <div className={css.head}>
        <span>
          <strong>{name}</strong>
          <span className={css.soft}>{factsOf(product, formats)}</span>
        </span>
        {shop.role !== "analyst" && !isOpen && (
          <Button
            look="quiet"
            aria-label={t("products.changeOf", { name })}
            onClick={() => setOpen(true)}
          >
            {t("products.change")}
          </Button>
        )}
      </div>
      <p role="status" className={css.saved}>
        {isSaved && !isOpen && t("products.saved", { name })}
      </p>
      {isOpen && (
        <ChangeForm
          product={product}
          onDone={(isChanged) => {
            setSaved(isChanged);
            setOpen(false);
          }}
        />
      )}
    </li>
  );
}

function factsOf(product: Product, formats: Formats): string {
  const { sku, price_minor, cost_minor, in_stock, stock_counted_at, first_stocked_on } = product;
  const facts = [
    sku !== null && t("products.skuIs", { sku }),
    price_minor !== null && t("products.priceIs", { amount: formats.money(price_minor) }),
    cost_minor !== null && t("products.costIs", { amount: formats.money(cost_minor) }),
    in_stock !== null && t("products.stockIs", { pieces: formats.number(in_stock) }),
    stock_counted_at && t("products.stockNow", { date: formats.date(stock_counted_at) }),
    // a calendar date is noon of that day in any zone
    first_stocked_on && t("products.firstIs", { date: formats.date(`${first_stocked_on}T12:00Z`) }),
  ].filter(Boolean);
  return facts.length > 0 ? facts.join(" · ") : t("products.nothing");
}

interface ChangeFormProps {
  product: Product;
  onDone: (isChanged: boolean) => void;
}

function ChangeForm({ product, onDone }: ChangeFormProps) {
  const { shop, formats } = useShop();
  const queryClient = useQueryClient();
  const [wrong, setWrong] = useState<readonly Wrong[]>([]);
  const mutation = useMutation({
    mutationFn: (change: ProductChange) => changeProduct(shop.id, product.id, change),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: queryKeys.products(shop.id) });
      onDone(true);
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = changeOf(product, textsOf(event.currentTarget, FIELDS), shop.currency);
    setWrong(typed.wrong);
    if (typed.wrong.length > 0) return;
    if (Object.keys(typed.change).length === 0) return onDone(false);
    mutation.mutate(typed.change);
  };
  const amount = (minor: number | null) =>
    minor === null ? "" : writeAmount(minor, shop.currency, locale());
  return (
    <form className={css.form} aria-label={product.name} onSubmit={submit} noValidate>
      <TextField
        name="price"
        label={t("products.price")}
        inputMode="decimal"
        autoFocus
        defaultValue={amount(product.price_minor)}
      />
      <TextField
        name="cost"
        label={t("products.cost")}
        hint={t("products.costHint")}
        inputMode="decimal"
        defaultValue={amount(product.cost_minor)}
      />
      <TextField
        name="stock"
        label={t("products.stock")}
        hint={t("products.stockHint")}
        inputMode="decimal"
        defaultValue={product.in_stock ?? ""}
      />
      <TextField
        name="first"
        label={t("products.first")}
        type="date"
        defaultValue={product.first_stocked_on ?? ""}
      />
      {wrong.length > 0 && (
        <div role="alert" className={css.wide}>
          <Notice tone="problem">
            {wrong.map(({ field, found, kind }) => (
              <p key={field}>
                {t(`products.${kind}`, {
                  field: t(`products.${field}`),
                  found,
                  example: formats.money(1250),
                })}
              </p>
            ))}
          </Notice>
        </div>
      )}
      <div className={css.wide}>
        <FormError error={mutation.error} />
      </div>
      <div className={css.actions}>
        <Button type="submit" disabled={mutation.isPending}>
          {t("app.save")}
        </Button>
        <Button look="quiet" onClick={() => onDone(false)}>
          {t("app.cancel")}
        </Button>
      </div>
    </form>
  );
}
