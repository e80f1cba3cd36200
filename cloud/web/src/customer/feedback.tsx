/** For the shop: what customers say, the answers, and who brought whom. */

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { BackLink } from "../components/back-link";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { LineLink } from "../components/line-link";
import { Page } from "../components/page";
import { ShowMore } from "../components/show-more";
import { Empty, Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { shopPath, useShop } from "../session/shop";
import { answerFeedback, type FeedbackItem, keys, listFeedback, listReferrals } from "./endpoints";
import css from "./my.module.css";
import { feedbackText } from "./words";

export function Feedback() {
  const { shop } = useShop();
  const mayRead = shop.role !== "analyst";
  return (
    <>
      <BackLink to={shopPath(shop.slug, "shop")}>{t("shop.title")}</BackLink>
      <Page title={t("shop.places.feedback.name")}>
        {mayRead && (
          <Card title={t("my.customers.waiting")}>
            <Said isAnswered={false} />
          </Card>
        )}
        <Card title={t("my.customers.referrals")}>
          <Referrals />
        </Card>
        {mayRead && (
          <Card title={t("my.customers.answered")}>
            <Said isAnswered />
          </Card>
        )}
      </Page>
    </>
  );
}

function Said({ isAnswered }: { isAnswered: boolean }) {
  const { shop } = useShop();
  const pages = useInfiniteQuery({
    queryKey: keys.feedback(shop.id, isAnswered),
    queryFn: ({ pageParam }) => listFeedback(shop.id, isAnswered, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  if (pages.isPending) return <Loading />;
  if (!pages.data) return <Failed error={pages.error} onRetry={() => void pages.refetch()} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  if (items.length === 0) {
    return isAnswered ? (
      <p>{t("my.customers.noneAnswered")}</p>
    ) : (
      <Empty title={t("my.customers.none.title")} text={t("my.customers.none.text")} />
    );
  }
  return (
    <>
      <ul className={css.happenings}>
        {items.map((item) => (
          <Item key={item.id} item={item} />
        ))}
      </ul>
      <ShowMore pages={pages} />
    </>
  );
}

function Item({ item }: { item: FeedbackItem }) {
  const { shop, formats } = useShop();
  return (
    <li>
      <Link to={shopPath(shop.slug, `customers/${item.customer_id}`)}>
        {item.customer ?? t("customers.unnamed")}
      </Link>{" "}
      · {feedbackText(item)}
      <time className={css.soft} dateTime={item.created_at}>
        {formats.dateTime(item.created_at)}
      </time>
      {item.text && <p className={css.quote}>{item.text}</p>}
      {item.answer ? (
        <p className={css.quote}>
          <strong>{t("my.customers.your")}:</strong> {item.answer}
        </p>
      ) : (
        <Answer item={item} />
      )}
    </li>
  );
}

function Answer({ item }: { item: FeedbackItem }) {
  const { shop } = useShop();
  const [text, setText] = useState("");
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: () => answerFeedback(shop.id, item.id, text.trim()),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["shop", shop.id, "feedback"] }),
  });
  const name = item.customer ?? t("customers.unnamed");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (text.trim()) mutation.mutate();
  };
  return (
    <form className={css.form} onSubmit={submit}>
      <label className={css.label}>
        {t("my.customers.answer")}
        <textarea
          className={css.text}
          aria-label={t("my.customers.answerOf", { name })}
          maxLength={1000}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <FormError error={mutation.error} />
      <div className={css.actions}>
        <Button type="submit" look="quiet" disabled={mutation.isPending || !text.trim()}>
          {t("my.customers.send")}
        </Button>
      </div>
    </form>
  );
}

function Referrals() {
  const { shop, formats } = useShop();
  const pages = useInfiniteQuery({
    queryKey: keys.referrals(shop.id),
    queryFn: ({ pageParam }) => listReferrals(shop.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  if (pages.isPending) return <Loading />;
  if (!pages.data) return <Failed error={pages.error} onRetry={() => void pages.refetch()} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <p>{t("my.customers.noReferrals")}</p>;
  return (
    <>
      <ul className={css.happenings}>
        {items.map((item) => (
          <li key={item.friend_id}>
            <LineLink to={shopPath(shop.slug, `customers/${item.friend_id}`)}>
              {t("my.customers.brought", {
                referrer: item.referrer ?? t("customers.unnamed"),
                friend: item.friend ?? t("customers.unnamed"),
              })}
            </LineLink>
            <span className={css.soft}>
              {item.first_purchase_at
                ? t("my.customers.paid", { date: formats.date(item.first_purchase_at) })
                : t("my.customers.notPaid")}
            </span>
          </li>
        ))}
      </ul>
      <ShowMore pages={pages} />
    </>
  );
}
