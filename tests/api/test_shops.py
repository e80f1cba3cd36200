"""Shops, their sites, and what their owner may change."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from cloud.app.services.shops import open_shop
from cloud.app.store.people import Person
from cloud.app.store.roles import act_for
from tests.api.conftest import API, Somebody, body, colleague, problem, somebody


def test_a_new_shop_has_a_slug_one_door_and_its_owner(app: Flask) -> None:
    olga = somebody(app, "Olga")
    shop = olga.open_shop("Bäckerei Müller & Söhne 7531")
    assert shop["slug"] == "backerei-muller-sohne-7531"
    assert shop["public_url"].endswith("/s/backerei-muller-sohne-7531")
    assert [site["name"] for site in body(olga.get(f"{olga.url}/sites"))["items"]] == ["Front door"]
    mine = body(olga.get(f"{API}/me"))["shops"]
    assert [(one["id"], one["role"]) for one in mine] == [(shop["id"], "owner")]


def test_the_same_name_gets_the_next_free_slug(app: Flask) -> None:
    slugs = [somebody(app, "O").open_shop("Shop Same Name")["slug"] for _ in range(3)]
    assert slugs == ["shop-same-name", "shop-same-name-2", "shop-same-name-3"]


def test_the_next_free_slug_is_found_however_many_shops_share_a_name(session: Session) -> None:
    person = Person(id=uuid.uuid4(), name="A", email=f"{uuid.uuid4()}@x.de", password_hash="-")
    act_for(session, person_id=person.id)
    session.add(person)
    session.flush()
    profile = {"name": "Shop of Many", "country": "DE", "time_zone": "UTC", "currency": "EUR"}
    looks: list[str] = []

    @event.listens_for(session.connection(), "before_cursor_execute")
    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        looks.extend([statement] if statement.startswith("SELECT shop.id") else [])

    slugs = []
    for _ in range(40):
        looks.clear()
        slugs.append(open_shop(session, owner_id=person.id, profile=profile).slug)
    assert slugs == ["shop-of-many", *(f"shop-of-many-{number}" for number in range(2, 41))]
    assert len(looks) <= 12


def test_a_chosen_slug_that_is_taken_is_a_conflict(owner: Somebody, outsider: Somebody) -> None:
    taken = body(outsider.get(outsider.url))["slug"]
    problem(owner.patch(owner.url, {"slug": taken}), 409)
    shop = {"name": "B", "country": "DE", "time_zone": "UTC", "currency": "EUR", "slug": taken}
    problem(owner.post(f"{API}/shops", shop), 409)


@pytest.mark.parametrize("currency", ["XXZ", "eur", "EURO", "DEM"])
def test_a_currency_that_nobody_pays_with_is_refused(owner: Somebody, currency: str) -> None:
    shop = {"name": "B", "country": "DE", "time_zone": "UTC", "currency": currency}
    found = problem(owner.post(f"{API}/shops", shop), 422)
    assert found["detail"] == f'currency: expected an ISO 4217 code such as EUR, got "{currency}".'


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Not a slug"),
        ("slug", "double--hyphen"),
        ("country", "Germany"),
        ("country", "ZZ"),
        ("time_zone", "CEST!"),
        ("opening_hours", "nine to five"),
        ("capacity", 0),
        ("capacity", 1.5),
        ("capacity", "many"),
        ("language", "fr"),
        ("name", ""),
        ("currency", "USD"),  # what was sold was sold in the currency of then
    ],
)
def test_a_profile_that_cannot_be_is_refused(owner: Somebody, field: str, value: object) -> None:
    found = problem(owner.patch(owner.url, {field: value}), 422)
    assert [error["field"] for error in found["errors"]] == [field]


def test_the_owner_changes_the_profile(owner: Somebody) -> None:
    change = {
        "opening_hours": "Mo-Fr 08:00-18:00; PH off",
        "capacity": 20,
        "address": "Hof 1",
        "language": "hi",
    }
    assert owner.patch(owner.url, change).status_code == 200
    shop = body(owner.get(owner.url))
    assert {field: shop[field] for field in change} == change


def test_staff_may_record_but_not_change_the_profile(app: Flask, owner: Somebody) -> None:
    helper = colleague(app, owner, "staff")
    assert helper.post(f"{owner.url}/customers", {"name": "Asha"}).status_code == 201
    problem(helper.patch(owner.url, {"name": "Mine"}), 403)


def test_everybody_lists_their_own_shops(owner: Somebody, outsider: Somebody) -> None:
    assert [shop["id"] for shop in body(owner.get(f"{API}/shops"))["items"]] == [owner.shop_id]
    listed = body(outsider.get(f"{API}/shops"))["items"]
    assert [shop["id"] for shop in listed] == [outsider.shop_id]
