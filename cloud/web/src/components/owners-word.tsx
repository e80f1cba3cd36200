/** What the owner says against doors and hours, such as "back in 15 minutes"; it ends by itself. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { endOverride, sayOpenOrClosed } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Live, NewOverride } from "../api/types";
import { t } from "../i18n/i18n";
import { nextMidnight } from "../lib/shop-clock";
import { useShop } from "../session/shop";
import { Button } from "./button";
import css from "./owners-word.module.css";
import { FormError } from "./states";

const PAUSES_MIN = [15, 30, 60] as const;
const MINUTE_MS = 60_000;

export function OwnersWord({ live }: { live: Live }) {
  const { shop } = useShop();
  if (shop.role === "analyst") return null;
  return live.source === "override" ? <Said live={live} /> : <Say live={live} />;
}

function Said({ live }: { live: Live }) {
  const { shop, formats } = useShop();
  const end = useWord(() => endOverride(shop.id));
  return (
    <div className={css.word}>
      <p>
        {live.message && <>“{live.message}” </>}
        {live.until && t("word.until", { time: formats.since(live.until, new Date()) })}
      </p>
      <Button look="quiet" disabled={end.isPending} onClick={() => end.mutate(undefined)}>
        {t("word.end")}
      </Button>
      <FormError error={end.error} />
    </div>
  );
}

function Say({ live }: { live: Live }) {
  const { shop } = useShop();
  const say = useWord((word: NewOverride) => sayOpenOrClosed(shop.id, word));
  const inMinutes = (count: number) => new Date(Date.now() + count * MINUTE_MS).toISOString();
  const midnight = () => nextMidnight(shop.time_zone, new Date()).toISOString();
  return (
    <details className={css.say}>
      <summary>{t("word.say")}</summary>
      <div className={css.chips}>
        {PAUSES_MIN.map((count) => {
          const message = t("word.back", { count });
          return (
            <Button
              key={count}
              look="quiet"
              disabled={say.isPending}
              onClick={() => say.mutate({ is_open: false, until: inMinutes(count), message })}
            >
              {message}
            </Button>
          );
        })}
        <Button
          look="quiet"
          disabled={say.isPending}
          onClick={() => say.mutate({ is_open: false, until: midnight() })}
        >
          {t("word.closedToday")}
        </Button>
        {live.is_open !== true && (
          <Button
            look="quiet"
            disabled={say.isPending}
            onClick={() => say.mutate({ is_open: true, until: inMinutes(60) })}
          >
            {t("word.openHour")}
          </Button>
        )}
      </div>
      <FormError error={say.error} />
    </details>
  );
}

/** The live state follows at once, by its stream or by asking. */
function useWord<Said>(send: (said: Said) => Promise<unknown>) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.live(shop.id) }),
  });
}
