"""What the latest scoring found, as the shop's people see it."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from cloud.app.jobs.scoring import score_shop
from cloud.app.jobs.sessions import job_sessions
from cloud.app.settings import Settings
from cloud.app.store import roles
from cloud.app.store.connection import sessions_for
from cloud.app.store.roles import act_for
from cloud.app.store.scores import Insight
from tests.api.conftest import Somebody, body, colleague, made, problem, somebody
from tests.jobs.conftest import MODEL_KEY, NOW, Till
from tests.jobs.test_score_history import score_on
from tests.jobs.test_scoring_job import COLUMNS, town


@pytest.fixture(scope="module")
def scored(app: Flask, settings: Settings) -> Iterator[Somebody]:
    """The owner of a shop that was scored three times in a year."""
    owner = somebody(app, "Olga Owner")
    owner.open_shop("Bakery with a past")
    till = Till(uuid.UUID(owner.shop_id), sessions_for(settings, roles.APP), job_sessions(settings))
    for month in (7, 9, 11):
        score_on(till, town(90), dt.date(2025, month, 30))
    yield owner
    for sessions in (till.app, till.jobs):
        sessions.kw["bind"].dispose()


def bundle_of(*names: str) -> dict[str, Any]:
    unknown = ("dead_product", "full_price_minor", "bundle_price_minor", "discount", "margin")
    return {
        "products": [{"id": str(uuid.uuid4()), "name": name} for name in names],
        "evidence": "bought together", "reason": "Together 20 times.", "together": 20,
        "lift": 2.0, "confidence": None, **dict.fromkeys(unknown),
    }  # fmt: skip


def get(who: Somebody, what: str, **query: object) -> dict[str, Any]:
    return body(who.get(f"{who.url}/{what}", **query))


def test_insights_add_up(scored: Somebody) -> None:
    found = get(scored, "insights")
    kpis = found["kpis"]
    assert found["verdict"] == "signal"
    assert kpis["customers"] == 90
    assert kpis["churn_rate"] + kpis["retention_rate"] == pytest.approx(1)
    assert kpis["clv_low_minor"] < kpis["clv_minor"] < kpis["clv_high_minor"]
    assert sum(part["customers"] for part in found["segments"]) == 90
    assert sum(part["share"] for part in found["segments"]) == pytest.approx(1)
    assert all(part["meaning"] and part["action"] for part in found["segments"])
    assert len(found["segments"]) == 11
    assert [band["risk"] for band in found["risks"]] == ["high", "medium", "low"]
    high, _, low = found["risks"]
    assert high["observed_churn"] > low["observed_churn"]
    assert found["drivers"][0]["auc_loss"] >= found["drivers"][-1]["auc_loss"]
    assert sum(group["customers"] for group in found["clusters"]["clusters"]) == 90


def test_what_a_scoring_left_out_has_a_code(app: Flask, settings: Settings) -> None:
    owner = somebody(app, "Nora Newcomer")
    owner.open_shop("Kiosk of few")
    jobs = job_sessions(settings)
    till = Till(uuid.UUID(owner.shop_id), sessions_for(settings, roles.APP), jobs)
    till.imported("customer,date,amount\n1,2026-03-01,5.00\n2,2026-03-02,-6.00\n", COLUMNS)
    score_shop(jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    for one in (till.app, till.jobs):
        one.kw["bind"].dispose()

    never_paid, few = get(owner, "insights")["notes"]

    assert (never_paid["code"], never_paid["values"]) == ("never_paid", {"count": 1})
    assert (few["code"], few["values"]) == ("few", {"least": 20})
    assert few["text"].startswith("Below 20 customers")


def test_the_sum_over_the_customers_is_what_the_shop_has_at_risk(scored: Somebody) -> None:
    customers = get(scored, "customers", limit=200)["items"]
    at_risk = sum(one["score"]["revenue_at_risk_minor"] for one in customers)
    assert get(scored, "insights")["kpis"]["revenue_at_risk_minor"] == at_risk
    for one in customers:
        score = one["score"]
        assert 0 <= score["clv_low_minor"] <= score["clv_high_minor"]
        # what the forecast is held against, beside it
        assert 0 <= score["last_horizon_spent_minor"] <= one["spent_minor"]
        is_lately = score["days_since_last_visit"] < score["horizon_days"]
        assert (score["last_horizon_spent_minor"] > 0) == is_lately


def test_every_month_has_its_churn_and_retention(scored: Somebody) -> None:
    months = get(scored, "insights")["months"]
    assert [month["month"] for month in months] == [f"2025-{n:02}-01" for n in range(1, 12)]
    for month in months[3:]:
        assert month["churn_rate"] + month["retention_rate"] == pytest.approx(1)
    assert all(month["revenue_minor"] > 0 for month in months)


def test_the_scoreboard_tells_what_came(scored: Somebody) -> None:
    board = get(scored, "scoreboard")
    assert board["runs"][-1] == "2025-07-30"
    assert board["model"]["auc"] > 0.5
    assert board["recency"]["auc"] > 0.5
    assert {"expected_minor", "came_minor"} <= set(board["value"][0])


def test_a_shop_without_a_past_has_an_empty_scoreboard_and_its_tiers(owner: Somebody) -> None:
    assert get(owner, "scoreboard")["verdict"] == "too early to tell"
    assert [tier["customers"] for tier in get(owner, "tiers")["items"]] == [0, 0, 0, 0]
    problem(owner.get(f"{owner.url}/insights"), 404)


def test_moves_are_paged_and_narrowed(scored: Somebody) -> None:
    first = get(scored, "moves", limit=2)
    second = get(scored, "moves", limit=2, cursor=first["next_cursor"])
    assert not {m["id"] for m in first["items"]} & {m["id"] for m in second["items"]}
    tiers = get(scored, "moves", kind="tier", limit=200)["items"]
    assert {move["kind"] for move in tiers} == {"tier"}
    assert {move["direction"] for move in tiers} <= {"up", "down"}
    customer = tiers[0]["customer_id"]
    own = get(scored, "moves", customer_id=customer)["items"]
    assert {move["customer_id"] for move in own} == {customer}
    problem(scored.get(f"{scored.url}/moves", kind="mood"), 422)


def test_an_analyst_sees_who_moved_by_number_only(app: Flask, scored: Somebody) -> None:
    customer = get(scored, "moves")["items"][0]["customer_id"]
    scored.patch(f"{scored.url}/customers/{customer}", {"name": "Asha Rao"})
    assert get(scored, "moves", customer_id=customer)["items"][0]["name"] == "Asha Rao"
    analyst = colleague(app, scored, "analyst")
    assert {move["name"] for move in get(analyst, "moves", limit=200)["items"]} == {None}
    assert "Asha" not in analyst.get(f"{scored.url}/insights").text


def test_the_owner_writes_what_a_tier_brings(scored: Somebody, app: Flask) -> None:
    usual = get(scored, "tiers")["items"]
    assert [tier["tier"] for tier in usual] == ["Platinum", "Gold", "Silver", "Bronze"]
    assert sum(tier["customers"] for tier in usual) == 90
    assert all(tier["reward"] and not tier["is_edited"] for tier in usual)

    change = {"rewards": {"Gold": "A free coffee", "Bronze": ""}}
    edited = body(scored.patch(f"{scored.url}/tiers", change))["items"]
    assert [tier["reward"] for tier in edited[1::2]] == ["A free coffee", ""]
    assert [tier["is_edited"] for tier in edited] == [False, True, False, True]

    assert get(scored, "tiers")["items"] == edited

    body(scored.patch(f"{scored.url}/tiers", {"rewards": {"Gold": None, "Bronze": None}}))
    assert get(scored, "tiers")["items"] == usual
    found = problem(scored.patch(f"{scored.url}/tiers", {"rewards": {"Tin": "Nothing"}}), 422)
    assert "Platinum" in found["errors"][0]["expected"]
    staff = colleague(app, scored, "staff")
    problem(staff.patch(f"{staff.url}/tiers", change), 403)


def test_the_model_has_a_card(scored: Somebody, owner: Somebody) -> None:
    card = get(scored, "model")
    assert card["trained_to"] == "2025-11-30"
    assert card["customers"] == 90
    assert card["metrics"]["auc"] > 0.5
    assert "scikit-learn" in card["versions"]
    problem(owner.get(f"{owner.url}/model"), 404)


FIGURES = {"visits": 12, "days_since_last_visit": 10, "tenure_days": 150}


def test_what_if_answers_at_once_with_interval_and_words(scored: Somebody) -> None:
    near = get(scored, "what-if", **FIGURES, monetary_value_minor=1000)
    far = get(
        scored, "what-if", visits=12, days_since_last_visit=90, tenure_days=230,
        monetary_value_minor=1000,
    )  # fmt: skip
    assert near["churn_probability"] < far["churn_probability"]
    for told in (near, far):
        assert told["low"] < told["churn_probability"] < told["high"]
        assert told["risk"] in ("high", "medium", "low")
    assert far["drivers"][0] == "usually every 13 days, now 90"
    assert near["horizon_days"] == get(scored, "insights")["horizon_days"]
    # what was said of a real customer does not come with an imagined one
    assert near["stored_churn_probability"] is None


def test_what_if_takes_the_figures_of_a_customer_and_changes_some(scored: Somebody) -> None:
    customer = get(scored, "customers")["items"][0]
    score = customer["score"]
    same = get(scored, "what-if", customer_id=customer["id"])
    assert same["figures"] == {
        name: score[name]
        for name in ("visits", "days_since_last_visit", "tenure_days", "monetary_value_minor")
    }
    assert same["stored_churn_probability"] == score["churn_probability"]
    later = score["days_since_last_visit"] + 60
    away = get(scored, "what-if", customer_id=customer["id"], days_since_last_visit=later)
    assert away["figures"]["tenure_days"] == score["tenure_days"] + 60
    assert away["churn_probability"] > same["churn_probability"]


def test_senseless_figures_are_refused_by_name(scored: Somebody, outsider: Somebody) -> None:
    url = f"{scored.url}/what-if"
    found = problem(scored.get(url, **FIGURES), 422)
    assert found["errors"][0]["field"] == "monetary_value_minor"
    wrong = {**FIGURES, "tenure_days": 12, "monetary_value_minor": 1000}
    found = problem(scored.get(url, **wrong), 422)
    assert found["errors"][0]["field"] == "tenure_days"
    assert "21 or more" in found["errors"][0]["expected"]
    other = made(outsider.post(f"{outsider.url}/customers", {"name": "Asha"}))
    problem(scored.get(url, customer_id=other["id"]), 404)


def test_what_if_with_too_little_data_has_no_probability_but_a_reason(
    owner: Somebody, settings: Settings
) -> None:
    sessions = job_sessions(settings)
    till = Till(uuid.UUID(owner.shop_id), sessions_for(settings, roles.APP), sessions)
    till.imported("customer,date,amount\n1,2026-03-01,5.00\n2,2026-03-02,6.00\n", COLUMNS)
    score_shop(sessions, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    told = get(owner, "what-if", **FIGURES, monetary_value_minor=1000)
    assert told["churn_probability"] is None
    assert told["verdict"] == "too little data"
    assert told["reason"]
    for one in (till.app, till.jobs):
        one.kw["bind"].dispose()


def test_bundles_of_three_are_told_to_who_asks(scored: Somebody, settings: Settings) -> None:
    pair, triple = bundle_of("tart", "cake"), bundle_of("tart", "cake", "coffee")
    shop_id = uuid.UUID(scored.shop_id)
    sessions = job_sessions(settings)
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        kept = session.get_one(Insight, (shop_id, "bundles"))
        kept.content = {"items": [pair], "triples": [triple], "notes": []}
    sessions.kw["bind"].dispose()

    assert get(scored, "bundles")["items"] == [pair]
    assert get(scored, "bundles", with_triples="true")["items"] == [pair, triple]
    problem(scored.get(f"{scored.url}/bundles", with_triples="perhaps"), 422)
