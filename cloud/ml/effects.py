"""What our advice brought: who was lost after an action, beside who was lost without any.

There is no lottery: the owner chooses whom to write to. So everybody is held against what was
foretold before, and those who were written to against those who were not and who, like them, had
not come back by that day (a landmark analysis; Anderson, Cain, Gelber 1983). What remains of the
owner's choice is why the assumption weighs as much as it does, see `measured_effect`.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cloud.ml.actions import ACTIONS, Effect, measured_effect
from cloud.ml.features import day_numbers

COLUMNS = ("customer_id", "action", "done_on")


@dataclass
class _Seen:
    """Customers after one action: how many, how many were lost, how many had been without it."""

    treated: int = 0
    lost: int = 0
    expected_lost: float = 0.0
    others: int = 0


def learnt_effects(
    done: pd.DataFrame, predictions: pd.DataFrame, days: pd.DataFrame
) -> dict[str, Effect]:
    """The share of losses that each action has prevented, as far as the past bears it out.

    Parameters
    ----------
    done : a row of COLUMNS per thing that was done; `done_on` is a date
    predictions : runs whose horizon is over, see `cloud.ml.scoreboard`
    days : the shop's `customer_days`

    Returns
    -------
    By the name of the action; actions that nobody has tried are left out.
    """
    done = done.assign(day=day_numbers(pd.to_datetime(done["done_on"])))
    visits = days[days["net_amount"] > 0]
    visits = pd.DataFrame({"customer_id": visits["customer_id"], "day": day_numbers(visits["day"])})
    seen: dict[str, _Seen] = {}
    for as_of, run in predictions.groupby("as_of"):
        start = int(np.datetime64(str(as_of), "D").astype(int))
        end = start + int(run["horizon_days"].iloc[0])
        _add_run(
            seen,
            run.dropna(subset="churn_probability").set_index("customer_id")["churn_probability"],
            done[(done["day"] > start) & (done["day"] < end)],
            visits[(visits["day"] > start) & (visits["day"] <= end)],
        )
    assumed = {action.name: action.effect for action in ACTIONS}
    return {name: _effect(assumed[name], seen[name]) for name in sorted(seen) if name in assumed}


def _add_run(
    seen: dict[str, _Seen], foretold: "pd.Series[float]", done: pd.DataFrame, visits: pd.DataFrame
) -> None:
    """The customers of one run after each day on which something was done for some of them."""
    first_done = done.sort_values("day").drop_duplicates("customer_id")
    first_done = first_done[first_done["customer_id"].isin(foretold.index)]
    first_visit, last_visit = (
        visits.groupby("customer_id")["day"].agg(which).reindex(foretold.index)
        for which in ("min", "max")
    )
    is_other = ~foretold.index.isin(done["customer_id"])
    for (action, day), group in first_done.groupby(["action", "day"]):
        is_away = ~(first_visit <= day).to_numpy()  # who had come by then needed nothing
        is_lost = ~(last_visit > day).to_numpy()
        is_treated = foretold.index.isin(group["customer_id"]) & is_away
        others = is_other & is_away
        if not is_treated.any() or not others.any():
            continue
        # how much likelier a loss was than foretold, by those for whom nothing was done
        drift = is_lost[others].sum() / max(float(foretold[others].sum()), 1e-9)
        found = seen.setdefault(str(action), _Seen())
        found.treated += int(is_treated.sum())
        found.lost += int(is_lost[is_treated].sum())
        found.expected_lost += float((foretold[is_treated] * drift).clip(upper=1.0).sum())
        found.others += int(others.sum())


def _effect(assumed: Effect, seen: _Seen) -> Effect:
    rate = seen.expected_lost / seen.treated
    measured = measured_effect(
        assumed,
        treated=seen.treated,
        treated_lost=seen.lost,
        held_out=seen.others,
        held_out_lost=rate * seen.others,
    )
    return replace(measured, customers=seen.treated)
