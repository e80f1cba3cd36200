"""A customer is merged, made two again or erased while something is being hung on them."""

import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from flask import Flask
from flask_jwt_extended import decode_token
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from cloud.app.api.database import db
from cloud.app.services import erasure, merges
from cloud.app.services.credentials import working_device
from cloud.app.services.purchases import NewPurchase, record_purchase
from cloud.app.settings import Settings
from cloud.app.store.membership_queries import CHANGES, membership_by_id, take_turns
from cloud.app.store.people import Membership, RefreshToken
from cloud.app.store.roles import act_for
from cloud.app.store.sales import Product, Purchase
from tests.api.conftest import API, PASSWORD, Somebody, body, code_for, made, problem, somebody
from tests.api.test_customer_list import NOON, add, sell, totals
from tests.api.test_joining import customers, join, mine, slug, verified
from tests.api.test_merges import import_sales, merge
from tests.rows import owner_of_all
from tests.waiting import wait_for_lock

Answer = TypeVar("Answer")
Change = Callable[[Session], object]

NOW = dt.datetime(2026, 3, 14, 12, tzinfo=dt.UTC)
KEY = "k" * 32


def merging(owner: Somebody, survivor: str, duplicate: str) -> Change:
    return lambda session: merges.merge(
        session, uuid.UUID(owner.shop_id), survivor_id=uuid.UUID(survivor),
        duplicate_id=uuid.UUID(duplicate), by=uuid.UUID(owner.id), now=NOW,
    )  # fmt: skip


def undoing(owner: Somebody, merged: dict[str, Any]) -> Change:
    merge_id = uuid.UUID(merged["id"])
    return lambda session: merges.undo_merge(session, uuid.UUID(owner.shop_id), merge_id, NOW)


def erasing(owner: Somebody, customer: str) -> Change:
    customer_id = uuid.UUID(customer)
    return lambda session: erasure.erase_customer(
        session, KEY, uuid.UUID(owner.shop_id), customer_id
    )


def selling(owner: Somebody, customer: str) -> Change:
    new = NewPurchase(uuid.uuid4(), NOW, 500, uuid.UUID(customer))
    return lambda session: record_purchase(session, uuid.UUID(owner.shop_id), new, NOW)


def meanwhile(app: Flask, owner: Somebody, change: Change, ask: Callable[[], Answer]) -> Answer:
    """Begin a change, ask for what has to wait for it, end the change; return what is answered."""
    with app.app_context(), ThreadPoolExecutor(1) as pool, Session(db.engine) as session:
        act_for(session, shop_id=uuid.UUID(owner.shop_id))
        change(session)
        asked = pool.submit(ask)
        wait_for_lock(session, "the one to wait for the other")
        session.commit()
        return asked.result()


def grow(settings: Settings, owner: Somebody) -> None:
    """Give a shop so many customers that some are found by indexes, in the order in which they
    came."""
    with owner_of_all(settings) as connection:
        strangers = (
            "INSERT INTO membership (shop_id, id, name)"
            " SELECT :shop_id, gen_random_uuid(), 'Stranger' FROM generate_series(1, 3000)"
        )
        connection.execute(text(strangers), {"shop_id": owner.shop_id})
        connection.execute(text("ANALYZE membership"))


def sale(owner: Somebody, customer: str | None, minor: int = 500, **more: object) -> TestResponse:
    told = {"id": str(uuid.uuid4()), "occurred_at": NOON, "amount_minor": minor, **more}
    return owner.post(f"{owner.url}/purchases", {**told, "customer_id": customer})


def sales(owner: Somebody) -> list[tuple[int, str | None]]:
    items = body(owner.get(f"{owner.url}/purchases"))["items"]
    return sorted((item["amount_minor"], item["customer_id"]) for item in items)


def test_a_sale_lands_at_the_customer_into_whom_its_own_is_merged(
    app: Flask, owner: Somebody
) -> None:
    asha, twin = add(owner, "Asha"), add(owner, "A.")
    sold = meanwhile(app, owner, merging(owner, asha, twin), lambda: sale(owner, twin))
    assert made(sold)["customer_id"] == asha
    assert totals(owner, asha)[2] == 500


