"""What was predicted and what happened: the models' record, beside the recency baseline.

Predictions are a frame of one row per customer and run: `customer_id`, `as_of`, `horizon_days`,
`churn_probability`. Only runs whose horizon is over count, and runs of which the horizons do not
overlap: nightly runs say nearly the same about the same customers, and counting them all would
pretend to a certainty that is not there. While the shop was shut (`cloud.ml.closures`) no horizon
runs.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

from cloud.ml.calibration import auc_with_error
from cloud.ml.closures import calendar_day, closures, on_open_clock, open_days
from cloud.ml.features import features_of_days
from cloud.ml.intervals import wilson

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Verdict = Literal["too early to tell", "reliable", "fair", "unreliable"]

REQUIRED = ("customer_id", "as_of", "horizon_days", "churn_probability")
BAND_EDGES = (0.2, 0.4, 0.6, 0.8)
BANDS = ("0-20 %", "20-40 %", "40-60 %", "60-80 %", "80-100 %")
CLOSE_ENOUGH = 0.05  # nobody acts differently on 85 % than on 87 %
MIN_PREDICTIONS = 30
MIN_PER_CLASS = 10


@dataclass(frozen=True)
class Scoreboard:
    """The record.

    bands : one row per band of predicted probability: `band`, `customers`, `predicted` (mean),
        `observed` (share that did not come back), `low`, `high` (its 95 % interval)
    runs : the dates of the runs that are judged
    model, recency : AUC, its standard error, and Brier score; None where it is too early.
        Recency's percentages come from a regression on what was known at each run.
    """

    verdict: Verdict
    sentence: str
    runs: list[date]
    bands: pd.DataFrame
    model: dict[str, float] | None
    recency: dict[str, float] | None

    def summary(self) -> dict[str, Any]:
        """The same as plain Python for JSON."""
        return {
            "verdict": self.verdict,
            "sentence": self.sentence,
            "runs": [run.isoformat() for run in self.runs],
            "bands": self.bands.to_dict("records"),
            "model": self.model,
            "recency": self.recency,
        }


def score_past_predictions(
    predictions: pd.DataFrame, days: pd.DataFrame, today: date
) -> Scoreboard:
    """Judge the past predictions by the visits that followed.

    Parameters
    ----------
    predictions : see above; several runs, customers without a probability are skipped
    days : the shop's `customer_days` up to today
    today : the last day that is known
    """
    missing = [name for name in REQUIRED if name not in predictions.columns]
    if missing:
        raise ValueError(f"predictions: expected columns {REQUIRED}, missing {missing}")
    if shut := closures(days, today):  # a horizon counts days on which somebody could come
        days = open_days(days, shut)
        as_of = on_open_clock(pd.to_datetime(predictions["as_of"]), shut)
        predictions = predictions.assign(as_of=as_of.dt.date)
    runs = _complete_runs(predictions, today)
    judged = [_judged(run, days) for run in runs]
    rows = pd.concat(judged) if judged else _nobody()
    dates = [calendar_day(run["as_of"].iloc[0], shut) for run in runs]
    churned = rows["churned"].to_numpy(dtype=bool)
    bands = _bands(rows["churn_probability"].to_numpy(dtype=float), churned)
    n_lost = int(churned.sum())
    if len(rows) < MIN_PREDICTIONS or min(n_lost, len(rows) - n_lost) < MIN_PER_CLASS:
        return Scoreboard("too early to tell", _too_early(rows, n_lost), dates, bands, None, None)
    model = _figures(rows["churn_probability"].to_numpy(dtype=float), churned)
    recency = _figures(rows["recency_probability"].to_numpy(dtype=float), churned)
    verdict, sentence = _verdict(rows, bands, model, recency)
    return Scoreboard(verdict, sentence, dates, bands, model, recency)


def _complete_runs(predictions: pd.DataFrame, today: date) -> list[pd.DataFrame]:
    """Runs whose horizon is over, the latest first, none overlapping with the one after."""
    known = predictions[predictions["churn_probability"].notna()]
    known = known.assign(as_of=pd.to_datetime(known["as_of"]).dt.date)
    runs, not_after = [], today
    for as_of, run in sorted(known.groupby("as_of"), key=lambda pair: str(pair[0]), reverse=True):
        horizon = timedelta(days=int(run["horizon_days"].iloc[0]))
        if pd.Timestamp(str(as_of)).date() + horizon <= not_after:
            not_after = pd.Timestamp(str(as_of)).date()
            runs.append(run.drop_duplicates("customer_id", keep="last"))
    return runs


def _judged(run: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """A run with what happened and what recency alone would have said."""
    as_of, horizon_days = run["as_of"].iloc[0], int(run["horizon_days"].iloc[0])
    churned = ~run["customer_id"].isin(_visitors(days, as_of, horizon_days))
    said = _recency_probability(days, as_of, horizon_days)
    recency = run["customer_id"].map(said)
    table = run.assign(churned=churned, recency_probability=recency)
    return table[table["recency_probability"].notna()]  # who has been erased is not judged


def _visitors(days: pd.DataFrame, as_of: date, horizon_days: int) -> "pd.Series[str]":
    start = pd.Timestamp(as_of)
    end = start + pd.Timedelta(days=horizon_days)
    is_visit = (days["day"] > start) & (days["day"] <= end) & (days["net_amount"] > 0)
    return days.loc[is_visit, "customer_id"]


def _recency_probability(days: pd.DataFrame, as_of: date, horizon_days: int) -> "pd.Series[float]":
    """What days since the last visit alone said, learnt one horizon before; by customer."""
    now = features_of_days(days, as_of)
    before = as_of - timedelta(days=horizon_days)
    past = features_of_days(days, before)
    lost = ~past["customer_id"].isin(_visitors(days, before, horizon_days)).to_numpy()
    if lost.all() or not lost.any():  # nothing to learn from; an empty past is both
        share = float(lost.mean()) if len(lost) else 0.5
        return pd.Series(share, index=now["customer_id"])
    away, away_now = (np.log1p(t[["days_since_last_visit"]].to_numpy()) for t in (past, now))
    probability = LogisticRegression().fit(away, lost).predict_proba(away_now)[:, 1]
    return pd.Series(probability, index=now["customer_id"])


def _nobody() -> pd.DataFrame:
    return pd.DataFrame(columns=[*REQUIRED, "churned", "recency_probability"])


def _bands(probability: Floats, churned: Bools) -> pd.DataFrame:
    band = np.searchsorted(BAND_EDGES, probability, side="right")
    rows = []
    for number, name in enumerate(BANDS):
        inside = band == number
        if inside.any():
            low, high = wilson(int(churned[inside].sum()), int(inside.sum()))
            rows.append(
                {
                    "band": name,
                    "customers": int(inside.sum()),
                    "predicted": float(probability[inside].mean()),
                    "observed": float(churned[inside].mean()),
                    "low": low,
                    "high": high,
                }
            )
    return pd.DataFrame(rows, columns=["band", "customers", "predicted", "observed", "low", "high"])


def _figures(probability: Floats, churned: Bools) -> dict[str, float]:
    auc, error = auc_with_error(churned, probability)
    brier = float(np.mean((probability - churned) ** 2))
    return {"auc": auc, "auc_standard_error": error, "brier": brier}


def _verdict(
    rows: pd.DataFrame, bands: pd.DataFrame, model: dict[str, float], recency: dict[str, float]
) -> tuple[Verdict, str]:
    """The percentages first, because the owner acts on them; then the order beside recency."""
    is_near = (bands["predicted"] - bands["observed"]).abs() <= CLOSE_ENOUGH
    by_chance = (bands["low"] <= bands["predicted"]) & (bands["predicted"] <= bands["high"])
    held = (is_near | by_chance).to_numpy()
    share_held = float(held @ bands["customers"] / bands["customers"].sum())
    base = float(rows["churned"].mean())
    is_useful = model["brier"] < base * (1 - base)
    largest = bands.sort_values("customers").iloc[-1]
    percentages = (
        f"Of {largest['customers']} customers of whom {largest['predicted']:.0%} were expected to "
        f"stay away, {largest['observed']:.0%} did"
    )
    order = _beside_recency(model, recency)
    if not is_useful:
        return "unreliable", f"{percentages}. One rate for everybody had been as good. {order}"
    if share_held < 0.5:
        return "fair", f"{percentages}: the order helped, the percentages were off. {order}"
    return "reliable", f"{percentages}. {order}"


def _beside_recency(model: dict[str, float], recency: dict[str, float]) -> str:
    difference = model["auc"] - recency["auc"]
    figures = f"({model['auc']:.0%} of pairs in the right order, {recency['auc']:.0%} by recency)"
    if abs(difference) <= max(model["auc_standard_error"], recency["auc_standard_error"]):
        return f"It ranked about as well as days since the last visit alone {figures}."
    word = "better" if difference > 0 else "worse"
    return f"It ranked {word} than days since the last visit alone {figures}."


def _too_early(rows: pd.DataFrame, n_lost: int) -> str:
    return (
        f"At least {MIN_PREDICTIONS} predictions whose time is over are needed, "
        f"{MIN_PER_CLASS} of customers who came back and {MIN_PER_CLASS} of others; there are "
        f"{len(rows)}, of whom {len(rows) - n_lost} came back."
    )
