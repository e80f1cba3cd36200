"""Purchases: recorded once, with lines and refunds."""

import datetime as dt
import uuid
from typing import Any

import pytest

from tests.api.conftest import Somebody, body, made, move_to_noon, problem

NOON = "2026-03-14T12:00:00+01:00"


def sale(**changes: object) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "occurred_at": NOON, "amount_minor": 450, **changes}


BREAD = {"product": "Bread", "quantity": "1", "amount_minor": 300}
ROLLS = {"product": "Roll", "quantity": "2.500", "amount_minor": 150}


def test_a_purchase_is_stored_with_customer_and_lines(owner: Somebody) -> None:
    asha = made(owner.post(f"{owner.url}/customers", {"name": "Asha"}))["id"]
    new = sale(customer_id=asha, lines=[BREAD, ROLLS])
    stored = made(owner.post(f"{owner.url}/purchases", new))
    assert stored["occurred_at"] == "2026-03-14T11:00:00Z"
    assert stored["currency"] == "EUR"
    assert stored["lines"][1] == {"product": "Roll", "quantity": 2.5, "amount_minor": 150}
    customer = body(owner.get(f"{owner.url}/customers/{asha}"))
    assert (customer["purchases"], customer["spent_minor"]) == (1, 450)
    assert customer["last_purchase_at"] == "2026-03-14T11:00:00Z"
    of_asha = body(owner.get(f"{owner.url}/customers/{asha}/purchases"))["items"]
    assert of_asha == body(owner.get(f"{owner.url}/purchases"))["items"] == [stored]
    products = body(owner.get(f"{owner.url}/products"))["items"]
    assert [product["name"] for product in products] == ["Bread", "Roll"]


def test_the_same_purchase_again_is_harmless(owner: Somebody) -> None:
    new = sale(lines=[BREAD, ROLLS])
    first = owner.post(f"{owner.url}/purchases", new)
    again = owner.post(f"{owner.url}/purchases", new)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert len(body(owner.get(f"{owner.url}/purchases"))["items"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 451, "lines": []},
        {"occurred_at": "2026-03-14T12:00:01+01:00"},
        {"lines": []},
        {"lines": [ROLLS, BREAD]},
    ],
)
def test_the_same_id_with_another_body_is_a_conflict(
    owner: Somebody, change: dict[str, object]
) -> None:
    new = sale(lines=[BREAD, ROLLS])
    made(owner.post(f"{owner.url}/purchases", new))
    problem(owner.post(f"{owner.url}/purchases", {**new, **change}), 409)


def test_purchases_of_a_span_of_time_are_listed(owner: Somebody) -> None:
    days = [f"2026-03-{day}T00:00:00Z" for day in (13, 14, 15)]
    for day in days:
        made(owner.post(f"{owner.url}/purchases", sale(occurred_at=day)))

    def listed(**span: str) -> list[str]:
        found = body(owner.get(f"{owner.url}/purchases", **span))["items"]
        return [purchase["occurred_at"] for purchase in found]

    assert listed(since=days[1]) == [days[2], days[1]]
    assert listed(before=days[1]) == [days[0]]
    assert listed(since=days[1], before=days[2]) == [days[1]]
    found = problem(owner.get(f"{owner.url}/purchases", since="2026-03-14"), 422)
    assert found["errors"][0]["code"] == "time"


def test_two_shops_may_use_the_same_id(owner: Somebody, outsider: Somebody) -> None:
    new = sale()
    made(owner.post(f"{owner.url}/purchases", new))
    made(outsider.post(f"{outsider.url}/purchases", new))


def test_a_refund_points_at_what_it_refunds_and_belongs_to_who_bought(owner: Somebody) -> None:
    asha = made(owner.post(f"{owner.url}/customers", {"name": "Asha"}))["id"]
    first = made(owner.post(f"{owner.url}/purchases", sale(customer_id=asha)))
    refund = sale(amount_minor=-450, refunds_id=first["id"])
    stored = made(owner.post(f"{owner.url}/purchases", refund))
    assert (stored["refunds_id"], stored["customer_id"]) == (first["id"], asha)
    assert body(owner.get(f"{owner.url}/customers/{asha}"))["spent_minor"] == 0
    again = owner.post(f"{owner.url}/purchases", refund)
    assert (again.status_code, again.json) == (200, stored)


def test_no_more_is_given_back_than_was_paid(owner: Somebody) -> None:
    first = made(owner.post(f"{owner.url}/purchases", sale()))["id"]
    parts = [sale(amount_minor=amount, refunds_id=first) for amount in (-300, -150)]
    for part in parts:
        made(owner.post(f"{owner.url}/purchases", part))
    found = problem(
        owner.post(f"{owner.url}/purchases", sale(amount_minor=-1, refunds_id=first)), 422
    )
    assert found["detail"] == "amount_minor: expected a refund of at most 0, got -1."
    assert found["errors"][0]["code"] == "refund_left"