def test_a_sale_lands_at_the_customer_who_is_made_two_again(app: Flask, owner: Somebody) -> None:
    asha, twin = add(owner, "Asha"), add(owner, "A.")
    merged = merge(owner, asha, twin)
    sold = meanwhile(app, owner, undoing(owner, merged), lambda: sale(owner, twin))
    assert made(sold)["customer_id"] == twin


def test_a_sale_to_a_customer_who_is_erased_is_refused(app: Flask, owner: Somebody) -> None:
    asha = add(owner, "Asha")
    sold = meanwhile(app, owner, erasing(owner, asha), lambda: sale(owner, asha))
    assert problem(sold, 422)["errors"][0]["field"] == "customer_id"
    assert sales(owner) == []


def test_a_sale_to_who_is_erased_the_moment_after_stays_without_the_person(
    app: Flask, owner: Somebody
) -> None:
    asha = add(owner, "Asha")
    erased = meanwhile(
        app, owner, selling(owner, asha), lambda: owner.delete(f"{owner.url}/customers/{asha}")
    )
    assert body(erased) == {"sales_kept": 1}
    assert sales(owner) == [(500, None)]


@pytest.mark.parametrize("end", ["merged", "erased"])
def test_a_refund_belongs_to_whose_purchase_it_is_by_now(
    app: Flask, owner: Somebody, end: str
) -> None:
    asha, twin = add(owner, "Asha"), add(owner, "A.")
    bought = sell(owner, twin, 500)
    change = merging(owner, asha, twin) if end == "merged" else erasing(owner, twin)
    refunded = meanwhile(app, owner, change, lambda: sale(owner, None, -200, refunds_id=bought))
    buyer = asha if end == "merged" else None
    assert made(refunded)["customer_id"] == buyer
    assert sales(owner) == [(-200, buyer), (500, buyer)]


def test_a_refund_and_a_merge_do_not_wait_for_each_other(app: Flask, owner: Somebody) -> None:
    asha, twin = add(owner, "Asha"), add(owner, "A.")
    bought = sell(owner, twin, 500)
    key = uuid.UUID(owner.shop_id), uuid.UUID(bought)
    with app.app_context(), ThreadPoolExecutor(2) as pool, Session(db.engine) as session:
        act_for(session, shop_id=key[0])
        session.get_one(Purchase, key, with_for_update=True)  # as another refund does
        refunded = pool.submit(sale, owner, None, -200, refunds_id=bought)
        wait_for_lock(session, "the refund to wait for the other one")
        merged = pool.submit(merge, owner, asha, twin)
        wait_for_lock(session, "the merge to wait, too", transactions=2)
        session.commit()
        assert made(refunded.result())["amount_minor"] == -200
        assert merged.result()["moved"] == {"purchase": 2}
    assert totals(owner, asha)[2] == 300


HUNG = {
    "note": ("post", "/notes", {"text": "likes rye bread"}),
    "consent": (
        "post",
        "/consents",
        {"channel": "sms", "purpose": "marketing", "action": "withdraw"},
    ),
    "outreach": ("post", "/outreach", {"outcome": "done"}),
    "change": ("patch", "", {"name": "Asha Rao"}),
    "erasure": ("delete", "", None),
}


@pytest.mark.parametrize("end", ["merged", "erased"])
@pytest.mark.parametrize("hung", HUNG)
def test_what_else_is_hung_on_who_goes_finds_no_such_customer(
    app: Flask, owner: Somebody, hung: str, end: str
) -> None:
    asha, twin = add(owner, "Asha"), add(owner, "A.")
    method, address, told = HUNG[hung]
    url = f"{owner.url}/customers/{twin}{address}"
    change = merging(owner, asha, twin) if end == "merged" else erasing(owner, twin)
    answer = meanwhile(
        app, owner, change,
        lambda: owner.client.open(url, method=method.upper(), json=told, headers=owner.headers),
    )  # fmt: skip
    assert problem(answer, 404)["detail"] == "there is no such customer"


def test_who_joins_again_while_being_merged_is_the_survivor(app: Flask, owner: Somebody) -> None:
    person = verified(app, "Asha Rao")
    join(person, owner)
    [twin] = [str(customer["id"]) for customer in customers(owner)]
    asha = add(owner, "A. Rao")
    told = {"slug": slug(owner), "consents": ["email"], "wording": "Yes"}
    joined = meanwhile(
        app, owner, merging(owner, asha, twin), lambda: person.post(f"{API}/me/shops", told)
    )
    assert joined.status_code == 200, joined.text
    assert [customer["id"] for customer in customers(owner)] == [asha]
    [granted] = body(owner.get(f"{owner.url}/customers/{asha}/consents"))["holds"]
    assert granted["is_granted"]


