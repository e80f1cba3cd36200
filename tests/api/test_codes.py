"""Contacts proven by codes, and what a claim without a proof is worth."""

import datetime as dt
import secrets

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from cloud.app.domain.errors import TooOften
from cloud.app.services import codes
from cloud.app.services.messengers import Smtp
from cloud.app.settings import Settings
from tests.api.conftest import API, PASSWORD, Letterbox, body, code_for, make_app, problem, somebody

NOW = dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)
KEY = "k" * 32


def new_email() -> str:
    return f"{secrets.token_hex(6)}@example.com"


def new_phone() -> str:
    return f"+49151{secrets.randbelow(10**8):08}"


def ask(app: Flask, contact: str) -> str:
    answer = app.test_client().post(f"{API}/codes", json={"contact": contact})
    assert answer.status_code == 202, answer.text
    return code_for(app, contact)


def sent(contact: str, session: Session, now: dt.datetime = NOW) -> str:
    """Send a code at a time, and return it."""
    letters = Letterbox()
    codes.send_code(session, KEY, letters.send, contact=contact, language="en", now=now)
    return letters.letters[0][2][:6]


def is_proven(session: Session, contact: str, code: str, now: dt.datetime = NOW) -> bool:
    codes.count_try(session, KEY, contact=contact)
    return codes.is_proven(session, KEY, contact=contact, code=code, now=now)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


@pytest.mark.parametrize("new_contact", [new_email, new_phone])
def test_a_code_signs_in_and_makes_an_account_only_once(
    app: Flask, client: FlaskClient, new_contact: "type[object]"
) -> None:
    contact = str(new_contact())
    first = {"contact": contact, "code": ask(app, contact)}
    assert problem(client.post(f"{API}/codes/confirm", json=first), 422)["errors"][0]["field"] == (
        "name"
    )
    made = body(client.post(f"{API}/codes/confirm", json={**first, "name": "Asha"}))
    assert made["person"]["verified"] == ["email" if "@" in contact else "phone"]
    problem(client.post(f"{API}/codes/confirm", json={**first, "name": "Asha"}), 403)
    again = {"contact": contact, "code": ask(app, contact), "name": "Another name"}
    assert body(client.post(f"{API}/codes/confirm", json=again))["person"] == made["person"]


def test_who_registers_is_sent_a_code_that_proves_the_address(app: Flask) -> None:
    asha = somebody(app, "Asha")
    assert body(asha.get(f"{API}/me"))["person"]["verified"] == []
    proof = {"contact": asha.email.upper(), "code": code_for(app, asha.email)}
    proven = asha.post(f"{API}/me/contacts", proof)
    assert body(proven)["person"]["verified"] == ["email"]
    problem(asha.post(f"{API}/me/contacts", proof), 403)


def test_a_second_contact_is_added_and_signs_in_too(app: Flask) -> None:
    asha, phone = somebody(app, "Asha"), new_phone()
    asha.post(f"{API}/me/contacts", {"contact": phone, "code": ask(app, phone)})
    login = {"login": phone, "password": PASSWORD}
    assert body(asha.client.post(f"{API}/tokens", json=login))["person"]["id"] == asha.id


def test_registering_does_not_tell_who_has_an_account(app: Flask, client: FlaskClient) -> None:
    asha = somebody(app, "Asha")
    asha.post(f"{API}/me/contacts", {"contact": asha.email, "code": code_for(app, asha.email)})
    answers = []
    for email in (asha.email, new_email()):
        account = {"name": "Mallory", "email": email, "password": "another horse battery"}
        answer = client.post(f"{API}/register", json=account)
        answers.append((answer.status_code, sorted(body(answer))))
    assert answers[0] == answers[1] == (201, ["access_token", "expires_in_s", "person"])


def test_an_address_that_somebody_has_proven_is_taken(app: Flask) -> None:
    asha, email = somebody(app, "Asha"), new_email()
    asha.post(f"{API}/me/contacts", {"contact": email, "code": ask(app, email)})
    mallory = somebody(app, "Mallory")
    answer = mallory.post(f"{API}/me/contacts", {"contact": email, "code": ask(app, email)})
    assert "sign in there" in problem(answer, 409)["detail"]


def test_claiming_an_address_first_does_not_keep_its_owner_out(app: Flask) -> None:
    squatter = somebody(app, "Mallory")
    account = {"name": "Asha", "email": squatter.email, "password": "another horse battery"}
    client = app.test_client()
    asha = body(client.post(f"{API}/register", json=account))
    headers = {"Authorization": f"Bearer {asha['access_token']}"}
    proof = {"contact": squatter.email, "code": code_for(app, squatter.email)}
    assert client.post(f"{API}/me/contacts", json=proof, headers=headers).status_code == 200
    login = {"login": squatter.email, "password": "another horse battery"}
    assert body(client.post(f"{API}/tokens", json=login))["person"]["id"] == asha["person"]["id"]


