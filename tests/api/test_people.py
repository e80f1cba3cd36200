"""Accounts, sign-ins and tokens."""

import datetime as dt
import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.services import accounts, sign_ins
from cloud.app.settings import Settings
from cloud.app.store.people import Person
from cloud.app.store.roles import act_for
from tests.api.conftest import API, PASSWORD, Somebody, body, made, make_app, problem, somebody
from tests.waiting import wait_for_lock


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD) -> dict[str, str]:
    credentials = {"login": login, "password": password, "transport": "body"}
    answer = client.post(f"{API}/tokens", json=credentials)
    assert answer.status_code == 200, answer.text
    return body(answer)


def renew(client: FlaskClient, token: str) -> dict[str, str]:
    answer = client.post(f"{API}/tokens/refresh", json={"refresh_token": token})
    assert answer.status_code == 200, answer.text
    return body(answer)


def test_who_registers_is_signed_in(client: FlaskClient) -> None:
    account = {"name": "Asha", "email": "Asha@Example.com", "password": PASSWORD}
    answer = made(client.post(f"{API}/register", json=account))
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    me = body(client.get(f"{API}/me", headers=bearer))
    assert me["person"]["email"] == "asha@example.com"
    assert me["shops"] == []
    assert answer["expires_in_s"] == 900