@pytest.mark.parametrize(
    ("method", "address", "told"),
    [
        ("DELETE", "", None),
        ("GET", "", None),
        ("PUT", "/feedback/today", {"mood": "good"}),
        ("POST", "/consents", {"channel": "email", "action": "withdraw"}),
    ],
)
def test_who_does_something_while_being_merged_may_do_it_again(
    app: Flask, owner: Somebody, method: str, address: str, told: object
) -> None:
    person = verified(app, "Asha Rao")
    join(person, owner)
    [twin] = [str(customer["id"]) for customer in customers(owner)]
    asha = add(owner, "A. Rao")

    def do() -> TestResponse:
        url = f"{mine(person, owner)}{address}"
        return person.client.open(url, method=method, json=told, headers=person.headers)

    problem(meanwhile(app, owner, merging(owner, asha, twin), do), 404)
    assert do().status_code < 300


def test_who_brings_a_friend_while_being_merged_has_brought_one(
    app: Flask, owner: Somebody
) -> None:
    person, friend = verified(app, "Asha Rao"), verified(app, "Béla")
    join(person, owner)
    code = body(person.get(mine(person, owner)))["referrals"]["url"].partition("?r=")[2]
    [twin] = [str(customer["id"]) for customer in customers(owner)]
    asha = add(owner, "A. Rao")
    told = {"slug": slug(owner), "referral_code": code}
    joined = meanwhile(
        app, owner, merging(owner, asha, twin), lambda: friend.post(f"{API}/me/shops", told)
    )
    assert joined.status_code == 200, joined.text
    [referral] = body(owner.get(f"{owner.url}/referrals"))["items"]
    assert referral["referrer_id"] == asha


def test_an_import_brings_its_rows_to_who_remains(
    app: Flask, owner: Somebody, settings: Settings
) -> None:
    asha, twin = add(owner, "Asha", reference="17"), add(owner, "A.", reference="18")
    meanwhile(
        app, owner, merging(owner, asha, twin),
        lambda: import_sales(owner, settings, "18,2026-03-14,7.00"),
    )  # fmt: skip
    assert sales(owner) == [(700, asha)]


def test_merges_that_hang_together_take_turns(app: Flask, owner: Somebody) -> None:
    first, second, third = (add(owner, name) for name in ("One", "Two", "Three"))
    inner = merge(owner, second, third)
    undone = meanwhile(
        app, owner, merging(owner, first, second),
        lambda: owner.post(f"{owner.url}/merges/{inner['id']}/undo"),
    )  # fmt: skip
    assert "merged again" in problem(undone, 409)["detail"]


def test_an_account_that_goes_and_a_merge_do_not_wait_for_each_other(
    app: Flask, owner: Somebody
) -> None:
    person = verified(app, "Asha Rao")
    asha, twin = add(owner, "Asha"), add(owner, "A.", email=person.email)
    person.post(f"{API}/codes", {"contact": person.email})
    farewell = {"contact": person.email, "code": code_for(app, person.email)}
    with app.app_context(), ThreadPoolExecutor(1) as pool, Session(db.engine) as session:
        act_for(session, shop_id=uuid.UUID(owner.shop_id))
        take_turns(session, uuid.UUID(owner.shop_id))  # as a merge does first
        gone = pool.submit(person.put, f"{API}/me/erasure", farewell)
        wait_for_lock(session, "the erasure to wait for the merge")
        merging(owner, asha, twin)(session)
        session.commit()
        assert body(gone.result()) == {"shops": 1, "sales_kept": 0}
    assert customers(owner) == []