def test_a_code_takes_an_unproven_account_away_from_who_made_it(app: Flask) -> None:
    squatter, client = somebody(app, "Mallory"), app.test_client()
    proof = {"contact": squatter.email, "code": code_for(app, squatter.email)}
    taken = body(client.post(f"{API}/codes/confirm", json=proof))
    assert taken["person"]["id"] == squatter.id
    login = {"login": squatter.email, "password": PASSWORD}
    problem(client.post(f"{API}/tokens", json=login), 401)
    problem(squatter.client.post(f"{API}/tokens/refresh", json={}), 401)


def test_five_wrong_codes_end_the_right_one(session: Session) -> None:
    contact = new_email()
    code = sent(contact, session)
    for _ in range(codes.MAX_TRIES):
        assert not is_proven(session, contact, other_than(code))
    assert not is_proven(session, contact, code)


def test_wrong_codes_are_counted_by_the_api(app: Flask, client: FlaskClient) -> None:
    contact = new_email()
    code = ask(app, contact)
    for tried in (*[other_than(code)] * codes.MAX_TRIES, code):
        proof = {"contact": contact, "code": tried, "name": "Asha"}
        problem(client.post(f"{API}/codes/confirm", json=proof), 403)


def test_a_key_for_retries_does_not_make_tries_free(app: Flask) -> None:
    asha = somebody(app, "Asha")
    code = code_for(app, asha.email)
    for number, tried in enumerate((*[other_than(code)] * codes.MAX_TRIES, code)):
        answer = asha.client.post(
            f"{API}/me/contacts",
            json={"contact": asha.email, "code": tried},
            headers={**asha.headers, "Idempotency-Key": f"try {number}".replace(" ", "-")},
        )
        problem(answer, 403)


def test_a_code_works_for_ten_minutes_and_until_the_next(session: Session) -> None:
    contact, late = new_email(), NOW + codes.LIFETIME
    code = sent(contact, session)
    assert not is_proven(session, contact, code, late)
    newer = sent(contact, session, NOW + dt.timedelta(minutes=1))
    if newer != code:
        assert not is_proven(session, contact, code)
    spaced = f" {newer[:3]} {newer[3:]}"
    assert is_proven(session, contact, spaced)


def test_who_presses_twice_is_sent_one_code(session: Session) -> None:
    contact, letters = new_email(), Letterbox()
    for seconds in (0, 1, 29, 30):
        now = NOW + dt.timedelta(seconds=seconds)
        codes.send_code(session, KEY, letters.send, contact=contact, language="en", now=now)
    assert len(letters.letters) == 2  # the last one is asked for because none has come


def test_who_has_used_or_mistyped_a_code_is_sent_another_at_once(session: Session) -> None:
    contact = new_email()
    assert is_proven(session, contact, sent(contact, session))
    second = sent(contact, session, NOW + dt.timedelta(seconds=1))
    assert not is_proven(session, contact, other_than(second))
    assert is_proven(session, contact, sent(contact, session, NOW + dt.timedelta(seconds=2)))


def test_a_request_for_a_code_that_comes_twice_sends_one(app: Flask) -> None:
    contact = new_email()
    assert ask(app, contact) == ask(app, contact)
    assert letters_to(app, contact) == 1


def letters_to(app: Flask, contact: str) -> int:
    post = app.extensions["post"]
    post.wait()
    return [to for to, _, _ in post.messenger.letters].count(contact)


def test_a_code_is_for_its_own_contact(session: Session) -> None:
    code = sent(new_email(), session)
    assert not is_proven(session, new_email(), code)


def test_five_codes_an_hour_are_sent_to_one_contact(session: Session) -> None:
    contact = new_email()
    for minute in range(codes.SENT_PER_HOUR):
        sent(contact, session, NOW + dt.timedelta(minutes=minute))
    with pytest.raises(TooOften):
        sent(contact, session, NOW + dt.timedelta(minutes=59))
    sent(contact, session, NOW + dt.timedelta(minutes=60))


def test_a_code_comes_in_the_language_of_the_browser(app: Flask, client: FlaskClient) -> None:
    contact = new_email()
    german = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
    client.post(f"{API}/codes", json={"contact": contact}, headers=german)
    post = app.extensions["post"]
    post.wait()
    assert [s for to, s, _ in post.messenger.letters if to == contact] == ["Dein Shopbell-Code"]


def test_neither_code_nor_contact_is_kept_in_plain_text(app: Flask, session: Session) -> None:
    contact = new_email()
    code = sent(contact, session)
    kept = str(session.connection().exec_driver_sql("SELECT * FROM contact_code").all())
    assert "contact_code" not in kept
    assert contact not in kept
    assert f"'{code}'" not in kept


def test_without_somebody_who_sends_texts_a_phone_is_refused_in_words(settings: Settings) -> None:
    client = make_app(settings, messenger=Smtp("smtp://a:b@localhost")).test_client()
    found = problem(client.post(f"{API}/codes", json={"contact": new_phone()}), 422)
    assert found["detail"].startswith("contact: expected an email address")
