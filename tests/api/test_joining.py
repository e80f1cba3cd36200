"""Customers join a shop, are found as ones it knows, say how they may be reached, and leave."""

import datetime as dt
import io
import secrets
import uuid

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.store import consent_queries
from cloud.app.store.consents import ConsentEvent
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from tests.api.conftest import API, Somebody, body, code_for, made, problem, somebody

WORDING = "Corner Bakery may send me offers by email. I can stop it at any time."


def new_phone() -> str:
    return f"+49151{secrets.randbelow(10**8):08}"


def verified(app: Flask, name: str, contact: str | None = None) -> Somebody:
    """A person who has proven an email address or the given contact."""
    person = somebody(app, name)
    prove(app, person, contact or person.email)
    return person


def prove(app: Flask, person: Somebody, contact: str) -> None:
    assert person.post(f"{API}/codes", {"contact": contact}).status_code == 202
    proof = {"contact": contact, "code": code_for(app, contact)}
    answer = person.post(f"{API}/me/contacts", proof)
    assert answer.status_code == 200, answer.text


def slug(owner: Somebody) -> str:
    return str(body(owner.get(owner.url))["slug"])


def join(person: Somebody, owner: Somebody, **more: object) -> dict[str, object]:
    answer = person.post(f"{API}/me/shops", {"slug": slug(owner), **more})
    assert answer.status_code == 200, answer.text
    return body(answer)


def mine(person: Somebody, owner: Somebody) -> str:
    return f"{API}/me/shops/{owner.shop_id}"


def customers(owner: Somebody) -> list[dict[str, object]]:
    return list(body(owner.get(f"{owner.url}/customers", sort="name"))["items"])


def now(seconds: int) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).isoformat()


def sell(
    owner: Somebody, customer_id: object, amount: int = 350, *, seconds: int = 0, **more: object
) -> str:
    purchase = {
        "id": str(uuid.uuid4()), "occurred_at": now(seconds), "amount_minor": amount,
        "customer_id": customer_id, **more,
    }  # fmt: skip
    return str(made(owner.post(f"{owner.url}/purchases", purchase))["id"])


def test_who_joins_is_a_customer_with_the_proven_contact(app: Flask, owner: Somebody) -> None:
    asha = verified(app, "Asha")
    joined = join(asha, owner)
    assert (joined["name"], joined["left_at"]) == ("Corner Bakery", None)
    [customer] = customers(owner)
    assert (customer["name"], customer["email"], customer["phone"]) == ("Asha", asha.email, None)
    join(asha, owner)
    assert len(customers(owner)) == 1
    assert body(asha.get(f"{API}/me"))["is_customer"]


def test_without_a_proven_contact_nobody_joins(app: Flask, owner: Somebody) -> None:
    asha = somebody(app, "Asha")
    answer = asha.post(f"{API}/me/shops", {"slug": slug(owner)})
    assert "prove your email or phone" in problem(answer, 403)["detail"]
    assert customers(owner) == []


def test_a_shop_that_does_not_exist_is_not_joined(app: Flask) -> None:
    problem(verified(app, "Asha").post(f"{API}/me/shops", {"slug": "no-such-shop"}), 404)


def test_consent_is_recorded_with_its_wording_for_each_ticked_channel(
    app: Flask, owner: Somebody
) -> None:
    asha = verified(app, "Asha")
    join(asha, owner, consents=["email"], wording=WORDING)
    join(asha, owner, consents=["email"], wording=WORDING)  # changes nothing
    found = body(owner.get(f"{owner.url}/customers/{customers(owner)[0]['id']}/consents"))
    assert found["holds"] == [{"channel": "email", "purpose": "marketing", "is_granted": True}]
    [event] = found["items"]
    assert (event["source"], event["wording"]) == ("web", WORDING)
    assert event["created_at"]


def test_my_shops_are_sent_again_only_when_the_shop_has_changed(
    app: Flask, owner: Somebody
) -> None:
    asha = verified(app, "Asha")
    join(asha, owner)
    has = {
        path: {**asha.headers, "If-None-Match": asha.get(path).headers["ETag"]}
        for path in (f"{API}/me/shops", mine(asha, owner))
    }

    def statuses() -> list[int]:
        return [asha.client.get(path, headers=seen).status_code for path, seen in has.items()]

    assert statuses() == [304, 304]  # although each was looked at a moment later
    made(owner.post(f"{owner.url}/override", {"is_open": True, "until": now(3600)}))
    assert statuses() == [200, 200]


def test_nothing_is_agreed_to_by_joining_alone(app: Flask, owner: Somebody) -> None:
    asha = verified(app, "Asha")
    join(asha, owner)
    assert body(asha.get(mine(asha, owner)))["holds"] == []


