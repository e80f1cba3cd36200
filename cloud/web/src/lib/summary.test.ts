import { describe, expect, it } from "vitest";
import { readSummary, returnedCustomers } from "./summary";

describe("readSummary", () => {
  it("finds nothing in nothing, without falling over", () => {
    const insight = readSummary({ summary: {}, model: null });
    expect(insight).toMatchObject({
      customers: 0,
      churnRate: null,
      folds: [],
      bands: [],
      drivers: [],
    });
  });

  it("reads figures, past dates oldest first, bands and drivers by weight", () => {
    const insight = readSummary({
      model: "recency",
      summary: {
        kpis: { customers: 60, repeat_share: 0.5, churn_rate: 0.25, clv_minor: 1200 },
        backtest: {
          candidates: { recency: { auc: 0.81 } },
          churn_by_risk: {
            high: { customers: 9, churned: 0.8 },
            low: { customers: 0, churned: null },
          },
          folds: [
            { cut_off: "2026-06-01", customers: 40, churn_rate: 0.3 },
            { cut_off: "2026-05-01", customers: 38, churn_rate: 0.2 },
          ],
        },
        drivers: { spending: 0.01, absence: 0.2, loyalty: -0.001 },
      },
    });
    expect(insight).toMatchObject({ churnRate: 0.25, clvMinor: 1200, ranking: 0.81 });
    expect(insight.folds.map((fold) => fold.churnRate)).toEqual([0.2, 0.3]);
    expect(insight.bands).toEqual([{ risk: "high", customers: 9, churned: 0.8 }]);
    expect(insight.drivers.map(({ group }) => group)).toEqual(["absence", "spending"]);
    expect(returnedCustomers(insight)).toBe(30);
  });
});