def test_leaving_and_joining_again_do_not_wait_for_each_other(app: Flask, owner: Somebody) -> None:
    person = verified(app, "Asha Rao")
    join(person, owner)
    [asha] = [uuid.UUID(str(customer["id"])) for customer in customers(owner)]
    told = {"slug": slug(owner), "consents": ["email"], "wording": "Yes"}
    with app.app_context(), ThreadPoolExecutor(2) as pool, Session(db.engine) as session:
        act_for(session, shop_id=uuid.UUID(owner.shop_id))
        membership_by_id(session, uuid.UUID(owner.shop_id), asha, lock=CHANGES)  # as a change does
        left = pool.submit(person.delete, mine(person, owner))
        wait_for_lock(session, "the one who leaves to wait for the change")
        joined = pool.submit(person.post, f"{API}/me/shops", told)
        wait_for_lock(session, "the one who joins to wait, too", transactions=2)
        session.commit()
        assert left.result().status_code == 204
        assert body(joined.result())["left_at"] is None
    # whichever came first, the other one was seen whole
    found = body(person.get(mine(person, owner)))
    is_granted = {"channel": "email", "purpose": "marketing", "is_granted": True} in found["holds"]
    assert is_granted == (found["left_at"] is None)


def test_two_of_one_person_are_erased_in_the_order_in_which_all_are_locked(
    app: Flask, settings: Settings, owner: Somebody
) -> None:
    grow(settings, owner)
    person = verified(app, "Asha Rao")
    shop_id = uuid.UUID(owner.shop_id)
    first, between, last = (uuid.UUID(int=number) for number in (1, 2, 3))
    with app.app_context(), ThreadPoolExecutor(2) as pool, Session(db.engine) as session:
        act_for(session, shop_id=shop_id)
        for id_, about in (
            (last, {"person_id": uuid.UUID(person.id)}), (first, {"email": person.email}),
            (between, {"name": "Béla"}),
        ):  # fmt: skip
            session.add(Membership(shop_id=shop_id, id=id_, **about))
            session.flush()
        session.commit()
        act_for(session, shop_id=shop_id)
        membership_by_id(session, shop_id, between, lock=CHANGES)  # as a change does
        moved = pool.submit(owner.patch, owner.url, {"time_zone": "Asia/Kolkata"})
        wait_for_lock(session, "the new totals of all to wait for the change")
        erased = pool.submit(person.put, f"{mine(person, owner)}/erasure", None)
        wait_for_lock(session, "the erasure to wait, too", transactions=2)
        session.commit()
        assert moved.result().status_code == 200, moved.result().text
        assert body(erased.result()) == {"sales_kept": 0}
    names = {customer["name"] for customer in customers(owner)}
    assert names == {"Béla", "Stranger"}


def test_a_board_that_is_thrown_out_and_a_shop_that_closes_do_not_wait_for_each_other(
    app: Flask, owner: Somebody
) -> None:
    door = made(owner.post(f"{owner.url}/devices", {"name": "Door"}))["device"]["id"]
    shop_id = uuid.UUID(owner.shop_id)
    with app.app_context(), ThreadPoolExecutor(2) as pool, Session(db.engine) as session:
        act_for(session, shop_id=shop_id)
        working_device(session, shop_id, door)  # as a command to it does
        thrown_out = pool.submit(owner.delete, f"{owner.url}/devices/{door}")
        wait_for_lock(session, "the end of the board to wait for the command")
        closed = pool.submit(
            owner.client.delete, owner.url, json={"name": "Corner Bakery"}, headers=owner.headers
        )
        wait_for_lock(session, "the closing to wait, too", transactions=2)
        session.commit()
        assert thrown_out.result().status_code == 204
        assert body(closed.result())["delete_at"] is not None


def test_an_answer_to_who_is_erased_finds_no_such_feedback(app: Flask, owner: Somebody) -> None:
    person = verified(app, "Asha Rao")
    join(person, owner)
    [asha] = [str(customer["id"]) for customer in customers(owner)]
    said = body(person.put(f"{mine(person, owner)}/feedback/today", {"mood": "bad"}))
    answered = meanwhile(
        app, owner, erasing(owner, asha),
        lambda: owner.put(f"{owner.url}/feedback/{said['id']}/answer", {"text": "Sorry!"}),
    )  # fmt: skip
    assert problem(answered, 404)["detail"] == "there is no such feedback"


