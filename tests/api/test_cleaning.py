"""What is over is forgotten at night, and nothing else."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from cloud.app.jobs.cleaning import KEEP_SIGN_INS, clean
from cloud.app.jobs.sessions import job_sessions
from cloud.app.settings import Settings
from tests.api.conftest import API, PASSWORD, Somebody, body, code_for, made, somebody
from tests.api.test_joining import prove

MONTH = dt.timedelta(days=31)
HOUR = dt.timedelta(hours=1)


class Database:
    """The database as its owner sees it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def run(self, statement: str, **values: object) -> list[Any]:
        engine = create_engine(self.settings.database_url)
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            rows = list(result) if result.returns_rows else []
        engine.dispose()
        return rows

    def count(self, table: str, condition: str, **values: object) -> int:
        [row] = self.run(f"SELECT count(*) FROM {table} WHERE {condition}", **values)
        return int(row[0])

    def age(self, person: Somebody, by: dt.timedelta) -> None:
        """Let time pass for an account and its sign-ins."""
        self.run("UPDATE person SET created_at = created_at - :by WHERE id = :id",
                 by=by, id=person.id)  # fmt: skip
        self.run("UPDATE refresh_token SET created_at = created_at - :by,"
                 " expires_at = expires_at - :by WHERE person_id = :id",
                 by=by, id=person.id)  # fmt: skip

    def clean(self) -> None:
        sessions = job_sessions(self.settings)
        clean(sessions, dt.datetime.now(dt.UTC))
        sessions.kw["bind"].dispose()

    def has(self, person: Somebody) -> bool:
        return self.count("person", "id = :id", id=person.id) == 1


@pytest.fixture
def database(settings: Settings) -> Database:
    return Database(settings)


def test_an_account_that_proves_nothing_and_stays_empty_goes_after_a_month(
    app: Flask, database: Database
) -> None:
    old, young = somebody(app, "Old"), somebody(app, "Young")
    database.age(old, MONTH)
    database.age(young, dt.timedelta(days=29))
    database.clean()
    assert (database.has(old), database.has(young)) == (False, True)


def test_an_account_that_is_used_in_any_way_stays(
    app: Flask, database: Database, owner: Somebody
) -> None:
    proven, signed_in, admin = (somebody(app, name) for name in ("Petra", "Sina", "Ada"))
    customer = somebody(app, "Asha")
    prove(app, proven, proven.email)
    made(owner.post(f"{owner.url}/customers", {"name": "Asha"}))
    database.run("UPDATE membership SET person_id = :id WHERE shop_id = :shop",
                 id=customer.id, shop=owner.shop_id)  # fmt: skip
    database.run("INSERT INTO platform_admin (person_id) VALUES (:id)", id=admin.id)
    for person in (proven, signed_in, admin, customer, owner):
        database.age(person, MONTH)
    login = {"login": signed_in.email, "password": PASSWORD}
    assert app.test_client().post(f"{API}/tokens", json=login).status_code == 200
    database.clean()
    assert all(database.has(one) for one in (proven, signed_in, admin, customer, owner))


def test_codes_go_once_they_are_not_counted_any_more(app: Flask, database: Database) -> None:
    person = somebody(app, "Asha")
    person.post(f"{API}/codes", {"contact": person.email})
    code_for(app, person.email)
    database.run("UPDATE contact_code SET expires_at = now() - interval '61 minutes'")
    person.post(f"{API}/codes", {"contact": person.email})
    database.clean()
    assert database.count("contact_code", "expires_at <= now() - interval '1 hour'") == 0
    assert database.count("contact_code", "expires_at > now()") >= 1


def test_tickets_go_when_they_have_expired(database: Database, owner: Somebody) -> None:
    for name in ("Front door", "Back door"):
        made(owner.post(f"{owner.url}/claims", {"name": name}))
    old = "shop_id = :id AND details ->> 'name' = 'Front door'"
    database.run(f"UPDATE ticket SET expires_at = now() WHERE {old}", id=owner.shop_id)
    database.clean()
    assert database.count("ticket", "shop_id = :id", id=owner.shop_id) == 1
    assert database.count("ticket", old, id=owner.shop_id) == 0


def test_windows_of_limits_go_when_they_are_over(database: Database) -> None:
    for key, ends in ((b"cleaning-old", "-1 second"), (b"cleaning-new", "1 hour")):
        database.run("INSERT INTO rate_limit VALUES (:key, 1, now() + CAST(:ends AS interval))",
                     key=key, ends=ends)  # fmt: skip
    database.clean()
    left = database.run("SELECT key FROM rate_limit WHERE key IN (:a, :b)",
                        a=b"cleaning-old", b=b"cleaning-new")  # fmt: skip
    assert [bytes(row[0]) for row in left] == [b"cleaning-new"]


def test_a_sign_in_is_forgotten_a_week_after_its_end(app: Flask, database: Database) -> None:
    ended, ending = somebody(app, "Ended"), somebody(app, "Ending")
    for person, by in ((ended, KEEP_SIGN_INS + HOUR), (ending, KEEP_SIGN_INS - HOUR)):
        prove(app, person, person.email)
        database.age(person, dt.timedelta(days=30) + by)
    database.clean()
    left = [
        database.count("refresh_token", "person_id = :id", id=one.id) for one in (ended, ending)
    ]
    assert left == [0, 1]


def test_a_sign_in_that_goes_on_keeps_its_beginning_and_no_other_dead_token(
    app: Flask, database: Database
) -> None:
    person = somebody(app, "Asha")
    for _ in range(2):
        answer = person.client.post(f"{API}/tokens/refresh", json={})
        assert answer.status_code < 300
        # each is renewed long after the one before
        database.age(person, KEEP_SIGN_INS + dt.timedelta(days=31))
        database.run("UPDATE refresh_token SET expires_at = now() + interval '1 day'"
                     " WHERE person_id = :id AND used_at IS NULL", id=person.id)  # fmt: skip
    began = "SELECT min(created_at) FROM refresh_token WHERE person_id = :id"
    before = database.run(began, id=person.id)
    assert database.count("refresh_token", "person_id = :id", id=person.id) == 3
    database.clean()
    assert database.count("refresh_token", "person_id = :id", id=person.id) == 2
    assert database.run(began, id=person.id) == before
    assert body(person.get(f"{API}/me"))["person"]["name"] == "Asha"