def test_a_channel_needs_its_contact_and_its_words(app: Flask, owner: Somebody) -> None:
    asha = verified(app, "Asha")
    for wanted, field in (
        ({"consents": ["sms"], "wording": WORDING}, "consents"),
        ({"consents": ["email"]}, "wording"),
        ({"consents": ["fax"], "wording": WORDING}, "consents.0"),
    ):
        answer = asha.post(f"{API}/me/shops", {"slug": slug(owner), **wanted})
        assert problem(answer, 422)["errors"][0]["field"] == field
    assert customers(owner) == []


def test_whom_the_shop_knows_is_linked_only_once_the_phone_is_proven(
    app: Flask, owner: Somebody
) -> None:
    phone = new_phone()
    known = made(owner.post(f"{owner.url}/customers", {"name": "Frau Rao", "phone": phone}))
    asha = verified(app, "Asha")
    account = {"name": "Asha", "phone": phone, "password": "correct horse battery"}
    claimant = made(app.test_client().post(f"{API}/register", json=account))
    headers = {"Authorization": f"Bearer {claimant['access_token']}"}
    claimed = app.test_client().get(f"{API}/me/shops", headers=headers)
    assert body(claimed)["items"] == body(asha.get(f"{API}/me/shops"))["items"] == []
    prove(app, asha, phone)
    assert [one["id"] for one in body(asha.get(f"{API}/me/shops"))["items"]] == [owner.shop_id]
    join(asha, owner)
    [customer] = customers(owner)
    assert (customer["id"], customer["name"], customer["email"]) == (
        known["id"], "Frau Rao", asha.email
    )  # fmt: skip


def test_of_two_with_one_phone_the_older_is_linked(app: Flask, owner: Somebody) -> None:
    phone = new_phone()
    ids = [
        made(owner.post(f"{owner.url}/customers", {"name": name, "phone": phone}))["id"]
        for name in ("Asha", "Asha R.")
    ]
    asha = verified(app, "Asha", phone)
    join(asha, owner)
    with app.app_context(), Session(db.engine) as session:
        act_for(session, shop_id=uuid.UUID(owner.shop_id))
        linked = session.scalars(select(Membership.id).where(Membership.person_id.is_not(None)))
        assert [str(one) for one in linked] == ids[:1]


def test_an_owner_here_is_a_customer_there_and_each_sees_its_own(
    app: Flask, owner: Somebody, outsider: Somebody
) -> None:
    prove(app, outsider, outsider.email)
    join(outsider, owner)
    join(outsider, outsider)
    shops = body(outsider.get(f"{API}/me/shops"))["items"]
    assert {one["name"] for one in shops} == {"Corner Bakery", "Flower Power"}
    problem(outsider.get(owner.url), 404)
    assert [one["name"] for one in customers(owner)] == ["Otto Outsider"]
    seen = owner.get(f"{owner.url}/customers").text + owner.get(f"{owner.url}/customers").text
    assert "Flower" not in seen
    assert outsider.shop_id not in seen


def test_my_shops_show_words_and_no_number_of_people(app: Flask, owner: Somebody) -> None:
    owner.patch(owner.url, {"opening_hours": "24/7"})
    asha = verified(app, "Asha")
    join(asha, owner)
    [shop] = body(asha.get(f"{API}/me/shops"))["items"]
    assert shop["status"]["is_open"] is True
    assert shop["crowd"] is None
    assert not {"inside", "entries", "exits", "ambiguous"} & (set(shop) | set(shop["status"]))


def test_what_the_shop_knows_is_shown_to_the_customer(app: Flask, owner: Somebody) -> None:
    asha = verified(app, "Asha")
    join(asha, owner)
    [customer] = customers(owner)
    url = f"{owner.url}/customers/{customer['id']}"
    owner.patch(url, {"tags": ["regular"], "reference": "K1"})
    made(owner.post(f"{url}/notes", {"text": "likes rye bread"}))
    sell(owner, customer["id"])
    known = body(asha.get(mine(asha, owner)))["known"]
    assert known["name"] == "Asha"
    assert (known["tags"], known["reference"], known["notes"]) == (["regular"], "K1", 1)
    assert (known["purchases"], known["spent_minor"]) == (1, 350)
    assert "rye" not in str(known)


def test_switches_grant_and_withdraw(app: Flask, owner: Somebody) -> None:
    asha = verified(app, "Asha")
    join(asha, owner, consents=["email"], wording=WORDING)
    url = f"{mine(asha, owner)}/consents"
    off = {"channel": "email", "action": "withdraw"}
    assert body(asha.post(url, off))["holds"][0]["is_granted"] is False
    on = {**off, "action": "grant"}
    assert problem(asha.post(url, on), 422)["errors"][0]["field"] == "wording"
    on = {**on, "wording": WORDING}
    assert body(asha.post(url, on))["holds"][0]["is_granted"] is True
    found = body(owner.get(f"{owner.url}/customers/{customers(owner)[0]['id']}/consents"))
    assert [one["action"] for one in found["items"]] == ["grant", "withdraw", "grant"]