def test_a_product_that_an_undo_takes_back_meanwhile_is_not_changed(
    app: Flask, owner: Somebody
) -> None:
    key = uuid.UUID(owner.shop_id), uuid.uuid4()
    with app.app_context(), Session(db.engine) as session:
        act_for(session, shop_id=key[0])
        session.add(Product(shop_id=key[0], id=key[1], name="Rye bread"))
        session.commit()

    def take_back(session: Session) -> None:
        session.delete(session.get_one(Product, key, with_for_update=True))
        session.flush()

    changed = meanwhile(
        app, owner, take_back,
        lambda: owner.patch(f"{owner.url}/products/{key[1]}", {"price_minor": 450}),
    )  # fmt: skip
    assert problem(changed, 404)["detail"] == "there is no such product"


def test_an_account_that_goes_and_a_sign_in_that_goes_on_do_not_wait_for_each_other(
    app: Flask,
) -> None:
    person = verified(app, "Asha Rao")
    login = {"login": person.email, "password": PASSWORD, "transport": "body"}
    token = body(person.post(f"{API}/tokens", login))["refresh_token"]
    person.post(f"{API}/codes", {"contact": person.email})
    farewell = {"contact": person.email, "code": code_for(app, person.email)}
    theirs = select(RefreshToken).where(RefreshToken.person_id == uuid.UUID(person.id))
    with app.app_context(), ThreadPoolExecutor(2) as pool, Session(db.engine) as session:
        act_for(session, person_id=uuid.UUID(person.id))
        session.scalars(theirs.with_for_update()).all()
        renewed = pool.submit(person.post, f"{API}/tokens/refresh", {"refresh_token": token})
        wait_for_lock(session, "the sign-in to wait")
        gone = pool.submit(person.put, f"{API}/me/erasure", farewell)
        wait_for_lock(session, "the erasure to wait, too", transactions=2)
        session.commit()
        assert renewed.result().status_code == 200
        assert body(gone.result()) == {"shops": 0, "sales_kept": 0}


def test_a_sign_out_and_a_stolen_token_do_not_wait_for_each_other(app: Flask) -> None:
    person = somebody(app, "Asha Rao")
    login = {"login": person.email, "password": PASSWORD, "transport": "body"}
    signed_in = body(person.post(f"{API}/tokens", login))
    tokens = [signed_in["refresh_token"]]
    for _ in range(3):
        renewed = person.post(f"{API}/tokens/refresh", {"refresh_token": tokens[-1]})
        tokens.append(body(renewed)["refresh_token"])
    person.headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    with app.app_context(), ThreadPoolExecutor(2) as pool, Session(db.engine) as session:
        act_for(session, person_id=uuid.UUID(person.id))
        stolen = uuid.UUID(decode_token(tokens[1])["jti"])
        session.get_one(RefreshToken, stolen, with_for_update=True)  # as another thief does
        told = {"refresh_token": tokens[1]}
        used = pool.submit(person.post, f"{API}/tokens/refresh", told)
        wait_for_lock(session, "the thief to wait for the other one")
        ended = pool.submit(person.delete, f"{API}/tokens")
        wait_for_lock(session, "the sign-out to wait, too", transactions=2)
        session.commit()
        problem(used.result(), 401)
        assert ended.result().status_code == 204


def test_an_account_that_goes_and_one_that_looks_at_its_shops_do_not_wait_for_each_other(
    app: Flask, settings: Settings, owner: Somebody, outsider: Somebody
) -> None:
    grow(settings, owner)
    person = verified(app, "Asha Rao")
    first, last = sorted((owner, outsider), key=lambda one: uuid.UUID(one.shop_id))
    for shop in (last, first):
        add(shop, "A.", email=person.email)
    person.post(f"{API}/codes", {"contact": person.email})
    farewell = {"contact": person.email, "code": code_for(app, person.email)}
    with app.app_context(), ThreadPoolExecutor(2) as pool, Session(db.engine) as session:
        take_turns(session, uuid.UUID(last.shop_id))  # as a merge does first
        gone = pool.submit(person.put, f"{API}/me/erasure", farewell)
        wait_for_lock(session, "the erasure to wait for the merge")
        looked = pool.submit(person.get, f"{API}/me/shops")
        wait_for_lock(session, "the look to wait for the erasure", transactions=2)
        session.commit()
        assert body(gone.result()) == {"shops": 2, "sales_kept": 0}
        assert body(looked.result())["items"] == []
    for shop in (first, last):
        assert body(shop.get(f"{shop.url}/customers", search=person.email))["items"] == []
