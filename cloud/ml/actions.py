"""The next best action for each customer: what is saved by it, against what it costs.

A message or call prevents a share of losses; whoever would have come anyway takes the gift all the
same. With p the probability of loss, e the share of losses prevented, v what a kept customer brings
and g the cost of the gift, an action is worth

    p * e * (v - g) - (1 - p) * g - cost

The share prevented is an assumption until campaigns with a holdout have measured it (`Effect`).
Nothing is proposed on a channel without consent, soon after the last message, or before a
customer is due.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cloud.ml.intervals import difference_of_shares

COLUMNS = ("customer_id", "action", "channel", "expected_value", "cost", "reason")
CHANNELS = ("call", "email", "sms", "whatsapp")
PRIOR_WEIGHT = 200  # customers; a campaign of 200 counts as much as the assumption


@dataclass(frozen=True)
class Effect:
    """Share of losses that an action prevents; `customers` measured it, 0 means assumed."""

    share: float
    customers: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"effect: expected a share between 0 and 1, found {self.share}")


@dataclass(frozen=True)
class Action:
    """Something the owner can do for one customer.

    cost : what one message or the time for one call costs
    gift : what the customer gets, as a share of an average order
    """

    name: str
    channels: tuple[str, ...]
    cost: float
    gift: float
    effect: Effect


@dataclass(frozen=True)
class Policy:
    """How much is sent at most, and how little is worth doing."""

    days_between_messages: int = 21
    messages_per_90_days: int = 3
    least_value: float = 0.5


# Assumed effects are small on purpose; see docs/model-card.md for how they are measured.
ACTIONS = (
    Action("reminder", ("sms", "whatsapp", "email"), 0.08, 0.0, Effect(0.05)),
    Action("offer", ("sms", "whatsapp", "email"), 0.08, 0.10, Effect(0.10)),
    Action("call", ("call",), 4.00, 0.0, Effect(0.12)),
)


def at_stake(customers: pd.DataFrame, horizon_days: int) -> pd.DataFrame:
    """Customers of an analysis by what may be lost with them, the most first.

    Adds `at_stake`, the analysis' own `value_at_risk`. Who has been away for longer than the
    horizon is not at risk any more but mostly gone, and left out.
    """
    table = customers.assign(at_stake=customers["value_at_risk"].astype(float))
    is_here = table["days_since_last_visit"].astype(float) < horizon_days
    table = table[is_here & table["at_stake"].notna()]
    return table.sort_values(
        ["at_stake", "customer_id"], ascending=[False, True], ignore_index=True
    )


def measured_effect(
    assumed: Effect, *, treated: int, treated_lost: int, held_out: int, held_out_lost: float
) -> Effect:
    """The assumption, moved by a campaign's holdout as far as its size deserves.

    Effects below zero count as zero: no action is proposed for harming.
    """
    if not (0 <= treated_lost <= treated and 0 <= held_out_lost <= held_out):
        raise ValueError("campaign: expected no more lost customers than there were in each arm")
    if not treated or not held_out_lost:
        return assumed
    seen = 1 - (treated_lost / treated) / (held_out_lost / held_out)
    # The information lies in the smaller arm.
    weight = 2 * treated * held_out / (treated + held_out)
    known = PRIOR_WEIGHT + assumed.customers
    share = (assumed.share * known + seen * weight) / (known + weight)
    return Effect(min(max(share, 0.0), 1.0), assumed.customers + treated + held_out)


def uplift_interval(
    *, treated: int, treated_lost: int, held_out: int, held_out_lost: int
) -> tuple[float, float] | None:
    """95 % interval for the share of customers that a campaign saved; None if an arm is empty."""
    if not treated or not held_out:
        return None
    return difference_of_shares(held_out_lost, held_out, treated_lost, treated)


def next_best_actions(
    customers: pd.DataFrame,
    *,
    actions: Sequence[Action] = ACTIONS,
    policy: Policy | None = None,
) -> pd.DataFrame:
    """One row per customer: what to do now, what it is worth, and why.

    Parameters
    ----------
    customers : `customer_id`, `churn_probability`, `value_if_kept`, `average_order_value`,
        `days_since_last_visit`, `usual_gap_days` (all may be missing), `consents` (the channels on
        which marketing is allowed: a collection of CHANNELS), `days_since_last_message` (missing
        if none was ever sent) and `messages_90_days`

    Returns
    -------
    DataFrame with COLUMNS, the most valuable first. `action` is None where nothing should be done;
    `reason` then says why.
    """
    _check(customers)
    policy = policy or Policy()
    rows = [_best(row, actions, policy) for row in customers.to_dict("records")]
    # As objects: a column of text would turn None into NaN, which is neither true nor None.
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"action": object, "channel": object})
    for name in ("action", "channel"):
        table[name] = table[name].where(table[name].notna(), None)
    return table.sort_values(
        ["expected_value", "customer_id"], ascending=[False, True], ignore_index=True
    )


def _check(customers: pd.DataFrame) -> None:
    wanted = (
        "customer_id", "churn_probability", "value_if_kept", "average_order_value",
        "days_since_last_visit", "usual_gap_days", "consents", "days_since_last_message",
        "messages_90_days",
    )  # fmt: skip
    missing = [name for name in wanted if name not in customers.columns]
    if missing:
        raise ValueError(f"customers: expected columns {wanted}, missing {missing}")
    given = {channel for consents in customers["consents"] for channel in consents}
    if not given <= set(CHANNELS):
        raise ValueError(f"consents: expected {CHANNELS}, found {sorted(given - set(CHANNELS))}")


def _best(row: Mapping[Any, Any], actions: Sequence[Action], policy: Policy) -> dict[str, Any]:
    why_not = _why_not(row, policy)
    if why_not:
        return _nothing(row, why_not)
    possible = [action for action in actions if set(action.channels) & set(row["consents"])]
    if not possible:
        return _nothing(row, "No action is possible on the channels that are allowed.")
    worth = {action.name: _expected_value(action, row) for action in possible}
    best = max(possible, key=lambda action: (worth[action.name], -action.cost, action.name))
    value = worth[best.name]
    if value < policy.least_value:
        return _nothing(row, f"Nothing is worth it: the best, {_a(best)}, would bring {value:.2f}.")
    channel = next(channel for channel in best.channels if channel in row["consents"])
    return {
        "customer_id": row["customer_id"],
        "action": best.name,
        "channel": channel,
        "expected_value": round(value, 2),
        "cost": round(best.cost + best.gift * _order(row), 2),
        "reason": _reason(best, row),
    }


def _why_not(row: Mapping[Any, Any], policy: Policy) -> str | None:
    """The first reason to leave this customer alone."""
    if not len(row["consents"]):
        return "No consent on any channel; ask at the next visit."
    if pd.isna(row["churn_probability"]) or pd.isna(row["value_if_kept"]):
        return "Risk and value are not known well enough to weigh a cost."
    since = row["days_since_last_message"]
    if pd.notna(since) and since < policy.days_between_messages:
        return f"Got a message {int(since)} days ago; wait {policy.days_between_messages} days."
    if row["messages_90_days"] >= policy.messages_per_90_days:
        return f"Got {int(row['messages_90_days'])} messages in 90 days; that is enough."
    gap, away = row["usual_gap_days"], row["days_since_last_visit"]
    if pd.notna(gap) and away <= gap:
        return f"Not due yet: usually every {gap:.0f} days, now {int(away)}."
    return None


def _expected_value(action: Action, row: Mapping[Any, Any]) -> float:
    lost = float(np.clip(row["churn_probability"], 0.0, 1.0))
    gift = action.gift * _order(row)
    saved = lost * action.effect.share
    return saved * (float(row["value_if_kept"]) - gift) - (1 - lost) * gift - action.cost


def _order(row: Mapping[Any, Any]) -> float:
    order = row["average_order_value"]
    return 0.0 if pd.isna(order) else max(float(order), 0.0)


def _reason(action: Action, row: Mapping[Any, Any]) -> str:
    gap, away = row["usual_gap_days"], int(row["days_since_last_visit"])
    rhythm = (
        f"Usually every {gap:.0f} days, now {away}" if pd.notna(gap) else f"Away for {away} days"
    )
    measured = action.effect.customers
    source = f"measured on {measured} customers" if measured else "an assumption"
    return (
        f"{rhythm}; lost with {row['churn_probability']:.0%}, worth {row['value_if_kept']:.2f} if "
        f"kept. {_a(action).capitalize()} prevents {action.effect.share:.0%} of losses ({source})."
    )


def _nothing(row: Mapping[Any, Any], reason: str) -> dict[str, Any]:
    return {
        "customer_id": row["customer_id"],
        "action": None,
        "channel": None,
        "expected_value": 0.0,
        "cost": 0.0,
        "reason": reason,
    }


def _a(action: Action) -> str:
    return f"{'an' if action.name[0] in 'aeiou' else 'a'} {action.name}"


def with_effects(actions: Sequence[Action], effects: Mapping[str, Effect]) -> tuple[Action, ...]:
    """The actions with what was measured of them, by name."""
    return tuple(replace(a, effect=effects.get(a.name, a.effect)) for a in actions)
