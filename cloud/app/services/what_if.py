"""What the model says of a customer whose figures are entered by hand."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from cloud.app.domain.errors import Invalid, NotFound
from cloud.app.domain.money import exponent
from cloud.app.domain.said import told
from cloud.app.domain.what_if import Figures, checked, estimate
from cloud.app.services.shops import shop_by_id
from cloud.app.store import customer_queries, score_queries
from cloud.app.store.scores import Score

NAMES = ("visits", "days_since_last_visit", "tenure_days", "monetary_value_minor")
UNKNOWN: dict[str, Any] = {
    "churn_probability": None, "low": None, "high": None, "risk": None, "contributions": [],
    "drivers": [],
}  # fmt: skip


def what_if(
    session: Session,
    shop_id: uuid.UUID,
    entered: Mapping[str, int | None],
    customer_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Answer for the figures that were entered, the others taken from a customer if one is named.

    Raises NotFound before the first scoring, and Invalid for figures that are missing or senseless.
    Without a signal the answer has no probability, but says why.
    """
    run = score_queries.latest_run(session, shop_id)
    if run is None:
        raise NotFound("there are no scores yet: they come after the first import or overnight")
    score = None
    if customer_id is not None:
        score = customer_queries.score_of(session, shop_id, customer_id)
    wanted = _completed(entered, score)
    figures = _figures(wanted, shop_by_id(session, shop_id).currency)
    grid = score_queries.insight(session, shop_id, "what_if")
    found = UNKNOWN if grid is None else _told(grid, figures)
    return {
        "figures": wanted,
        **found,
        "reasons": told(found["drivers"]),
        "stored_churn_probability": score.churn_probability if score else None,
        **{name: getattr(run, name) for name in ("as_of", "horizon_days", "model", "verdict")},
        "reason": run.summary["reason"],
    }


def _completed(entered: Mapping[str, int | None], score: Score | None) -> dict[str, int]:
    found = {}
    for name in NAMES:
        value = entered.get(name)
        if value is None and score is not None:
            value = getattr(score, name)
        if value is None:
            raise Invalid(name, "a whole number, or a customer_id with a score", "nothing")
        found[name] = value
    if score is not None and entered.get("tenure_days") is None:
        return _with_age(found, score)
    return found


def _with_age(found: dict[str, int], score: Score) -> dict[str, int]:
    """Who stays away for longer is a customer for longer: what is between the visits stays."""
    between = score.tenure_days - score.days_since_last_visit
    gap = between / max(score.visits - 1, 1)
    visits = found["visits"]
    more = round((gap or 1) * (visits - 1)) if visits != score.visits else between
    return {**found, "tenure_days": found["days_since_last_visit"] + max(more, visits - 1)}


def _figures(wanted: Mapping[str, int], currency: str) -> Figures:
    value_minor = wanted["monetary_value_minor"]
    return checked(
        Figures(
            wanted["visits"],
            wanted["days_since_last_visit"],
            wanted["tenure_days"],
            value_minor / 10 ** exponent(currency),
        )
    )


def _told(grid: Mapping[str, Any], figures: Figures) -> dict[str, Any]:
    found = estimate(grid, figures)
    names = ("churn_probability", "low", "high", "risk", "drivers")
    moved = [{"driver": name, "logit": value} for name, value in found.contributions.items()]
    return {**{name: getattr(found, name) for name in names}, "contributions": moved}
