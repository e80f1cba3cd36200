/** Who came into another segment, tier or risk band. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { listMoves } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Move } from "../api/types";
import { Card } from "../components/card";
import { LineLink } from "../components/line-link";
import { ShowMore } from "../components/show-more";
import { Failed, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { bandName } from "../lib/server-words";
import { shopPath, useShop } from "../session/shop";
import css from "./insights.module.css";

export function Moves() {
  const { shop } = useShop();
  const pages = useInfiniteQuery({
    queryKey: queryKeys.moves(shop.id),
    queryFn: ({ pageParam }) => listMoves(shop.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  const moves = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card title={t("insights.moves.title")}>
      {pages.isPending && <Loading />}
      {pages.isError && !pages.data && (
        <Failed error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.data && moves.length === 0 && <p>{t("insights.moves.none")}</p>}
      <ul className={css.moves}>
        {moves.map((move) => (
          <MoveItem key={move.id} move={move} />
        ))}
      </ul>
      <ShowMore pages={pages} />
    </Card>
  );
}

function MoveItem({ move }: { move: Move }) {
  const { shop, formats } = useShop();
  const name =
    move.name ??
    (move.reference
      ? t("customers.reference", { reference: move.reference })
      : t("customers.unnamed"));
  const text =
    move.before === null
      ? t("insights.moves.first", { after: bandName(move.kind, move.after) })
      : t("insights.moves.from", {
          before: bandName(move.kind, move.before),
          after: bandName(move.kind, move.after),
        });
  return (
    <li className={css.move}>
      <LineLink to={shopPath(shop.slug, `customers/${move.customer_id}`)}>{name}</LineLink>
      <span>{text}</span>
      <span className={css.asOf}>{formats.calendarDate(move.moved_on)}</span>
    </li>
  );
}
