"""A board gets its credential by a short code that works once and soon."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.domain.errors import Forbidden
from cloud.app.jobs.broker import BrokerFolder
from cloud.app.services.devices import claim, offer_claim
from cloud.app.settings import Settings
from cloud.app.store.roles import act_for
from simulators.ports import spare_port
from tests.api.conftest import API, Somebody, body, made, make_app, problem, somebody
from tests.broker.clients import is_welcome
from tests.brokers import settings_for_broker


@pytest.fixture(scope="module")
def app(settings: Settings, mosquitto: BrokerFolder) -> Iterator[Flask]:
    """The application with a broker."""
    broker = settings_for_broker(mosquitto)
    names = [field.name for field in dataclasses.fields(Settings) if "mqtt" in field.name]
    app = make_app(dataclasses.replace(settings, **{n: getattr(broker, n) for n in names}))
    yield app
    app.extensions["streams"].end()
    with app.app_context():
        db.engine.dispose()


def code_of(owner: Somebody, name: str = "Back door") -> str:
    return str(made(owner.post(f"{owner.url}/claims", {"name": name}))["code"])


def test_a_board_signs_in_with_what_its_code_gave(
    app: Flask, owner: Somebody, mosquitto: BrokerFolder
) -> None:
    code = code_of(owner)
    # as it is typed: nobody keeps to upper case
    typed = f"{code[:4].lower()}-{code[4:]} "
    claimed = made(app.test_client().post(f"{API}/claims", json={"code": typed}))
    assert claimed["device"]["name"] == "Back door"
    credential = claimed["credential"]
    assert is_welcome(mosquitto, credential["username"], credential["password"])
    listed = body(owner.get(f"{owner.url}/devices"))["items"]
    assert [one["id"] for one in listed] == [credential["username"]]


def test_a_code_works_once(app: Flask, owner: Somebody) -> None:
    code = {"code": code_of(owner)}
    made(app.test_client().post(f"{API}/claims", json=code))
    problem(app.test_client().post(f"{API}/claims", json=code), 403)


def test_a_code_works_for_minutes_only(app: Flask, owner: Somebody) -> None:
    settings: Settings = app.extensions["settings"]
    now = dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)
    with app.app_context(), Session(db.engine) as session:
        shop_id = uuid.UUID(owner.shop_id)
        act_for(session, shop_id=shop_id)
        _, code = offer_claim(
            session, settings, shop_id=shop_id, name="Door", site_id=None, now=now
        )
        with pytest.raises(Forbidden):
            claim(session, settings, code=code, now=now + dt.timedelta(minutes=15))
        session.rollback()


def test_a_code_survives_a_broker_that_is_away(settings: Settings, app: Flask) -> None:
    away = make_app(dataclasses.replace(app.extensions["settings"], mqtt_port=spare_port()))
    person = somebody(away, "Olga")
    person.open_shop("Bakery without a broker")
    code = {"code": code_of(person)}
    problem(away.test_client().post(f"{API}/claims", json=code), 503)
    made(app.test_client().post(f"{API}/claims", json=code))


def test_a_code_survives_a_server_that_cannot_read_its_own_authority(
    app: Flask, owner: Somebody
) -> None:
    settings: Settings = app.extensions["settings"]
    unready = make_app(dataclasses.replace(settings, mqtt_public_ca_file=Path("/none/ca.pem")))
    code = {"code": code_of(owner)}
    problem(unready.test_client().post(f"{API}/claims", json=code), 503)
    assert body(owner.get(f"{owner.url}/devices"))["items"] == []
    made(app.test_client().post(f"{API}/claims", json=code))


def test_a_wrong_code_is_refused_and_trying_is_limited(settings: Settings) -> None:
    limited = make_app(settings, is_limited=True).test_client()
    statuses = [
        limited.post(f"{API}/claims", json={"code": "WRONGKEY"}).status_code for _ in range(11)
    ]
    assert statuses == [403] * 10 + [429]
