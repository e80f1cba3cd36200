/** Asking for new scores, and how far they are. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { askForScores, getScoring } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Scoring as ScoringData } from "../api/types";
import { Button } from "../components/button";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import type { Formats } from "../lib/formats";
import { useShop } from "../session/shop";
import css from "./insights.module.css";

// the live stream tells of each step; this is for when it is away
const POLL_MS = 15_000;
const AT_WORK = new Set<ScoringData["state"]>(["waiting", "running"]);

export function Scoring() {
  const { shop, formats } = useShop();
  const queryClient = useQueryClient();
  const queryKey = queryKeys.scoring(shop.id);
  const scoring = useQuery({
    queryKey,
    queryFn: () => getScoring(shop.id),
    refetchInterval: ({ state }) => (state.data && AT_WORK.has(state.data.state) ? POLL_MS : false),
  });
  const ask = useMutation({
    mutationFn: () => askForScores(shop.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey }),
  });
  const isAtWork = scoring.data !== undefined && AT_WORK.has(scoring.data.state);
  return (
    <div className={css.scoring}>
      {shop.role !== "analyst" && (
        <Button look="quiet" disabled={ask.isPending || isAtWork} onClick={() => ask.mutate()}>
          {t("scoring.ask")}
        </Button>
      )}
      <p role="status" className={css.asOf}>
        {scoring.data && progressText(scoring.data, formats)}
      </p>
      <FormError error={ask.error ?? scoring.error} />
    </div>
  );
}

function progressText({ state, step, finished_at }: ScoringData, formats: Formats): string {
  if (state === "waiting" || state === "failed") return t(`scoring.${state}`);
  if (state === "running") return t(step === "storing" ? "scoring.storing" : "scoring.running");
  return finished_at ? t("scoring.done", { date: formats.dateTime(finished_at) }) : "";
}
