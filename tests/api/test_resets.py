"""A forgotten password: a link by mail that works once."""

import re
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event, text

from cloud.app.api.database import db
from cloud.app.settings import Settings
from tests.api.conftest import API, PASSWORD, Letterbox, make_app, problem, somebody
from tests.rows import owner_of_all

NEW = "another horse battery"


@pytest.fixture
def letterbox() -> Letterbox:
    return Letterbox()


@pytest.fixture
def app(settings: Settings, letterbox: Letterbox) -> Iterator[Flask]:
    app = make_app(settings, messenger=letterbox)
    yield app
    app.extensions["streams"].end()
    with app.app_context():
        db.engine.dispose()


def ask(app: Flask, login: str) -> tuple[int, str]:
    answer = app.test_client().post(f"{API}/password-resets", json={"login": login})
    return answer.status_code, answer.text


def delivered(app: Flask, letterbox: Letterbox) -> list[tuple[str, str, str]]:
    app.extensions["post"].wait()
    return [letter for letter in letterbox.letters if "new password" in letter[1]]


def test_a_link_by_mail_sets_a_new_password_once_and_signs_out_everywhere(
    app: Flask, letterbox: Letterbox
) -> None:
    asha = somebody(app, "Asha")
    assert ask(app, asha.email.upper())[0] == 202
    [(to, _, text)] = delivered(app, letterbox)
    assert to == asha.email
    found = re.search(r"/new-password#(\S+)", text)
    assert found is not None
    reset = {"code": found[1], "password": NEW}
    client = app.test_client()
    assert client.post(f"{API}/password-resets/confirm", json=reset).status_code == 204
    for password, status in ((PASSWORD, 401), (NEW, 200)):
        login = {"login": asha.email, "password": password}
        assert client.post(f"{API}/tokens", json=login).status_code == status
    problem(asha.client.post(f"{API}/tokens/refresh", json={}), 401)
    problem(client.post(f"{API}/password-resets/confirm", json=reset), 403)


def test_who_presses_twice_is_sent_one_link(
    app: Flask, letterbox: Letterbox, settings: Settings
) -> None:
    asha = somebody(app, "Asha")
    for _ in range(2):
        ask(app, asha.email)
    assert len(delivered(app, letterbox)) == 1
    with owner_of_all(settings) as connection:
        earlier = (
            "UPDATE ticket SET created_at = created_at - interval '30 s' WHERE person_id = :id"
        )
        connection.execute(text(earlier), {"id": asha.id})
    ask(app, asha.email)
    assert len(delivered(app, letterbox)) == 2


def test_the_answer_does_not_tell_who_has_an_account(app: Flask, letterbox: Letterbox) -> None:
    asha = somebody(app, "Asha")
    assert ask(app, asha.email) == ask(app, "nobody@example.com") == ask(app, "not a login")
    assert [to for to, _, _ in delivered(app, letterbox)] == [asha.email]


def test_the_answer_does_not_wait_to_know_who_has_an_account(app: Flask) -> None:
    asha, busy = somebody(app, "Asha"), threading.Event()

    def keep_busy() -> None:
        busy.wait(30)

    app.extensions["post"].later(keep_busy)
    asked = [statements_of(app, login) for login in (asha.email, "nobody@example.com")]
    busy.set()
    assert asked[0] == asked[1]


def statements_of(app: Flask, login: str) -> list[str]:
    """Ask for a link; return what the database is asked before the answer."""
    said: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert ask(app, login)[0] == 202
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return said


def test_a_code_of_another_kind_sets_no_password(app: Flask) -> None:
    owner = somebody(app, "Olga")
    owner.open_shop("Bakery")
    invitation = owner.post(f"{owner.url}/invitations", {"role": "staff"}).json
    assert isinstance(invitation, dict)
    reset = {"code": invitation["code"], "password": NEW}
    problem(app.test_client().post(f"{API}/password-resets/confirm", json=reset), 403)
