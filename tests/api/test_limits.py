"""Whoever can be asked without a sign-in, or guessed at, is not asked without end."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cloud.app.api.database import db
from cloud.app.settings import Settings
from tests.api.conftest import Letterbox, make_app, problem
from tests.api.test_access import OPEN_TO_ALL, OPERATIONS, Operation, ids, name

LIMITED = [o for o in OPERATIONS if "429" in o[2]["responses"]]
PAGES = [("get", "/s/{slug}"), ("get", "/s/{slug}/join"), ("post", "/s/{slug}/join"),
         ("post", "/s/{slug}/join/code")]  # fmt: skip
# what is only read may be asked most often
MOST = 120


@pytest.fixture(scope="module")
def limited(settings: Settings) -> Iterator[Flask]:
    app = make_app(settings, is_limited=True, messenger=Letterbox())
    yield app
    app.extensions["streams"].end()
    with app.app_context():
        db.engine.dispose()


def test_every_route_without_a_sign_in_is_limited() -> None:
    assert {name(operation) for operation in LIMITED} >= OPEN_TO_ALL
    # and those at which a signed-in person could guess, or let much be done
    assert {"confirm_contact", "accept_invitation", "export_me", "erase_me"} <= {
        name(operation) for operation in LIMITED
    }


@pytest.mark.parametrize("operation", LIMITED, ids=ids(LIMITED))
def test_a_route_that_says_so_refuses_who_asks_too_often(
    operation: Operation, limited: Flask
) -> None:
    refused = ask_until_refused(limited.test_client(), operation[0], operation[1])
    found = problem(refused, 429)
    assert found["code"] == "too_often"
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_a_page_for_everybody_refuses_who_asks_too_often(
    method: str, path: str, limited: Flask
) -> None:
    assert ask_until_refused(limited.test_client(), method, path).status_code == 429


def ask_until_refused(client: FlaskClient, method: str, path: str) -> Any:
    """Ask from an address that nobody else has; return the first answer that refuses."""
    here = {"REMOTE_ADDR": f"198.51.100.{secrets.randbelow(250)}-{secrets.token_hex(4)}"}
    for number in range(MOST + 1):
        # another address each time: what is kept in front is counted by nobody
        told = path.format(slug=f"nobody-{number}")
        answer = client.open(told, method=method.upper(), json={}, environ_overrides=here)
        if answer.status_code == 429:
            assert number >= 3, "so few tries everybody needs"
            return answer
    raise AssertionError(f"expected 429 within {MOST} requests, got {answer.status_code}")
