"""What to do is computed with the scores: actions, bundles with prices, what comes next."""

import datetime as dt
import random
import uuid
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from cloud.app.jobs.scoring import score_shop
from cloud.app.services.outreach import note_outreach
from cloud.app.store.consents import ConsentEvent
from cloud.app.store.customer_queries import CustomerFilter, customers
from cloud.app.store.people import Membership
from cloud.app.store.sales import Product
from cloud.app.store.scores import Insight, Outreach, Score
from tests.jobs.conftest import MODEL_KEY, NOW, Till
from tests.jobs.test_score_history import score_on
from tests.jobs.test_scoring_job import COLUMNS, town

WITH_PRODUCTS = {"customer": 0, "date": 1, "amount": 2, "invoice": 3, "product": 4}


def bakery(customers: int, visits: int) -> str:
    """Half of the receipts hold coffee, and with it a croissant, else bread; jam hardly sells."""
    chance = random.Random(3)
    rows = ["customer,date,amount,invoice,product"]
    receipt = 0
    for customer in range(customers):
        for visit in range(visits):
            receipt += 1
            day = dt.date(2025, 6, 1) + dt.timedelta(days=visit * 7 + customer % 7)
            pair = chance.random() < 0.5
            items = ["coffee", "croissant"] if pair else ["bread"]
            items += [item for item in ("milk", "eggs") if chance.random() < 0.2]
            items += ["jam"] if receipt in (5, 50) else []
            rows += [f"{customer},{day},2.50,{receipt},{item}" for item in items]
    return "\n".join(rows) + "\n"


def score(till: Till) -> None:
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)


def insight(till: Till, kind: str) -> dict[str, Any]:
    with till.session() as session:
        return dict(session.get_one(Insight, (till.shop_id, kind)).content)


def set_product(till: Till, name: str, **values: object) -> None:
    with till.session() as session:
        product = session.scalars(select(Product).where(Product.name == name)).one()
        for field, value in values.items():
            setattr(product, field, value)
        session.commit()


def test_bundles_have_prices_in_the_shops_digits_and_free_dead_stock(till: Till) -> None:
    till.imported(bakery(20, 12), WITH_PRODUCTS)
    set_product(till, "coffee", price_minor=255, cost_minor=60)
    set_product(till, "croissant", price_minor=199, cost_minor=90)
    long_ago = dt.date(2025, 1, 1)
    counted = {"in_stock": Decimal(40), "stock_counted_at": NOW, "first_stocked_on": long_ago}
    set_product(till, "jam", price_minor=500, cost_minor=200, **counted)
    score(till)
    found = insight(till, "bundles")["items"]
    pair = next(b for b in found if {p["name"] for p in b["products"]} == {"coffee", "croissant"})
    assert pair["full_price_minor"] == 454
    # ten percent less, rounded up to a cent
    assert pair["bundle_price_minor"] == 409
    assert pair["discount"] == pytest.approx(1 - 409 / 454, abs=1e-6)
    assert pair["margin"] == pytest.approx(1 - 150 / 409, abs=1e-6)
    dead = next(b for b in found if b["dead_product"] == "jam")
    assert dead["evidence"] == "best seller"
    with till.session() as session:
        ids = {str(product.id) for product in session.scalars(select(Product))}
    assert {product["id"] for bundle in found for product in bundle["products"]} <= ids


def test_a_currency_without_digits_has_none_in_its_bundles(till: Till) -> None:
    with till.session() as session:
        session.execute(text("UPDATE shop SET currency = 'JPY'"))
        session.commit()
    till.imported(bakery(20, 12).replace("2.50", "250"), WITH_PRODUCTS)
    set_product(till, "coffee", price_minor=255, cost_minor=60)
    set_product(till, "croissant", price_minor=200, cost_minor=90)
    score(till)
    pair = insight(till, "bundles")["items"][0]
    # 409.5 yen do not exist
    assert (pair["full_price_minor"], pair["bundle_price_minor"]) == (455, 410)


def test_a_shop_without_products_is_told_why_it_has_no_bundles(till: Till) -> None:
    till.imported("customer,date,amount\n1,2026-03-01,5.00\n", COLUMNS)
    score(till)
    assert insight(till, "bundles") == {
        "items": [], "triples": [], "notes": ["No receipt names products yet: bundles need them."]
    }  # fmt: skip


