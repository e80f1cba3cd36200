"""Customers: added, changed, searched, and listed page by page."""

import datetime as dt
import uuid

import pytest
from flask import Flask

from cloud.app.settings import Settings
from cloud.app.store import roles
from cloud.app.store.connection import sessions_for
from cloud.app.store.scores import Score, ScoreRun
from tests.api.conftest import Somebody, body, made, problem


def add(owner: Somebody, **values: str) -> str:
    return str(made(owner.post(f"{owner.url}/customers", values))["id"])


def names(owner: Somebody, **query: object) -> list[str]:
    found = body(owner.get(f"{owner.url}/customers", **query))
    return [customer["name"] for customer in found["items"]]


def score(settings: Settings, owner: Somebody, at_risk: dict[str, int | None]) -> None:
    """Store scores as the worker does, with so much at risk for each customer."""
    shop_id = uuid.UUID(owner.shop_id)
    with sessions_for(settings, roles.JOBS)() as session:
        roles.act_for(session, shop_id=shop_id)
        session.add(run := a_run(shop_id))
        session.flush()
        for number, (customer_id, value) in enumerate(at_risk.items()):
            session.add(a_score(run, uuid.UUID(customer_id), value, number))
        session.commit()


def a_run(shop_id: uuid.UUID) -> ScoreRun:

    return ScoreRun(
        shop_id=shop_id,
        id=uuid.uuid4(),
        as_of=dt.date(2026, 11, 1),
        horizon_days=60,
        model="recency",
        verdict="weak signal",
        summary={"kpis": {"customers": 3, "churn_rate": 0.25}},
    )


def a_score(run: ScoreRun, customer_id: uuid.UUID, at_risk: int | None, number: int) -> Score:
    return Score(
        shop_id=run.shop_id,
        membership_id=customer_id,
        run_id=run.id,
        visits=3,
        days_since_last_visit=26,
        tenure_days=100,
        usual_gap_days=9.0,
        segment="At Risk",
        tier="Gold",
        churn_probability=None if at_risk is None else 0.2 + 0.1 * number,
        risk=None if at_risk is None else ("high" if at_risk > 100 else "low"),
        revenue_at_risk_minor=at_risk,
        drivers=["usually every 9 days, now 26"],
    )


def test_a_phone_is_stored_in_its_international_form(owner: Somebody) -> None:
    customer = made(owner.post(f"{owner.url}/customers", {"name": "A", "phone": "0151 23456789"}))
    assert customer["phone"] == "+4915123456789"
    assert customer["score"] is None
    assert customer["purchases"] == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"phone": "12"}, "phone"),
        ({"email": "at home"}, "email"),
        ({"id": str(uuid.uuid4())}, "id"),
        ({"name": "A", "shop_id": str(uuid.uuid4())}, "shop_id"),
    ],
)
def test_a_customer_that_cannot_be_is_refused(
    owner: Somebody, values: dict[str, object], field: str
) -> None:
    found = problem(owner.post(f"{owner.url}/customers", values), 422)
    assert [error["field"] for error in found["errors"]] == [field]


def test_a_reference_belongs_to_one_customer_of_a_shop(owner: Somebody, outsider: Somebody) -> None:
    add(owner, name="Asha", reference="17")
    problem(owner.post(f"{owner.url}/customers", {"name": "Ben", "reference": "17"}), 409)
    ben = add(owner, name="Ben")
    problem(owner.patch(f"{owner.url}/customers/{ben}", {"reference": "17"}), 409)
    assert add(outsider, name="Somebody else", reference="17")


def test_a_change_leaves_what_it_does_not_name(owner: Somebody) -> None:
    asha = add(owner, name="Asha", email="asha@example.com")
    changed = owner.patch(f"{owner.url}/customers/{asha}", {"phone": "+49 30 901820"})
    assert body(changed)["phone"] == "+4930901820"
    assert body(changed)["email"] == "asha@example.com"
    cleared = owner.patch(f"{owner.url}/customers/{asha}", {"email": None})
    assert body(cleared)["email"] is None


def test_search_finds_parts_of_name_phone_email_and_reference(owner: Somebody) -> None:
    add(owner, name="Asha Rao", email="asha@example.com", reference="C-100")
    add(owner, name="Ben 100%", phone="+4930901820")
    assert names(owner, search="RAO") == ["Asha Rao"]
    assert names(owner, search="901820") == ["Ben 100%"]
    assert names(owner, search="c-1") == ["Asha Rao"]
    assert names(owner, search="100%") == ["Ben 100%"]
    assert names(owner, search="nobody") == []


@pytest.mark.parametrize(
    "search", ["0151 2345", "0151/23456789", "+49 151 23", "0049151234", "2345"]
)
def test_a_phone_number_is_found_however_it_is_written(owner: Somebody, search: str) -> None:
    add(owner, name="Asha", phone="0151 23456789")
    add(owner, name="Ben", phone="030 901820", reference="151")
    assert names(owner, search=search) == ["Asha"]


def test_the_most_at_risk_comes_first_and_who_has_no_score_last(
    owner: Somebody, settings: Settings
) -> None:
    little, much = add(owner, name="Little"), add(owner, name="Much")
    thin, none = add(owner, name="Too thin"), add(owner, name="No score")
    score(settings, owner, {little: 50, much: 5000, thin: None})
    found = names(owner)
    assert found[:2] == ["Much", "Little"]
    assert set(found[2:]) == {"Too thin", "No score"}
    assert names(owner, risk="high") == ["Much"]
    assert names(owner, sort="name") == ["Little", "Much", "No score", "Too thin"]
    assert names(owner, segment="At Risk", tier="Silver") == []
    shown = body(owner.get(f"{owner.url}/customers/{much}"))["score"]
    assert shown["drivers"] == ["usually every 9 days, now 26"]
    assert shown["as_of"] == "2026-11-01"
    assert shown["verdict"] == "weak signal"
    assert none


@pytest.mark.parametrize("sort", ["value_at_risk", "churn", "clv", "name", "last_visit"])
def test_pages_show_everybody_once(owner: Somebody, settings: Settings, sort: str) -> None:
    ids = [add(owner, name=f"C{number % 3}") for number in range(7)]
    score(settings, owner, {ids[0]: 10, ids[1]: 10, ids[2]: 30})
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = body(owner.get(f"{owner.url}/customers", sort=sort, limit=2, **cursor))
        seen += [customer["id"] for customer in page["items"]]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == 2
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == len(set(seen)) == 7
    whole = body(owner.get(f"{owner.url}/customers", sort=sort))["items"]
    assert [customer["id"] for customer in whole] == seen


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"sort": "password"}, "sort"),
        ({"risk": "none"}, "risk"),
        ({"cursor": "!"}, "cursor"),
        ({"cursor": "WyJhIl0="}, "cursor"),
        ({"cursor": "WyJ4IiwgIjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMCJd"}, "cursor"),
    ],
)
def test_a_query_that_cannot_be_is_refused(
    app: Flask, owner: Somebody, query: dict[str, object], field: str
) -> None:
    found = problem(owner.get(f"{owner.url}/customers", **query), 422)
    assert [error["field"] for error in found["errors"]] == [field]
