"""What the latest run found besides scores, put together for the shop's people."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.said import noted
from cloud.app.store import score_queries
from cloud.app.store.scores import TIERS, ScoreRun, TierReward

RISKS = ("high", "medium", "low")
KPIS = (
    "customers", "active_customers", "new_customers", "repeat_share", "churn_rate",
    "retention_rate", "revenue_minor", "average_order_value_minor", "clv_minor", "clv_low_minor",
    "clv_high_minor", "revenue_at_risk_minor",
)  # fmt: skip
NO_RECORD: dict[str, Any] = {
    "verdict": "too early to tell",
    "sentence": "No prediction has been kept yet: they are judged once their horizon is over.",
    "is_kept": False,
    "runs": [],
    "bands": [],
    "model": None,
    "recency": None,
    "value": [],
}


def scoreboard(session: Session, shop_id: uuid.UUID) -> Mapping[str, Any]:
    """What was predicted and what came."""
    return score_queries.insight(session, shop_id, "scoreboard") or NO_RECORD


def tiers(session: Session, shop_id: uuid.UUID) -> list[dict[str, object]]:
    """The tiers from the best: customers, what they bring, and whether the owner wrote that."""
    counts = score_queries.bands(session, shop_id)["tier"]
    usual = _guide(session, shop_id)["rewards"]
    rows = session.execute(
        select(TierReward.tier, TierReward.reward).where(TierReward.shop_id == shop_id)
    )
    edited: dict[str, str] = dict(rows.all())
    return [
        {
            "tier": tier,
            "customers": counts.get(tier, 0),
            "reward": edited.get(tier, usual.get(tier, "")),
            "is_edited": tier in edited,
        }
        for tier in TIERS
    ]


def write_reward(session: Session, shop_id: uuid.UUID, tier: str, reward: str | None) -> None:
    """Write down what a tier brings; None takes the usual words again."""
    kept = session.get(TierReward, (shop_id, tier))
    if reward is None:
        if kept is not None:
            session.delete(kept)
    elif kept is None:
        session.add(TierReward(shop_id=shop_id, tier=tier, reward=reward))
    else:
        kept.reward = reward
    session.flush()


def overview(session: Session, shop_id: uuid.UUID, run: ScoreRun) -> dict[str, object]:
    """Key figures, trend, segments, risk bands and what drives them, of the latest run."""
    summary: dict[str, Any] = dict(run.summary)
    counts = score_queries.bands(session, shop_id)
    trend = score_queries.insight(session, shop_id, "trend") or {"months": []}
    return {
        **{name: getattr(run, name) for name in ("as_of", "horizon_days", "model", "verdict")},
        "reason": summary["reason"],
        "notes": noted(summary.get("notes", [])),
        "created_at": run.created_at,
        "kpis": {name: summary["kpis"].get(name) for name in KPIS},
        "months": trend["months"],
        "segments": _segments(session, shop_id, counts["segment"]),
        "risks": _risks(summary, counts["risk"]),
        "drivers": _drivers(summary.get("drivers") or {}),
        "clusters": score_queries.insight(session, shop_id, "clusters"),
    }


def _guide(session: Session, shop_id: uuid.UUID) -> Mapping[str, Any]:
    return score_queries.insight(session, shop_id, "guide") or {"segments": {}, "rewards": {}}


def _segments(
    session: Session, shop_id: uuid.UUID, counts: Mapping[str, int]
) -> list[dict[str, object]]:
    """All segments in the guide's order, from the best; a segment may be empty."""
    total = sum(counts.values())
    return [
        {
            "segment": name,
            "customers": counts.get(name, 0),
            "share": counts.get(name, 0) / total if total else 0.0,
            **words,
        }
        for name, words in _guide(session, shop_id)["segments"].items()
    ]


def _risks(summary: Mapping[str, Any], counts: Mapping[str, int]) -> list[dict[str, object]]:
    """Each band with how many stand in it, and how many who had stood in it were lost."""
    observed = (summary.get("backtest") or {}).get("churn_by_risk") or {}
    return [
        {
            "risk": risk,
            "customers": counts.get(risk, 0),
            "past_customers": (observed.get(risk) or {}).get("customers", 0),
            "observed_churn": (observed.get(risk) or {}).get("churned"),
        }
        for risk in RISKS
    ]


def _drivers(found: Mapping[str, float]) -> list[dict[str, object]]:
    return [{"driver": name, "auc_loss": loss} for name, loss in found.items()]