def test_three_products_that_sell_together_are_kept_apart_for_who_asks(till: Till) -> None:
    chance = random.Random(3)
    rows = ["customer,date,amount,invoice,product"]
    for receipt in range(200):
        day = dt.date(2025, 9, 1) + dt.timedelta(days=receipt)
        items = ["tart", "cake", "coffee"] if receipt % 5 == 0 else []
        items += chance.sample(["rye", "roll", "pretzel", "milk", "eggs", "jam", "honey"], 2)
        rows += [f"{receipt % 7},{day},2.50,{receipt},{item}" for item in items]
    till.imported("\n".join(rows) + "\n", WITH_PRODUCTS)
    score(till)
    found = insight(till, "bundles")
    assert all(len(bundle["products"]) == 2 for bundle in found["items"])
    triples = [{product["name"] for product in bundle["products"]} for bundle in found["triples"]]
    assert triples == [{"tart", "cake", "coffee"}]


def reachable(till: Till) -> None:
    """Everybody has a phone and agreed to be written to."""
    with till.session() as session:
        for number, customer in enumerate(session.scalars(select(Membership))):
            customer.phone = f"+49301234{number:04}"
            session.add(
                ConsentEvent(
                    shop_id=till.shop_id, membership_id=customer.id, channel="sms",
                    purpose="marketing", action="grant", source="owner",
                )
            )  # fmt: skip
        session.commit()


def proposed(till: Till) -> list[Any]:
    with till.session() as session:
        page = customers(
            session, till.shop_id, CustomerFilter(has_action=True), sort="action", limit=200,
            cursor=None,
        )  # fmt: skip
        return list(page.items)


def test_what_is_worth_most_comes_first_and_rests_when_it_was_done(till: Till) -> None:
    # large amounts, so that a message is worth its cost
    till.imported(town(90).replace(".", ""), COLUMNS)
    reachable(till)
    score(till)
    rows = proposed(till)
    values = [row.score["action_value_minor"] for row in rows]
    assert values == sorted(values, reverse=True)
    assert values[-1] > 0
    assert {row.score["action_channel"] for row in rows} == {"sms"}
    assert all("prevents" in row.score["action_reason"] for row in rows)

    horizon_days = rows[0].score["horizon_days"]
    # who has been away for longer is mostly gone already
    assert all(row.score["days_since_last_visit"] < horizon_days for row in rows)

    first, second, third = (row.known["id"] for row in rows[:3])
    by = uuid.uuid4()
    with till.session() as session:
        done = {"outcome": "done", "channel": None, "until": None}
        note_outreach(session, till.shop_id, first, done, by=by)
        note_outreach(session, till.shop_id, second, {**done, "outcome": "never"}, by=by)
        session.add(
            ConsentEvent(
                shop_id=till.shop_id, membership_id=third, channel="sms", purpose="marketing",
                action="withdraw", source="inbound",
            )
        )  # fmt: skip
        session.commit()
    left = {row.known["id"] for row in proposed(till)}
    assert left == {row.known["id"] for row in rows[3:]}

    score(till)
    with till.session() as session:
        reasons = {row.membership_id: row.action_reason for row in session.scalars(select(Score))}
    assert reasons[first] == "Got a message 0 days ago; wait 21 days."
    assert reasons[third] == "No consent on any channel; ask at the next visit."


def test_nobody_is_proposed_without_consent(till: Till) -> None:
    till.imported(town(60), COLUMNS)
    score(till)
    assert proposed(till) == []


def test_what_our_advice_brought_is_learnt_from_who_came(till: Till) -> None:
    content = town(90).replace(".", "")
    score_on(till, content, dt.date(2025, 8, 31))
    reachable(till)
    with till.session() as session:
        members = session.scalars(select(Membership).order_by(Membership.reference)).all()
        for member in members[::3]:
            session.add(
                Outreach(
                    shop_id=till.shop_id, membership_id=member.id, outcome="done",
                    action="reminder", channel="sms",
                    created_at=dt.datetime(2025, 9, 1, 9, tzinfo=dt.UTC),
                )
            )  # fmt: skip
        session.commit()

    score_on(till, content, dt.date(2025, 11, 30))

    reasons = [row.score["action_reason"] for row in proposed(till)]
    assert any("A reminder prevents" in r and "(measured on" in r for r in reasons), reasons
