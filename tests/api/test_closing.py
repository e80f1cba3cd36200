"""A shop is closed by its owner, can be taken back for a month, and then nothing of it is left."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.jobs.broker import BrokerFolder
from cloud.app.jobs.closing import delete_closed_shops
from cloud.app.jobs.sessions import job_sessions
from cloud.app.services.closing import GRACE, reopen_shop
from cloud.app.services.erasure import erase_customer
from cloud.app.services.suppressions import suppress_contacts
from cloud.app.settings import Settings
from cloud.app.store.membership_queries import take_turns
from cloud.app.store.roles import act_for
from cloud.app.store.sales import Purchase
from simulators.ports import spare_port
from tests.api.conftest import (
    API,
    Letterbox,
    Somebody,
    body,
    code_for,
    made,
    make_app,
    problem,
    somebody,
)
from tests.api.test_access import merge_of
from tests.api.test_customer_list import add
from tests.api.test_joining import customers, prove, sell
from tests.api.test_rights import Life
from tests.broker.clients import is_welcome
from tests.brokers import settings_for_broker
from tests.waiting import wait_for_lock

NAME = {"name": "Corner Bakery"}


def close(owner: Somebody, name: str = "Corner Bakery") -> dict[str, Any]:
    answer = owner.client.delete(owner.url, json={"name": name}, headers=owner.headers)
    assert answer.status_code == 200, answer.text
    return body(answer)


def slug_of(owner: Somebody) -> str:
    return str(body(owner.get(owner.url))["slug"])


def run_sql(settings: Settings, statement: str, **values: object) -> None:
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text(statement), values)
    engine.dispose()


def let_a_month_pass(settings: Settings, shop: Somebody) -> None:
    """Move the end of a shop's time into the past; the database's own clock decides."""
    past = "UPDATE shop SET delete_at = delete_at - :grace WHERE id = :id"
    run_sql(settings, past, grace=GRACE, id=shop.shop_id)


def delete_due(settings: Settings, now: dt.datetime | None = None) -> int:
    sessions = job_sessions(settings)
    try:
        return delete_closed_shops(sessions, now or dt.datetime.now(dt.UTC))
    finally:
        sessions.kw["bind"].dispose()


def tables_that_name(settings: Settings, shop_id: str) -> set[str]:
    """Return the tables of which a row has the shop's id in any column."""
    engine = create_engine(settings.database_url)
    with engine.connect() as connection:
        found = {
            table
            for table in inspect(engine).get_table_names()
            if connection.scalar(
                text(
                    f'SELECT EXISTS (SELECT FROM "{table}" AS t'
                    " WHERE strpos(row_to_json(t)::text, :id) > 0)"
                ),
                {"id": shop_id},
            )
        }
    engine.dispose()
    return found


def test_a_closed_shop_has_no_public_page_and_nobody_joins_it(
    owner: Somebody, client: FlaskClient
) -> None:
    slug = slug_of(owner)
    before = dt.datetime.now(dt.UTC)
    delete_at = dt.datetime.fromisoformat(close(owner)["delete_at"])
    assert before + GRACE <= delete_at <= dt.datetime.now(dt.UTC) + GRACE
    problem(client.get(f"{API}/public/shops/{slug}"), 410)
    for path in (f"/s/{slug}", f"/s/{slug}/join"):
        page = client.get(path)
        assert page.status_code == 410
        assert "This shop has closed" in page.text
    answer = owner.post(f"{API}/me/shops", {"slug": slug})
    assert problem(answer, 410)["detail"] == "this shop has closed"


def test_closing_wants_the_shop_s_name_as_it_is_written(owner: Somebody) -> None:
    for wrong in ("corner bakery", "Flower Power"):
        answer = owner.client.delete(owner.url, json={"name": wrong}, headers=owner.headers)
        [error] = problem(answer, 422)["errors"]
        assert error["field"] == "name"
        assert "Corner Bakery" in error["expected"]
    problem(owner.delete(owner.url), 422)
    assert body(owner.get(owner.url))["delete_at"] is None


def test_closing_again_does_not_lengthen_the_time(owner: Somebody) -> None:
    first = close(owner, "  Corner   Bakery ")
    assert close(owner)["delete_at"] == first["delete_at"]


def test_the_owner_takes_the_closing_back(
    settings: Settings, owner: Somebody, client: FlaskClient
) -> None:
    slug = slug_of(owner)
    close(owner)
    assert body(owner.post(f"{owner.url}/reopen"))["delete_at"] is None
    assert client.get(f"/s/{slug}").status_code == 200
    delete_due(settings, dt.datetime.now(dt.UTC) + 2 * GRACE)
    assert body(owner.get(owner.url))["name"] == "Corner Bakery"


