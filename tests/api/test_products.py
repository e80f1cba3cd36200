"""Products with prices and stock, and what was done on our advice."""

import datetime as dt
import uuid

from tests.api.conftest import Somebody, body, made, problem


def sell(owner: Somebody, product: str, quantity: int, at: dt.datetime | None = None) -> None:
    amount = quantity * 250
    sale = {
        "id": str(uuid.uuid4()),
        "occurred_at": (at or dt.datetime.now(dt.UTC)).isoformat(),
        "amount_minor": amount,
        "lines": [{"product": product, "quantity": quantity, "amount_minor": amount}],
    }
    made(owner.post(f"{owner.url}/purchases", sale))


def jam(owner: Somebody) -> str:
    """The address of a product that was sold once, long ago."""
    sell(owner, "Jam", 1, dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    product = body(owner.get(f"{owner.url}/products"))["items"][0]
    assert product["price_minor"] is None
    assert product["in_stock"] is None
    return f"{owner.url}/products/{product['id']}"


def test_what_was_sold_since_counting_is_not_in_stock_any_more(owner: Somebody) -> None:
    url = jam(owner)
    known = {
        "price_minor": 450,
        "cost_minor": 200,
        "in_stock": 12,
        "first_stocked_on": "2026-01-01",
    }
    changed = body(owner.patch(url, known))
    assert {name: changed[name] for name in known} == known
    sell(owner, "Jam", 5, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))
    assert body(owner.get(url))["in_stock"] == 7
    sell(owner, "Jam", 20, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))
    assert body(owner.get(f"{owner.url}/products"))["items"][0]["in_stock"] == 0
    assert body(owner.patch(url, {"in_stock": None}))["stock_counted_at"] is None
    assert body(owner.get(url))["price_minor"] == 450


def test_senseless_products_are_refused(owner: Somebody) -> None:
    url = jam(owner)
    sell(owner, "Honey", 1)
    for change in (
        {"price_minor": -1},
        {"in_stock": -1},
        {"in_stock": "many"},
        {"first_stocked_on": "2999-01-01"},
        {"weight": 3},
    ):
        found = problem(owner.patch(url, change), 422)
        assert found["errors"][0]["field"] == next(iter(change))
    problem(owner.patch(url, {"name": "Honey"}), 409)


def test_products_are_exported_with_whole_money(owner: Somebody) -> None:
    url = jam(owner)
    owner.patch(url, {"price_minor": 450, "cost_minor": 200})
    header, row = owner.get(f"{owner.url}/exports/products").text.splitlines()
    cells = dict(zip(header.lstrip("\ufeff").split(","), row.split(","), strict=True))
    assert (cells["name"], cells["price"], cells["cost"]) == ("Jam", "4.50", "2.00")


def test_bundles_are_announced_before_the_first_scoring(owner: Somebody) -> None:
    assert body(owner.get(f"{owner.url}/bundles"))["notes"] == ["They come with the first scoring."]


def test_what_was_done_is_noted_with_the_time_to_rest(owner: Somebody) -> None:
    customer = made(owner.post(f"{owner.url}/customers", {"name": "Asha"}))
    assert customer["next_action"] is None
    assert customer["recommendations"] == []
    url = f"{owner.url}/customers/{customer['id']}/outreach"
    done = made(owner.post(url, {"outcome": "done", "channel": "whatsapp"}))
    rest = dt.datetime.fromisoformat(done["until"]) - dt.datetime.fromisoformat(done["created_at"])
    assert rest == dt.timedelta(days=21)
    assert made(owner.post(url, {"outcome": "never"}))["until"] is None
    later = made(owner.post(url, {"outcome": "later", "until": "2030-01-01T00:00:00Z"}))
    assert later["until"] == "2030-01-01T00:00:00Z"
    problem(owner.post(url, {"outcome": "perhaps"}), 422)
    assert body(owner.get(f"{owner.url}/today"))["best_action"] is None
