/** The summary of a scoring run, read with care: the models' side of it grows. */

import type { ScoreRun } from "../api/types";

export interface Fold {
  cutOff: string;
  customers: number;
  churnRate: number;
}

export interface Band {
  risk: "high" | "medium" | "low";
  customers: number;
  /** The share of them that was lost. */
  churned: number;
}

export interface Insight {
  customers: number;
  active: number | null;
  newcomers: number | null;
  repeatShare: number | null;
  churnRate: number | null;
  retentionRate: number | null;
  revenueMinor: number | null;
  averageOrderMinor: number | null;
  clvMinor: number | null;
  atRiskMinor: number | null;
  /** Past dates on which the model was tried, oldest first. */
  folds: Fold[];
  bands: Band[];
  /** Of two customers, one lost and one not, how often the model picked the lost one. */
  ranking: number | null;
  /** How much ranking is lost without a group of inputs, the largest first. */
  drivers: { group: string; loss: number }[];
}

type Bag = Readonly<Record<string, unknown>>;
const RISKS = ["high", "medium", "low"] as const;

export function readSummary(run: Pick<ScoreRun, "summary" | "model">): Insight {
  const summary = bag(run.summary);
  const kpis = bag(summary.kpis);
  const backtest = bag(summary.backtest);
  return {
    customers: number(kpis.customers) ?? 0,
    active: number(kpis.active_customers),
    newcomers: number(kpis.new_customers),
    repeatShare: number(kpis.repeat_share),
    churnRate: number(kpis.churn_rate),
    retentionRate: number(kpis.retention_rate),
    revenueMinor: number(kpis.revenue_minor),
    averageOrderMinor: number(kpis.average_order_value_minor),
    clvMinor: number(kpis.clv_minor),
    atRiskMinor: number(kpis.revenue_at_risk_minor),
    folds: foldsOf(backtest.folds),
    bands: bandsOf(bag(backtest.churn_by_risk)),
    ranking: number(bag(bag(backtest.candidates)[run.model ?? ""]).auc),
    drivers: driversOf(bag(summary.drivers)),
  };
}

/** How many have come at least twice: without them there is no rhythm to learn. */
export function returnedCustomers(insight: Insight): number {
  return Math.round((insight.repeatShare ?? 0) * insight.customers);
}

function foldsOf(folds: unknown): Fold[] {
  if (!Array.isArray(folds)) return [];
  return folds
    .map(bag)
    .flatMap(({ cut_off, customers, churn_rate }) => {
      const rate = number(churn_rate);
      if (typeof cut_off !== "string" || rate === null) return [];
      return [{ cutOff: cut_off, customers: number(customers) ?? 0, churnRate: rate }];
    })
    .sort((a, b) => a.cutOff.localeCompare(b.cutOff));
}

function bandsOf(bands: Bag): Band[] {
  return RISKS.flatMap((risk) => {
    const band = bag(bands[risk]);
    const churned = number(band.churned);
    const customers = number(band.customers);
    if (churned === null || customers === null) return [];
    return [{ risk, customers, churned }];
  });
}

function driversOf(drivers: Bag): Insight["drivers"] {
  return Object.entries(drivers)
    .map(([group, loss]) => ({ group, loss: number(loss) ?? 0 }))
    .filter(({ loss }) => loss > 0)
    .sort((a, b) => b.loss - a.loss);
}

function bag(value: unknown): Bag {
  return typeof value === "object" && value !== null ? (value as Bag) : {};
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