def test_a_closed_shop_gets_no_new_board_and_can_still_be_exported(owner: Somebody) -> None:
    code = made(owner.post(f"{owner.url}/claims", {"name": "Door"}))["code"]
    close(owner)
    problem(owner.client.post(f"{API}/claims", json={"code": code}), 403)
    for noun in ("claims", "devices"):
        answer = owner.post(f"{owner.url}/{noun}", {"name": "Door"})
        assert "take that back first" in problem(answer, 409)["detail"]
    assert owner.get(f"{owner.url}/exports/customers").status_code == 200


def test_a_shop_is_not_deleted_before_its_time_whatever_the_job_believes(
    settings: Settings, owner: Somebody
) -> None:
    sell(owner, None)
    close(owner)
    assert delete_due(settings, dt.datetime.now(dt.UTC) + 2 * GRACE) == 0
    assert owner.get(owner.url).status_code == 200
    assert len(body(owner.get(f"{owner.url}/purchases"))["items"]) == 1


def test_after_its_time_nothing_of_a_shop_is_in_any_table(
    app: Flask, settings: Settings, owner: Somebody, outsider: Somebody
) -> None:
    zebulonia = Life(app, settings, owner, outsider)
    zebulonia.import_(owner, "Somebody else,0151 20000001", "2026-01-03", consent=True)
    merge_of(owner)
    door = made(owner.post(f"{owner.url}/devices", {"name": "Door"}))["device"]
    passage = (
        "INSERT INTO event (shop_id, device_id, boot, sequence, site_id, kind, occurred_at,"
        " time_source, up_ms, body)"
        " VALUES (:shop, :device, 1, 1, :site, 'passage', now(), 'device', 1, '{}')"
    )
    run_sql(settings, passage, shop=owner.shop_id, device=door["id"], site=door["site_id"])
    product = {"product": "Rye bread", "quantity": 1, "amount_minor": 300}
    sale = {"id": str(uuid.uuid4()), "occurred_at": "2026-01-02T10:00:00Z", "amount_minor": 300}
    made(owner.post(f"{owner.url}/purchases", {**sale, "lines": [product]}))
    rejected = (
        "INSERT INTO rejected_message (shop_id, topic, payload, reason) VALUES (:id, 't', '', 'r')"
    )
    run_sql(settings, rejected, id=owner.shop_id)
    assert {
        "shop", "site", "device", "staff", "membership", "note", "purchase", "purchase_line",
        "product", "import_batch", "import_row", "report", "audit_event", "idempotency_key",
        "consent_event", "feedback", "customer_merge", "event", "referral", "rejected_message",
    } <= tables_that_name(settings, owner.shop_id)  # fmt: skip
    close(owner)
    let_a_month_pass(settings, owner)

    assert delete_due(settings) == 1

    # a job that has run keeps its arguments for three days: ids and nothing else
    assert tables_that_name(settings, owner.shop_id) <= {"procrastinate_jobs"}
    problem(owner.get(owner.url), 404)
    [kept] = body(zebulonia.person.get(f"{API}/me/shops"))["items"]
    assert kept["name"] == "Flower Power"
    assert zebulonia.name in outsider.get(f"{outsider.url}/customers").text


def test_a_customer_of_a_closed_shop_sees_when_it_goes_and_can_be_forgotten_before(
    app: Flask, settings: Settings, owner: Somebody
) -> None:
    zebulonia = Life(app, settings, owner)
    delete_at = close(owner)["delete_at"]
    mine = f"{API}/me/shops/{owner.shop_id}"
    found = body(zebulonia.person.get(mine))
    assert (found["delete_at"], found["status"]["is_open"]) == (delete_at, False)
    assert zebulonia.person.put(f"{mine}/erasure", None).status_code == 200
    assert zebulonia.name not in {customer["name"] for customer in customers(owner)}


def test_who_has_closed_all_their_shops_can_go_and_the_shops_go_with_them(
    app: Flask, settings: Settings, owner: Somebody, client: FlaskClient
) -> None:
    slug = slug_of(owner)
    prove(app, owner, owner.email)
    close(owner)
    owner.post(f"{API}/codes", {"contact": owner.email})
    sent = {"contact": owner.email, "code": code_for(app, owner.email)}
    assert owner.put(f"{API}/me/erasure", sent).status_code == 200
    problem(client.get(f"{API}/public/shops/{slug}"), 410)
    delete_due(settings)
    problem(client.get(f"{API}/public/shops/{slug}"), 404)
    assert tables_that_name(settings, owner.shop_id) <= {"procrastinate_jobs"}


