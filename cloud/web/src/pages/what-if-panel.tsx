/** Four figures of a customer to turn, and what the model says of each turn. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../api/client";
import { askWhatIf } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { WhatIf, WhatIfFigures } from "../api/types";
import { Button } from "../components/button";
import { TextField } from "../components/field";
import { RiskBadge } from "../components/risk-badge";
import { Empty, Failed, FormError, Loading, Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { minorPerMajor } from "../lib/amount";
import { RISKS } from "../lib/customer-filter";
import type { Formats } from "../lib/formats";
import { driverText } from "../lib/said";
import { useDebounced } from "../lib/use-debounced";
import { cautionOf } from "../lib/verdict";
import { useShop } from "../session/shop";
import css from "./what-if.module.css";

const REST_MS = 250;
const FIGURES = ["visits", "days_since_last_visit", "tenure_days"] as const;

type Changes = Partial<WhatIfFigures>;

interface PanelProps {
  /** Null: a customer who is only imagined. */
  customerId: string | null;
  /** What is asked to begin with; a customer brings figures of their own. */
  first?: Changes;
}

export function WhatIfPanel({ customerId, first = {} }: PanelProps) {
  const { shop } = useShop();
  const [changes, setChanges] = useState<Changes>(first);
  const rested = useDebounced(changes, REST_MS);
  const answer = useQuery({
    queryKey: queryKeys.whatIf(shop.id, customerId, rested),
    queryFn: () => askWhatIf(shop.id, { customer_id: customerId, ...rested }),
    placeholderData: keepPreviousData,
  });
  if (answer.isPending) return <Loading />;
  if (!answer.data) {
    if (isTooEarly(answer.error)) {
      return <Empty title={t("insights.none.title")} text={t("whatIf.none")} />;
    }
    return <Failed error={answer.error} onRetry={() => void answer.refetch()} />;
  }
  return (
    <div className={css.panel}>
      <Figures answered={answer.data.figures} changes={changes} onChange={setChanges} />
      <FormError error={answer.error} />
      <Answer answer={answer.data} />
      {changes !== first && (
        <div>
          <Button look="quiet" onClick={() => setChanges(first)}>
            {t("whatIf.reset")}
          </Button>
        </div>
      )}
    </div>
  );
}

function isTooEarly(error: Error): boolean {
  return error instanceof ApiError && (error.code === "no_scores" || error.code === "no_model");
}

interface FiguresProps {
  answered: WhatIfFigures;
  changes: Changes;
  onChange: (changes: Changes) => void;
}

function Figures({ answered, changes, onChange }: FiguresProps) {
  const { shop } = useShop();
  const perMajor = minorPerMajor(shop.currency);
  const shown = { ...answered, ...changes };
  const turn = (name: keyof WhatIfFigures, text: string, times = 1) => {
    const value = Math.round(Number(text) * times);
    if (text !== "" && value >= 0) onChange({ ...changes, [name]: value });
  };
  return (
    <div className={css.figures}>
      {FIGURES.map((name) => (
        <FigureField
          key={name}
          label={t(`whatIf.figures.${name}`)}
          inputMode="numeric"
          min={name === "visits" ? 1 : 0}
          value={shown[name]}
          onType={(text) => turn(name, text)}
        />
      ))}
      <FigureField
        label={t("whatIf.figures.monetary_value_minor", { currency: shop.currency })}
        inputMode="decimal"
        min={0}
        step="any"
        value={shown.monetary_value_minor / perMajor}
        onType={(text) => turn("monetary_value_minor", text, perMajor)}
      />
    </div>
  );
}

interface FigureFieldProps {
  label: string;
  inputMode: "numeric" | "decimal";
  min: number;
  step?: "any";
  value: number;
  onType: (text: string) => void;
}

/** Shows the figure, and while one types what is typed: an emptied field is no figure yet. */
function FigureField({ value, onType, ...rest }: FigureFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <TextField
      {...rest}
      type="number"
      value={typed ?? value}
      onChange={(event) => {
        setTyped(event.target.value);
        onType(event.target.value);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}

function Answer({ answer }: { answer: WhatIf }) {
  const { formats } = useShop();
  const caution = cautionOf(answer.verdict);
  return (
    <div role="status" aria-label={t("whatIf.title")} className={css.answer}>
      {answer.churn_probability === null ? (
        <p>{t("customer.noProbability")}</p>
      ) : (
        <>
          <p className={css.probability}>
            {formats.percent(answer.churn_probability)}{" "}
            <RiskBadge risk={RISKS.find((risk) => risk === answer.risk)} />
          </p>
          <p>{sentenceOf(answer, formats)}</p>
        </>
      )}
      {caution && <Notice tone="warning">{t(`verdict.${caution}`)}</Notice>}
      <ul className={css.drivers}>
        {answer.reasons.map((reason) => (
          <li key={reason.text}>{driverText(reason, formats)}</li>
        ))}
      </ul>
    </div>
  );
}

function sentenceOf(answer: WhatIf, formats: Formats): string {
  const { low, high } = answer;
  const days = formats.days(answer.horizon_days);
  if (low === null || high === null) return t("whatIf.sentence", { days });
  const range = { low: formats.percent(low), high: formats.percent(high) };
  return t("whatIf.range", { days, ...range });
}