def test_only_a_sale_is_refunded_and_only_to_who_bought(owner: Somebody) -> None:
    asha, bert = (
        made(owner.post(f"{owner.url}/customers", {"name": name}))["id"] for name in ("A", "B")
    )
    first = made(owner.post(f"{owner.url}/purchases", sale(customer_id=asha)))["id"]
    refund = sale(amount_minor=-100, refunds_id=first)
    to_another = problem(owner.post(f"{owner.url}/purchases", {**refund, "customer_id": bert}), 422)
    assert to_another["errors"][0]["field"] == "customer_id"
    made(owner.post(f"{owner.url}/purchases", refund))
    of_refund = sale(amount_minor=-100, refunds_id=refund["id"])
    found = problem(owner.post(f"{owner.url}/purchases", of_refund), 422)
    assert found["errors"][0]["field"] == "refunds_id"


def a_future_time() -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "1"}, "id"),
        ({"amount_minor": 4.5}, "amount_minor"),
        ({"amount_minor": 10**15}, "amount_minor"),
        ({"amount_minor": None}, "amount_minor"),
        ({"occurred_at": "2026-03-14T12:00:00"}, "occurred_at"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": a_future_time()}, "occurred_at"),
        ({"occurred_at": "0026-11-20T10:00:00Z"}, "occurred_at"),
        ({"customer_id": str(uuid.uuid4())}, "customer_id"),
        ({"refunds_id": str(uuid.uuid4()), "amount_minor": -1}, "refunds_id"),
        ({"refunds_id": str(uuid.uuid4()), "amount_minor": 1}, "amount_minor"),
        ({"lines": [BREAD]}, "lines"),
        ({"lines": [{**BREAD, "quantity": "1e30"}]}, "lines.0.quantity"),
        ({"lines": [{**BREAD, "quantity": "NaN"}]}, "lines.0.quantity"),
        ({"lines": [{**BREAD, "product": ""}]}, "lines.0.product"),
        ({"source": "import"}, "source"),
    ],
)
def test_a_purchase_that_cannot_be_is_refused(
    owner: Somebody, change: dict[str, object], field: str
) -> None:
    found = problem(owner.post(f"{owner.url}/purchases", sale(**change)), 422)
    assert [error["field"] for error in found["errors"]] == [field]


def test_a_customer_of_another_shop_cannot_buy_here(owner: Somebody, outsider: Somebody) -> None:
    theirs = made(outsider.post(f"{outsider.url}/customers", {"name": "Asha"}))["id"]
    problem(owner.post(f"{owner.url}/purchases", sale(customer_id=theirs)), 422)


def test_today_counts_the_shops_own_day(owner: Somebody) -> None:
    now = dt.datetime.now(move_to_noon(owner))
    yesterday = now - dt.timedelta(days=1)
    for moment, amount in ((now, 450), (now, -150), (yesterday, 9900)):
        new = sale(occurred_at=moment.isoformat(), amount_minor=amount)
        made(owner.post(f"{owner.url}/purchases", new))
    today = body(owner.get(f"{owner.url}/today"))
    assert (today["takings_minor"], today["purchases"]) == (300, 1)
    assert (today["visitors"], today["conversion"]) == (0, None)
    assert today["kpis"] is None
    assert today["to_win_back"] == []
    assert len(today["hours"]) == 24
    assert today["promised"] == []


def test_today_is_compared_with_the_same_weekday_until_this_time(owner: Somebody) -> None:
    local = dt.datetime.now(move_to_noon(owner))
    for weeks, amount in ((1, 100), (2, 200), (3, 300), (4, 400), (5, 500)):
        earlier = local - dt.timedelta(weeks=weeks)
        made(
            owner.post(
                f"{owner.url}/purchases", sale(occurred_at=earlier.isoformat(), amount_minor=amount)
            )
        )
    another = local - dt.timedelta(weeks=1, days=1)
    made(
        owner.post(
            f"{owner.url}/purchases", sale(occurred_at=another.isoformat(), amount_minor=9900)
        )
    )
    usual = body(owner.get(f"{owner.url}/today"))["usual"]
    assert usual["is_by_now"] is True
    assert usual["takings_minor"] == {"low": 140, "middle": 300, "high": 460, "days": 5}
    assert (usual["visitors"], usual["conversion"]) == (None, None)


def test_what_is_promised_today_is_told_before_it_begins(owner: Somebody) -> None:
    made_now = owner.patch(owner.url, {"opening_hours": "24/7"})
    assert made_now.status_code == 200
    [promised] = body(owner.get(f"{owner.url}/today"))["promised"]
    assert promised["opened_at"] is None
    assert promised["minutes_late"] >= 0