@pytest.fixture(scope="module")
def with_broker(settings: Settings, mosquitto: BrokerFolder) -> Iterator[Flask]:
    broker = settings_for_broker(mosquitto)
    names = [field.name for field in dataclasses.fields(Settings) if "mqtt" in field.name]
    values = {name: getattr(broker, name) for name in names}
    app = make_app(dataclasses.replace(settings, **values), messenger=Letterbox())
    yield app
    app.extensions["streams"].end()
    with app.app_context():
        db.engine.dispose()


def test_the_boards_of_a_closed_shop_are_refused_by_the_broker(
    with_broker: Flask, mosquitto: BrokerFolder
) -> None:
    owner = somebody(with_broker, "Olga")
    owner.open_shop("Corner Bakery")
    boards = [
        made(owner.post(f"{owner.url}/devices", {"name": name}))["credential"]
        for name in ("Front", "Back")
    ]
    assert all(is_welcome(mosquitto, one["username"], one["password"]) for one in boards)
    close(owner)
    assert not any(is_welcome(mosquitto, one["username"], one["password"]) for one in boards)
    owner.post(f"{owner.url}/reopen")
    assert body(owner.get(f"{owner.url}/devices"))["items"] == []


def test_while_the_broker_is_away_nothing_is_closed(settings: Settings, with_broker: Flask) -> None:
    owner = somebody(with_broker, "Olga")
    owner.open_shop("Corner Bakery")
    made(owner.post(f"{owner.url}/devices", {"name": "Front"}))
    away_settings = dataclasses.replace(with_broker.extensions["settings"], mqtt_port=spare_port())
    away = make_app(away_settings).test_client()
    problem(away.delete(owner.url, json=NAME, headers=owner.headers), 503)
    assert body(owner.get(owner.url))["delete_at"] is None


def test_a_shop_that_is_taken_back_at_the_last_moment_keeps_its_sales(
    app: Flask, settings: Settings, owner: Somebody
) -> None:
    sell(owner, None)
    close(owner)
    let_a_month_pass(settings, owner)
    with app.app_context(), ThreadPoolExecutor(1) as pool, Session(db.engine) as session:
        act_for(session, shop_id=uuid.UUID(owner.shop_id))
        reopen_shop(session, uuid.UUID(owner.shop_id))
        deleted = pool.submit(delete_due, settings)
        wait_for_lock(session, "the deletion to wait for the owner")
        session.commit()
        assert deleted.result() == 0
    assert len(body(owner.get(f"{owner.url}/purchases"))["items"]) == 1


def test_a_shop_that_is_taken_back_while_it_is_deleted_is_gone(
    app: Flask, settings: Settings, owner: Somebody
) -> None:
    key = uuid.UUID(owner.shop_id), uuid.UUID(sell(owner, None))
    close(owner)
    let_a_month_pass(settings, owner)
    with app.app_context(), ThreadPoolExecutor(2) as pool, Session(db.engine) as session:
        act_for(session, shop_id=key[0])
        session.get_one(Purchase, key, with_for_update=True)  # as a refund does
        deleted = pool.submit(delete_due, settings)
        wait_for_lock(session, "the deletion to wait for the refund")
        reopened = pool.submit(owner.post, f"{owner.url}/reopen")
        wait_for_lock(session, "the owner to wait for the deletion", transactions=2)
        session.commit()
        assert deleted.result() == 1
        assert problem(reopened.result(), 404)["detail"] == "there is no such shop"


def test_an_erasure_and_the_end_of_the_shop_do_not_wait_for_each_other(
    app: Flask, settings: Settings, owner: Somebody
) -> None:
    asha = add(owner, "Asha", phone="030 123456")
    sell(owner, asha)
    close(owner)
    let_a_month_pass(settings, owner)
    shop_id, key = uuid.UUID(owner.shop_id), settings.secret_key
    with app.app_context(), ThreadPoolExecutor(1) as pool, Session(db.engine) as session:
        act_for(session, shop_id=shop_id)
        take_turns(session, shop_id)  # as an erasure does first
        suppress_contacts(session, key, shop_id, ["+4930123456"])
        deleted = pool.submit(delete_due, settings)
        wait_for_lock(session, "the deletion to wait for the erasure")
        assert erase_customer(session, key, shop_id, uuid.UUID(asha)) == 1
        session.commit()
        assert deleted.result() == 1
