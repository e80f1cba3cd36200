"""Joining from the poster without JavaScript: two screens, and nothing ticked."""

import re
import secrets

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.conftest import API, Somebody, body, code_for
from tests.api.test_joining import customers, join, new_phone, referral_code, slug, verified


def first(client: FlaskClient, owner: Somebody, **form: str) -> str:
    answer = client.post(f"/s/{slug(owner)}/join", data=form)
    return answer.text


def second(app: Flask, client: FlaskClient, owner: Somebody, contact: str, **form: str) -> str:
    sent = {"contact": contact, "code": code_for(app, contact), "name": "Asha", **form}
    return client.post(f"/s/{slug(owner)}/join/code", data=sent).text


def national(phone: str) -> str:
    return f"0{phone[3:6]} {phone[6:]}"


def test_two_screens_make_a_customer_who_is_signed_in(
    app: Flask, client: FlaskClient, owner: Somebody
) -> None:
    owner.patch(owner.url, {"opening_hours": "24/7"})
    page = client.get(f"/s/{slug(owner)}/join")
    assert page.status_code == 200
    assert "Hours say open" in page.text
    assert 'inputmode="tel"' in page.text
    phone = new_phone()
    shown = first(client, owner, contact=national(phone))
    assert phone in shown
    assert 'autocomplete="one-time-code"' in shown
    assert "Welcome to Corner Bakery" in second(app, client, owner, phone)
    [customer] = customers(owner)
    assert (customer["name"], customer["phone"]) == ("Asha", phone)
    renewed = body(client.post(f"{API}/tokens/refresh", json={}))
    headers = {"Authorization": f"Bearer {renewed['access_token']}"}
    assert body(client.get(f"{API}/me", headers=headers))["is_customer"] is True


def test_the_pages_are_small_need_no_script_and_stay_in_no_cache(
    client: FlaskClient, owner: Somebody
) -> None:
    path = f"/s/{slug(owner)}/join"
    for answer in (client.get(path), client.post(path, data={"contact": new_phone()})):
        assert len(answer.data) < 50_000
        assert "<script" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert "script-src 'none'" in answer.headers["Content-Security-Policy"]


def test_nothing_is_ticked_and_what_is_ticked_is_kept_with_its_words(
    app: Flask, client: FlaskClient, owner: Somebody
) -> None:
    phone = new_phone()
    shown = first(client, owner, contact=phone)
    assert shown.count('type="checkbox"') == 2
    assert "checked" not in shown
    words = re.search(r'name="whatsapp"> <span>(.+?)</span>', shown)
    assert words is not None
    second(app, client, owner, phone, whatsapp="on", email="on")
    found = body(owner.get(f"{owner.url}/customers/{customers(owner)[0]['id']}/consents"))
    [event] = found["items"]
    assert (event["channel"], event["source"]) == ("whatsapp", "qr")
    assert event["wording"] == words[1]


def test_an_email_address_joins_as_well(app: Flask, client: FlaskClient, owner: Somebody) -> None:
    email = f"{secrets.token_hex(6)}@example.com"
    assert 'type="email"' in client.get(f"/s/{slug(owner)}/join?by=email").text
    first(client, owner, contact=email.upper(), by="email")
    second(app, client, owner, email, email="on")
    assert customers(owner)[0]["email"] == email


def test_mistakes_are_told_in_words_and_keep_what_was_typed(
    app: Flask, client: FlaskClient, owner: Somebody
) -> None:
    answer = client.post(f"/s/{slug(owner)}/join", data={"contact": "12"})
    assert answer.status_code == 422
    assert "This is no mobile number" in answer.text
    assert 'value="12"' in answer.text
    phone = new_phone()
    first(client, owner, contact=phone)
    wrong = f"{(int(code_for(app, phone)) + 1) % 10**6:06}"
    shown = second(app, client, owner, phone, code=wrong, sms="on")
    assert "This code is wrong or too old" in shown
    assert 'value="Asha"' in shown
    assert re.search(r'name="sms" checked', shown)
    assert "Please tell your name" in second(app, client, owner, phone, name=" ")
    assert customers(owner) == []
    assert "Welcome" in second(app, client, owner, phone)


def test_what_is_typed_cannot_break_out_of_the_page(client: FlaskClient, owner: Somebody) -> None:
    evil = '"><script>alert(1)</script>'
    assert "<script" not in first(client, owner, contact=evil, r=evil)
    assert "<script" not in client.get(f"/s/{slug(owner)}/join", query_string={"r": evil}).text


@pytest.mark.parametrize(
    ("language", "word"), [("de-AT", "Handynummer"), ("hi", "मोबाइल"), ("fr", "mobile number")]
)
def test_the_page_speaks_the_readers_language(
    client: FlaskClient, owner: Somebody, language: str, word: str
) -> None:
    headers = {"Accept-Language": language}
    assert word in client.get(f"/s/{slug(owner)}/join", headers=headers).text


def test_a_friends_link_is_traced_through_both_screens(
    app: Flask, client: FlaskClient, owner: Somebody
) -> None:
    asha, phone = verified(app, "Asha"), new_phone()
    join(asha, owner)
    code = referral_code(asha, owner)
    assert f'value="{code}"' in client.get(f"/s/{slug(owner)}/join?r={code}").text
    assert f'value="{code}"' in first(client, owner, contact=phone, r=code)
    second(app, client, owner, phone, name="Béla", r=code)
    [referral] = body(owner.get(f"{owner.url}/referrals"))["items"]
    assert (referral["referrer"], referral["friend"]) == ("Asha", "Béla")


def test_who_presses_twice_gets_one_code_joins_once_and_is_welcome_twice(
    app: Flask, client: FlaskClient, owner: Somebody, outsider: Somebody
) -> None:
    phone = new_phone()
    for _ in range(2):
        assert phone in first(client, owner, contact=phone)
    post = app.extensions["post"]
    post.wait()
    assert [to for to, _, _ in post.messenger.letters].count(phone) == 1
    for _ in range(2):
        assert "Welcome to Corner Bakery" in second(app, client, owner, phone, sms="on")
    [customer] = customers(owner)
    consents = body(owner.get(f"{owner.url}/customers/{customer['id']}/consents"))
    assert len(consents["items"]) == 1
    # the code is used up: it opens no other door
    assert "This code is wrong or too old" in second(app, client, outsider, phone)
    assert customers(outsider) == []


def test_another_sites_form_signs_nobody_in(client: FlaskClient, owner: Somebody) -> None:
    answer = client.post(
        f"/s/{slug(owner)}/join", data={"contact": new_phone()},
        headers={"Sec-Fetch-Site": "cross-site"},
    )  # fmt: skip
    assert answer.status_code == 403


def test_nobody_joins_a_shop_that_is_not_there(client: FlaskClient) -> None:
    assert client.get("/s/nobody-here/join").status_code == 404
    assert client.post("/s/nobody-here/join", data={"contact": "1"}).status_code == 404


def test_every_language_has_every_text_with_its_gaps() -> None:
    from cloud.app.web.join_page import TEXTS

    gaps = {
        language: {key: sorted(re.findall(r"\{\w+\}", text)) for key, text in texts.items()}
        for language, texts in TEXTS.items()
    }
    assert gaps["de"] == gaps["hi"] == gaps["en"]