def test_the_same_registration_again_is_the_same_account(app: Flask, client: FlaskClient) -> None:
    account = {"name": "Asha", "email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}

    def register(**changes: str) -> str:
        answer = made(client.post(f"{API}/register", json={**account, **changes}))
        return str(answer["person"]["id"])

    first = register()
    assert register(email=account["email"].upper()) == first
    with app.app_context(), Session(db.engine) as session:
        later = dt.datetime.now(dt.UTC) + sign_ins.GRACE
        passwords = app.extensions["passwords"]
        others = [str(accounts.register(session, passwords, now=later, **account).id)]
    others += [register(name="A."), register(password="another horse battery")]
    assert len({first, *others}) == 4


def test_of_two_registrations_at_once_the_second_waits(app: Flask, client: FlaskClient) -> None:
    account = {"name": "Asha", "email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
    now = dt.datetime.now(dt.UTC)
    with app.app_context(), ThreadPoolExecutor(1) as pool, Session(db.engine) as session:
        passwords = app.extensions["passwords"]
        first_id = accounts.register(session, passwords, now=now, **account).id
        second = pool.submit(client.post, f"{API}/register", json=account)
        wait_for_lock(session, "the second to wait for the first")
        session.commit()
        assert made(second.result())["person"]["id"] == str(first_id)


def test_one_can_register_and_sign_in_with_a_phone(client: FlaskClient) -> None:
    number = f"+49 151 {secrets.randbelow(10**8):08d}"
    account = {"name": "Asha", "phone": number, "password": PASSWORD}
    person = made(client.post(f"{API}/register", json=account))["person"]
    assert person["phone"] == number.replace(" ", "")
    assert sign_in(client, number)["access_token"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": None}, "email"),
        ({"email": "nobody"}, "email"),
        ({"phone": "0151 2345"}, "phone"),
        ({"password": "short"}, "password"),
        ({"name": "\0"}, "name"),
        ({"name": "  "}, "name"),
        ({"role": "admin"}, "role"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    client: FlaskClient, change: dict[str, str], field: str
) -> None:
    account = {"name": "Asha", "email": "new@example.com", "password": PASSWORD, **change}
    found = problem(client.post(f"{API}/register", json=account), 422)
    assert [error["field"] for error in found["errors"]] == [field]


def test_a_refused_password_is_not_repeated(client: FlaskClient) -> None:
    account = {"name": "Asha", "email": "new@example.com", "password": "s3cret"}
    answer = client.post(f"{API}/register", json=account)
    problem(answer, 422)
    assert "s3cret" not in answer.text


def test_unknown_login_and_wrong_password_get_the_same_answer(
    client: FlaskClient, owner: Somebody
) -> None:
    wrong = {"login": owner.email, "password": "wrong password"}
    unknown = {"login": "nobody@example.com", "password": PASSWORD}
    answers = [client.post(f"{API}/tokens", json=tried) for tried in (wrong, unknown)]
    assert problem(answers[0], 401) == problem(answers[1], 401)


def test_a_sign_in_hashes_as_often_for_everybody(
    app: Flask, client: FlaskClient, owner: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher, verified = app.extensions["passwords"]._hasher, []
    verify = type(hasher).verify

    def count(self: object, hashed: str, password: str) -> bool:
        verified.append(hashed.rpartition("$")[0].rpartition("$")[0])  # the strength
        return bool(verify(self, hashed, password))

    monkeypatch.setattr(type(hasher), "verify", count)
    work = []
    for login in (owner.email, "nobody@example.com", "+49 151 00000000", "no login"):
        verified.clear()
        problem(client.post(f"{API}/tokens", json={"login": login, "password": "wrong one"}), 401)
        work.append(tuple(verified))
    assert len(set(work)) == 1
    assert len(work[0]) == 2


def test_a_browser_gets_the_refresh_token_in_a_cookie_only(
    client: FlaskClient, owner: Somebody
) -> None:
    answer = client.post(f"{API}/tokens", json={"login": owner.email, "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "refresh_token" not in body(answer)
    assert cookie.startswith("shopbell_refresh=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/api/v1/tokens" in cookie
    renewed = client.post(f"{API}/tokens/refresh", json={})
    assert renewed.status_code == 200
    assert renewed.headers["Set-Cookie"] != cookie


def test_the_cookie_is_secure_unless_the_settings_say_otherwise(settings: Settings) -> None:
    app = make_app(settings)
    app.config["COOKIE_SECURE"] = True
    client = app.test_client()
    account = {"name": "A", "email": f"{uuid.uuid4()}@example.com", "password": PASSWORD}
    answer = client.post(f"{API}/register", json=account)
    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_refresh_token_works_once_and_its_second_use_ends_the_sign_in(
    client: FlaskClient, owner: Somebody
) -> None:
    first = sign_in(client, owner.email)["refresh_token"]
    second = renew(client, first)["refresh_token"]
    third = renew(client, second)["refresh_token"]
    problem(client.post(f"{API}/tokens/refresh", json={"refresh_token": first}), 401)
    problem(client.post(f"{API}/tokens/refresh", json={"refresh_token": third}), 401)


def test_a_refresh_token_works_again_while_its_answers_get_lost(
    client: FlaskClient, owner: Somebody
) -> None:
    first = sign_in(client, owner.email)["refresh_token"]
    for _ in range(3):
        renew(client, first)  # the page was reloaded: nobody has the successor
    second = renew(client, renew(client, first)["refresh_token"])["refresh_token"]
    problem(client.post(f"{API}/tokens/refresh", json={"refresh_token": first}), 401)
    problem(client.post(f"{API}/tokens/refresh", json={"refresh_token": second}), 401)


def test_a_lost_answer_is_believed_for_a_minute_only(session: Session) -> None:
    person = Person(id=uuid.uuid4(), name="A", email=f"{uuid.uuid4()}@x.de", password_hash="-")
    act_for(session, person_id=person.id)
    session.add(person)
    session.flush()
    now = dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)
    token = sign_ins.begin(session, person_id=person.id, user_agent=None, now=now)

    def renewed(after_s: int) -> bool:
        later = now + dt.timedelta(seconds=after_s)
        again = sign_ins.renew(
            session, person_id=person.id, token_id=token.id, user_agent=None, now=later
        )
        return again is not None

    assert renewed(0)
    assert renewed(60)
    assert not renewed(61)


def test_sign_ins_are_listed_and_ended(client: FlaskClient, owner: Somebody) -> None:
    other = sign_in(client, owner.email)
    listed = body(owner.get(f"{API}/me/sessions"))["items"]
    assert [one["is_current"] for one in listed] == [False, True]
    assert owner.delete(f"{API}/me/sessions/{listed[0]['id']}").status_code == 204
    problem(
        client.post(f"{API}/tokens/refresh", json={"refresh_token": other["refresh_token"]}), 401
    )
    assert len(body(owner.get(f"{API}/me/sessions"))["items"]) == 1


def test_each_device_is_listed_by_what_it_calls_itself_now(
    client: FlaskClient, owner: Somebody
) -> None:
    credentials = {"login": owner.email, "password": PASSWORD, "transport": "body"}
    phone = {"User-Agent": "Browser/99 (Phone)"}
    signed = body(client.post(f"{API}/tokens", json=credentials, headers=phone))
    updated = {"User-Agent": "Browser/100 (Phone)"}
    used = {"refresh_token": signed["refresh_token"]}
    client.post(f"{API}/tokens/refresh", json=used, headers=updated)
    latest, first = body(owner.get(f"{API}/me/sessions"))["items"]
    assert latest["user_agent"] == "Browser/100 (Phone)"
    assert latest["began_at"] < latest["renewed_at"] < latest["expires_at"]
    assert (first["is_current"], latest["is_current"]) == (True, False)


def test_signing_out_everywhere_ends_all_sign_ins_of_this_person_only(
    client: FlaskClient, owner: Somebody, outsider: Somebody
) -> None:
    other = sign_in(client, owner.email)
    foreign = sign_in(client, outsider.email)["refresh_token"]
    assert owner.delete(f"{API}/me/sessions").status_code == 204
    problem(
        client.post(f"{API}/tokens/refresh", json={"refresh_token": other["refresh_token"]}), 401
    )
    renew(client, foreign)


def test_nobody_ends_the_sign_in_of_another(owner: Somebody, outsider: Somebody) -> None:
    session_id = body(owner.get(f"{API}/me/sessions"))["items"][0]["id"]
    assert outsider.delete(f"{API}/me/sessions/{session_id}").status_code == 204
    assert len(body(owner.get(f"{API}/me/sessions"))["items"]) == 1


def test_ending_one_sign_in_leaves_the_others(client: FlaskClient, owner: Somebody) -> None:
    phone, laptop = sign_in(client, owner.email), sign_in(client, owner.email)
    bearer = {"Authorization": f"Bearer {phone['access_token']}"}
    assert client.delete(f"{API}/tokens", headers=bearer).status_code == 204
    used = {"refresh_token": phone["refresh_token"]}
    problem(client.post(f"{API}/tokens/refresh", json=used), 401)
    assert renew(client, laptop["refresh_token"])["access_token"]


def test_refreshing_without_a_token_is_refused(client: FlaskClient) -> None:
    problem(client.post(f"{API}/tokens/refresh", json={}), 401)
    problem(client.post(f"{API}/tokens/refresh", json={"refresh_token": "x.y.z"}), 401)


def test_an_access_token_does_not_refresh(client: FlaskClient, owner: Somebody) -> None:
    access = sign_in(client, owner.email)["access_token"]
    problem(client.post(f"{API}/tokens/refresh", json={"refresh_token": access}), 401)


def test_a_refresh_token_is_no_access_token(client: FlaskClient, owner: Somebody) -> None:
    refresh = sign_in(client, owner.email)["refresh_token"]
    bearer = {"Authorization": f"Bearer {refresh}"}
    problem(client.get(f"{API}/me", headers=bearer), 401)


@pytest.mark.parametrize(
    ("change", "algorithm", "key"),
    [
        ({}, "none", None),
        ({}, "HS256", "x" * 32),
        ({}, "HS512", "ours"),
        ({"aud": "another"}, "HS256", "ours"),
        ({"iss": "another"}, "HS256", "ours"),
        ({"exp": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, "HS256", "ours"),
        ({"sub": "not an id"}, "HS256", "ours"),
        ({"sub": None}, "HS256", "ours"),
    ],
)
def test_a_forged_token_is_refused(
    app: Flask,
    client: FlaskClient,
    owner: Somebody,
    change: dict[str, object],
    algorithm: str,
    key: str | None,
) -> None:
    ours = app.config["JWT_SECRET_KEY"]
    real = owner.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(real, ours, algorithms=["HS256"], audience="shopbell")
    forged = jwt.encode({**claims, **change}, ours if key == "ours" else key, algorithm)
    problem(client.get(f"{API}/me", headers={"Authorization": f"Bearer {forged}"}), 401)


@pytest.mark.parametrize("address", ["tokens", "me/sessions"])
def test_an_access_token_ends_with_its_sign_in(
    client: FlaskClient, owner: Somebody, address: str
) -> None:
    laptop = sign_in(client, owner.email)
    assert owner.delete(f"{API}/{address}").status_code == 204
    for url in (f"{API}/me", owner.url):
        answer = owner.get(url)
        assert "this sign-in has ended" in problem(answer, 401)["detail"]
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    bearer = {"Authorization": f"Bearer {laptop['access_token']}"}
    others = client.get(f"{API}/me", headers=bearer).status_code
    assert others == (200 if address == "tokens" else 401)


def test_a_token_in_the_address_is_not_taken(client: FlaskClient, owner: Somebody) -> None:
    token = owner.headers["Authorization"].removeprefix("Bearer ")
    problem(client.get(f"{API}/me", query_string={"jwt": token, "access_token": token}), 401)


def test_too_many_tries_at_one_login_are_refused(settings: Settings) -> None:
    app = make_app(settings, is_limited=True)
    person = somebody(app, "Olga")
    wrong = {"login": person.email, "password": "wrong password"}
    statuses = [person.post(f"{API}/tokens", wrong).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    answer = person.post(f"{API}/tokens", wrong)
    problem(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0


def test_tries_are_counted_by_all_processes_together(settings: Settings) -> None:
    apps = [make_app(settings, is_limited=True) for _ in range(2)]
    wrong = {"login": f"{secrets.token_hex(6)}@example.com", "password": "wrong password"}
    clients = [app.test_client() for app in apps]
    statuses = [clients[i % 2].post(f"{API}/tokens", json=wrong).status_code for i in range(11)]
    assert statuses == [401] * 10 + [429]


@pytest.mark.parametrize(("proxies", "statuses"), [("0", {429}), ("1", {401})])
def test_who_comes_through_a_proxy_is_told_apart_where_it_is_trusted(
    settings: Settings, proxies: str, statuses: set[int]
) -> None:
    app = make_app(replace(settings, trusted_proxies=int(proxies)), is_limited=True)
    client = app.test_client()
    peer = f"198.51.100.{secrets.randbelow(200)}"

    def ask(claimed: str) -> int:
        body = {"refresh_token": "x"}
        headers = {"X-Forwarded-For": claimed}
        environ = {"REMOTE_ADDR": peer}
        return client.post(
            f"{API}/tokens/refresh", json=body, headers=headers, environ_overrides=environ
        ).status_code

    first = [ask(f"203.0.113.9, {peer}") for _ in range(121)]
    assert first[-1] == 429
    assert {ask(f"203.0.113.{secrets.randbelow(90)}") for _ in range(2)} == statuses