def test_leaving_withdraws_every_channel_and_no_import_brings_it_back(
    app: Flask, owner: Somebody
) -> None:
    asha = verified(app, "Asha")
    join(asha, owner, consents=["email"], wording=WORDING)
    assert asha.delete(mine(asha, owner)).status_code == 204
    [shop] = body(asha.get(f"{API}/me/shops"))["items"]
    assert shop["left_at"]
    holds = body(asha.get(mine(asha, owner)))["holds"]
    assert [(one["channel"], one["is_granted"]) for one in holds] == [
        ("email", False), ("push", False), ("sms", False), ("whatsapp", False)
    ]  # fmt: skip
    file = (io.BytesIO(f"email,date,amount\n{asha.email},2026-01-02,3.50\n".encode()), "till.csv")
    upload = made(
        owner.client.post(f"{owner.url}/imports", data={"file": file}, headers=owner.headers)
    )
    with app.app_context(), Session(db.engine) as session:
        shop_id, import_id = uuid.UUID(owner.shop_id), uuid.UUID(upload["id"])
        act_for(session, shop_id=shop_id)
        session.execute(Membership.__table__.update().values(import_id=import_id))
        consent_queries.grant_by_import(
            session,
            shop_id,
            import_id,
            channels=["sms", "email"],
            evidence="-",
            created_by=None,
            agreed_at=dt.datetime.now(dt.UTC),
            except_for=[],
        )
        grants = session.scalar(select(func.count()).where(ConsentEvent.import_id == import_id))
        assert grants == 0


def test_who_comes_back_is_the_same_customer_and_agrees_to_nothing(
    app: Flask, owner: Somebody
) -> None:
    asha = verified(app, "Asha")
    join(asha, owner, consents=["email"], wording=WORDING)
    asha.delete(mine(asha, owner))
    assert join(asha, owner)["left_at"] is None
    assert len(customers(owner)) == 1
    assert not any(one["is_granted"] for one in body(asha.get(mine(asha, owner)))["holds"])


def referral_code(person: Somebody, owner: Somebody) -> str:
    found = body(person.get(mine(person, owner)))["referrals"]
    assert found["whatsapp_url"].startswith("https://wa.me/?text=")
    return str(found["url"].split("?r=")[1])


def test_a_friend_and_the_friends_first_purchase_are_traced(app: Flask, owner: Somebody) -> None:
    asha, bela = verified(app, "Asha"), verified(app, "Béla")
    join(asha, owner)
    code = referral_code(asha, owner)
    assert referral_code(asha, owner) == code
    join(bela, owner, referral_code=code.lower())
    found = body(asha.get(mine(asha, owner)))["referrals"]
    assert (found["joined"], found["bought"]) == (1, 0)
    [_, friend] = customers(owner)
    refunded = sell(owner, friend["id"])
    sell(owner, friend["id"], -350, refunds_id=refunded)
    assert body(asha.get(mine(asha, owner)))["referrals"]["bought"] == 0
    sell(owner, friend["id"], seconds=60)
    assert body(asha.get(mine(asha, owner)))["referrals"]["bought"] == 1
    [referral] = body(owner.get(f"{owner.url}/referrals"))["items"]
    assert (referral["referrer"], referral["friend"]) == ("Asha", "Béla")
    first = dt.datetime.fromisoformat(referral["first_purchase_at"])
    assert first > dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30)
    assert "Béla" not in asha.get(mine(asha, owner)).text


def test_nobody_is_brought_by_themselves_or_a_second_time(app: Flask, owner: Somebody) -> None:
    asha, bela = verified(app, "Asha"), verified(app, "Béla")
    join(asha, owner)
    code = referral_code(asha, owner)
    join(asha, owner, referral_code=code)
    join(bela, owner)
    join(bela, owner, referral_code=code)
    assert body(owner.get(f"{owner.url}/referrals"))["items"] == []


def test_an_analyst_sees_referrals_without_names(
    app: Flask, owner: Somebody, analyst: Somebody
) -> None:
    asha, bela = verified(app, "Asha"), verified(app, "Béla")
    join(asha, owner)
    join(bela, owner, referral_code=referral_code(asha, owner))
    [referral] = body(analyst.get(f"{owner.url}/referrals"))["items"]
    assert (referral["referrer"], referral["friend"]) == (None, None)
