"""Evaluates a shop's model on imagined customers, for `cloud.app.domain.what_if`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from cloud.ml.candidates import PriorLogistic, churn_inputs
from cloud.ml.churn import RISK_CUTS, RISKS, ChurnModel
from cloud.ml.drivers import (
    LEAST_CONTRIBUTION,
    MAX_REASONS,
    Scorer,
    contributions,
    drivers,
)
from cloud.ml.snapshot import Snapshot

Floats = npt.NDArray[np.float64]

# Where visits count as recent, the inputs jump: the days before and after are both on the axis.
JUMPS = (1 / 3, 1.0)
AWAY_HORIZONS = (0, 1 / 12, 1 / 6, 1 / 2, 3 / 4, 1.5, 2, 3, 5, 9)
GAP_HORIZONS = (1 / 20, 1 / 10, 1 / 5, 1 / 3, 1 / 2, 1, 2, 5)
VISITS = (2, 3, 5, 9, 20, 60)
# of the shop's usual value; the models look no farther
VALUES = (0.05, 0.4, 1.0, 2.5, 20.0)
DECIMALS = 3


def grid_of(scorer: Scorer) -> dict[str, Any]:
    """The grid as a document: contributions of each group, and the standard error of the logit."""
    horizon = scorer.model.horizon_days
    learnt = scorer.model.learnt_horizon_days
    away = _days([horizon * share for share in AWAY_HORIZONS] + _jumps(learnt))
    gaps = _days([max(horizon * share, 1) for share in GAP_HORIZONS] + [1])
    values = [scorer.model.reference.usual_value * share for share in VALUES]
    with threadpool_limits(1):  # small tables: threads would only wait for each other
        once, groups, typical = _part(scorer, [away, values])
        often, _, _ = _part(scorer, [list(VISITS), gaps, away, values])
    return {
        "once": once,
        "often": often,
        "groups": groups,
        "typical": typical,
        "has_interval": _logistic(scorer.model) is not None,
        "risk_cuts": list(RISK_CUTS),
        "risks": list(RISKS),
        "words": _words(groups),
    }


def _part(
    scorer: Scorer, axes: Sequence[Sequence[float]]
) -> tuple[dict[str, Any], list[str], float]:
    """One part of the grid, the names of its columns, and the typical customer's logit."""
    points = np.array(np.meshgrid(*axes, indexing="ij")).reshape(len(axes), -1)
    visits, gaps = points[:2] if len(axes) == 4 else (np.ones(points.shape[1]),) * 2
    days = _imagined(visits.astype(int), gaps, points[-2].astype(int), points[-1], scorer)
    customers = Snapshot(days, scorer.as_of, scorer.model.horizon_days, scorer.model.reference)
    parts = contributions(scorer.model, customers, scorer.typical)
    groups = [str(name) for name in parts if name != "typical"]
    columns = np.column_stack([parts[groups].to_numpy(), _errors(scorer.model, customers)])
    told = {
        "axes": [list(axis) for axis in axes],
        "width": columns.shape[1],
        "values": [round(value, DECIMALS) for value in columns.ravel().tolist()],
    }
    return told, groups, float(parts["typical"].iloc[0])


def _imagined(
    visits: npt.NDArray[np.int64],
    gaps: Floats,
    away: npt.NDArray[np.int64],
    values: Floats,
    scorer: Scorer,
) -> pd.DataFrame:
    """The days of customers whose visits are evenly spaced and of equal value, in their order."""
    customer = np.repeat(np.arange(len(visits)), visits)
    number = np.arange(len(customer)) - np.repeat(np.cumsum(visits) - visits, visits)
    back = np.repeat(visits, visits) - 1 - number  # 0 at the last visit
    ago = away[customer] + np.round(back * gaps[customer]).astype(int)
    return pd.DataFrame(
        {
            "customer_id": customer,
            "day": pd.Timestamp(scorer.as_of) - pd.to_timedelta(ago, unit="D"),
            "net_amount": values[customer],
            "purchases": 1,
            "is_bought": True,
        }
    )


def _errors(model: ChurnModel, customers: Snapshot) -> Floats:
    """The standard error of each logit: what the model could not learn from this shop."""
    logistic = _logistic(model)
    if logistic is None:
        return np.zeros(len(customers.table))
    near = customers.with_horizon(model.learnt_horizon_days)
    X = churn_inputs(near, model.candidate.inputs)
    design = np.column_stack([np.ones(len(X)), X])
    variance = np.einsum("ij,jk,ik->i", design, logistic.covariance_, design)
    errors: Floats = np.sqrt(np.maximum(variance, 0.0))
    return errors


def _logistic(model: ChurnModel) -> PriorLogistic | None:
    """The logistic regression of a model; trees alone do not tell how sure they are."""
    parts = getattr(model.candidate, "parts_", [model.candidate])
    found = [part.model_ for part in parts if isinstance(part.model_, PriorLogistic)]
    return found[0] if found else None


def _words(groups: Sequence[str]) -> dict[str, Any]:
    """The models' own words, with places for the figures."""
    told = [group for group in groups if group != "absence"]
    steps = [sign * size * LEAST_CONTRIBUTION for size in (1.5, 9) for sign in (-1, 1)]
    return {
        "once": _rhythm(1, 8888, 0).replace("8888", "{away}"),
        "once_a_day_ago": _rhythm(1, 1, 0),
        "often": _rhythm(2, 8888, 9999).replace("8888", "{away}").replace("9999", "{gap}"),
        "daily": _rhythm(2, 8888, 1).replace("8888", "{away}"),
        "reasons": {group: [_reason(group, step) for step in steps] for group in told},
        "least": LEAST_CONTRIBUTION,
        "clear": 5 * LEAST_CONTRIBUTION,
        "most": MAX_REASONS,
    }


def _rhythm(visits: int, away_days: int, gap_days: float) -> str:
    return _told(visits, away_days, gap_days)[0]


def _reason(group: str, contribution: float) -> str:
    return _told(2, 1, 1, pd.DataFrame({group: [contribution]}))[1]


def _told(visits: int, away_days: int, gap_days: float, parts: Any = None) -> list[str]:
    row = {
        "visits": [visits], "days_since_last_visit": [away_days], "usual_gap_days": [gap_days]
    }  # fmt: skip
    return drivers(pd.DataFrame(row), parts)[0]


def _jumps(horizon_days: int) -> list[float]:
    edges = [round(max(horizon_days * share, 1)) for share in JUMPS]
    return [day for edge in edges for day in (edge - 1, edge)]


def _days(days: Sequence[float]) -> list[float]:
    return sorted({float(round(day)) for day in days})
