"""The API on a real database, and people with lives of their own."""

import datetime as dt
import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from cloud.app.api.app import create_app
from cloud.app.api.database import db
from cloud.app.services.messengers import Messenger
from cloud.app.services.passwords import Passwords
from cloud.app.settings import Settings
from cloud.app.store.people import Staff
from cloud.app.store.roles import act_for

API = "/api/v1"
PASSWORD = "correct horse battery"


@dataclass
class Somebody:
    """A person who is signed in; `url` begins the addresses of the shop they work for."""

    client: FlaskClient
    id: str
    email: str
    headers: dict[str, str]
    shop_id: str = ""

    @property
    def url(self) -> str:
        return f"{API}/shops/{self.shop_id}"

    def get(self, url: str, **query: object) -> TestResponse:
        return self.client.get(url, query_string=query, headers=self.headers)

    def post(self, url: str, body: object = None, **more: Any) -> TestResponse:
        return self.client.post(url, json=body, headers=self.headers, **more)

    def put(self, url: str, body: object) -> TestResponse:
        return self.client.put(url, json=body, headers=self.headers)

    def patch(self, url: str, body: object) -> TestResponse:
        return self.client.patch(url, json=body, headers=self.headers)

    def delete(self, url: str) -> TestResponse:
        return self.client.delete(url, headers=self.headers)

    def open_shop(self, name: str, **profile: object) -> dict[str, Any]:
        shop = {"country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR", **profile}
        opened = made(self.post(f"{API}/shops", {"name": name, **shop}))
        self.shop_id = opened["id"]
        return opened


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The application, hashing cheaply and without limits."""
    app = make_app(settings, messenger=Letterbox())
    yield app
    app.extensions["streams"].end()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def owner(app: Flask) -> Somebody:
    """A person who owns a bakery."""
    owner = somebody(app, "Olga Owner")
    owner.open_shop("Corner Bakery")
    return owner


@pytest.fixture
def outsider(app: Flask) -> Somebody:
    """A person who owns another shop and must see nothing of the bakery."""
    outsider = somebody(app, "Otto Outsider")
    outsider.open_shop("Flower Power")
    return outsider


@pytest.fixture
def analyst(app: Flask, owner: Somebody) -> Somebody:
    """The bakery's accountant, who may look and change nothing."""
    return colleague(app, owner, "analyst")


def make_app(
    settings: Settings, *, is_limited: bool = False, messenger: Messenger | None = None
) -> Flask:
    cheap = Passwords(time_cost=1, memory_kib=8)
    return create_app(settings, passwords=cheap, messenger=messenger, is_limited=is_limited)


def somebody(app: Flask, name: str) -> Somebody:
    """Register a person with an address that nobody else has."""
    email = f"{secrets.token_hex(6)}@example.com"
    client = app.test_client()
    account = {"name": name, "email": email, "password": PASSWORD}
    body = made(client.post(f"{API}/register", json=account))
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    return Somebody(client, body["person"]["id"], email, headers)


class Letterbox:
    """Keeps what would be sent; knows the last code for each contact."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, str]] = []

    def reaches(self, to: str) -> bool:
        return True

    def send(self, to: str, subject: str, text: str) -> None:
        self.letters.append((to, subject, text))


def move_to_noon(owner: Somebody) -> ZoneInfo:
    """Move the shop to where it is about noon: neither day nor month ends during the test."""
    ahead_h = 12 - dt.datetime.now(dt.UTC).hour
    zone = f"Etc/GMT{-ahead_h:+}"  # in these names a minus is ahead of Greenwich
    assert owner.patch(owner.url, {"time_zone": zone}).status_code == 200
    return ZoneInfo(zone)


def code_for(app: Flask, contact: str) -> str:
    """Wait for the post, and return the last code that was sent to a contact."""
    post = app.extensions["post"]
    post.wait()
    texts = [text for to, _, text in post.messenger.letters if to == contact]
    found = re.search(r"\b(\d{6})\b", texts[-1])
    assert found is not None
    return found[1]


def colleague(app: Flask, owner: Somebody, role: str) -> Somebody:
    """Register a person who works in the owner's shop."""
    person = somebody(app, f"Carl {role}")
    person.shop_id = owner.shop_id
    with app.app_context(), Session(db.engine) as session:
        shop_id = uuid.UUID(owner.shop_id)
        act_for(session, shop_id=shop_id)
        session.add(Staff(shop_id=shop_id, person_id=uuid.UUID(person.id), role=role))
        session.commit()
    return person


def made(answer: TestResponse) -> dict[str, Any]:
    """Return the body of an answer that says that something was made."""
    assert answer.status_code == 201, answer.text
    return body(answer)


def body(answer: TestResponse) -> dict[str, Any]:
    """Return a JSON object."""
    assert isinstance(answer.json, dict)
    return answer.json


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """Return a problem, checked for its shape."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    found = body(answer)
    said = {"type", "title", "status", "detail", "code", "values"}
    assert said <= set(found) <= {*said, "errors"}
    assert found["status"] == status
    assert found["detail"]
    assert ("errors" in found) == (status == 422)
    return found
