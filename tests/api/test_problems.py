"""Every error has one shape, and nothing in it that must stay inside."""

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cloud.app.settings import Settings
from tests.api.conftest import API, Somebody, body, make_app, problem


def test_an_unknown_address_is_a_problem(client: FlaskClient) -> None:
    problem(client.get(f"{API}/nothing"), 404)


def test_an_id_that_is_none_is_not_found(owner: Somebody) -> None:
    problem(owner.get(f"{API}/shops/not-an-id"), 404)


def test_a_refusal_has_a_code_with_what_stands_in_it(owner: Somebody) -> None:
    missing = problem(owner.get(f"{API}/shops/{uuid.uuid4()}"), 404)
    assert (missing["detail"], missing["code"]) == ("there is no such shop", "no_shop")
    large = problem(owner.post(f"{API}/shops", {"name": "x" * 1_100_000}), 413)
    assert (large["code"], large["values"]) == ("too_large", {"megabytes": 1})


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.put(f"{API}/me")
    assert "PUT" in problem(answer, 405)["detail"]
    assert "GET" in answer.headers["Allow"]


def test_reading_what_can_only_be_made_is_a_wrong_method(client: FlaskClient) -> None:
    answer = client.get(f"{API}/register")
    assert "GET" in problem(answer, 405)["detail"]
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
    problem(client.post(f"{API}/nothing"), 404)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b'{"name": "x",\n "y"}', "Expected JSON, got something else at line 2, column 5."),
        (b"{", "Expected JSON, got something else at line 1, column 2."),
        (b"\xff", "Expected JSON, got something else at line 1, column 1."),
        (b'{"name": "\xff"}', "Expected JSON, got something else at line 1, column 11."),
    ],
)
def test_a_body_that_is_no_json_is_a_problem_that_says_where(
    owner: Somebody, sent: bytes, said: str
) -> None:
    headers = {**owner.headers, "Content-Type": "application/json"}
    found = problem(owner.client.post(f"{API}/shops", data=sent, headers=headers), 400)
    assert found["detail"] == said


def test_a_body_of_another_type_is_told_so(owner: Somebody) -> None:
    answer = owner.client.post(f"{API}/shops", data={"name": "Bakery"}, headers=owner.headers)
    assert problem(answer, 415)["detail"] == (
        "Expected a body of application/json, got application/x-www-form-urlencoded."
    )


def test_a_filter_that_there_is_not_is_refused(owner: Somebody) -> None:
    found = problem(owner.get(f"{owner.url}/purchases", until="2026-11-21"), 422)
    assert [(e["field"], e["code"]) for e in found["errors"]] == [("until", "no_such_field")]
    assert found["detail"] == (
        "until: expected one of the fields limit, cursor, since, before, got another name."
    )


def test_a_field_that_there_is_not_is_told_which_there_are(owner: Somebody) -> None:
    line = {"product": "Rye", "quantity": 1, "amount_minor": 1, "colour": "brown"}
    sale = {"id": str(uuid.uuid4()), "occurred_at": "2026-03-14T12:00:00Z", "amount_minor": 1}
    found = problem(owner.post(f"{owner.url}/purchases", {**sale, "lines": [line]}), 422)
    assert found["detail"] == (
        "lines.0.colour: expected one of the fields product, quantity, amount_minor,"
        " got another name."
    )
    found = problem(owner.post(f"{owner.url}/customers", {"name": "A", "age": 3}), 422)
    assert found["errors"][0]["values"] == {"choices": "name, phone, email, reference, tags"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "x"}, 'id: expected a UUID, got "x".'),
        ({"amount_minor": 4.5}, "amount_minor: expected a whole number, got 4.5."),
        ({"lines": {}}, "lines: expected a list, got {}."),
        ({"lines": [{"product": 3}]}, "lines.0.product: expected a text, got 3."),
    ],
)
def test_what_was_expected_is_said_in_words(
    owner: Somebody, change: dict[str, object], said: str
) -> None:
    sale = {"id": str(uuid.uuid4()), "occurred_at": "2026-03-14T12:00:00Z", "amount_minor": 1}
    assert problem(owner.post(f"{owner.url}/purchases", {**sale, **change}), 422)["detail"] == said


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("/codes/confirm", {"contact": "x"}, "code: expected a value, got nothing."),
        ("/codes/confirm", {"contact": "x", "code": "9" * 21},
         "code: expected a text of 1 to 20 characters."),
        ("/tokens", {"login": "x", "password": ""},
         "password: expected a text of 1 to 200 characters."),
        ("/me/shops", {"slug": ""}, 'slug: expected a text of 1 to 100 characters, got "".'),
    ],
)  # fmt: skip
def test_a_length_is_said_in_words_and_a_secret_not_at_all(
    owner: Somebody, path: str, sent: dict[str, str], said: str
) -> None:
    assert problem(owner.post(f"{API}{path}", sent), 422)["detail"] == said


@pytest.mark.parametrize(
    ("changed", "field", "found"),
    [
        ({"mapping": {"colour": 0}}, "mapping.colour.key", '"colour"'),
        ({"mapping": {"date": "first"}}, "mapping.date.value", '"first"'),
        ({"mapping": {}, "decimal": ";"}, "decimal", '";"'),
    ],
)
def test_what_was_found_in_an_entry_is_its_name_or_what_it_holds(
    owner: Somebody, changed: dict[str, object], field: str, found: str
) -> None:
    answer = owner.post(f"{owner.url}/imports/{uuid.uuid4()}/run", changed)
    errors = {error["field"]: error for error in problem(answer, 422)["errors"]}
    assert errors[field]["found"] == found
    if field == "decimal":
        assert errors[field]["expected"] == "one of '.', ','"


def test_a_body_nested_deeper_than_anybody_can_read_is_a_problem(owner: Somebody) -> None:
    headers = {**owner.headers, "Content-Type": "application/json"}
    sent = b"[" * 200_000
    found = problem(owner.client.post(f"{API}/shops", data=sent, headers=headers), 400)
    assert "nested" in found["detail"]


@pytest.mark.parametrize("sent", [None, [], "text", 3])
def test_a_body_of_another_kind_is_a_problem(owner: Somebody, sent: object) -> None:
    problem(owner.post(f"{API}/shops", sent), 422)


def test_too_large_a_body_is_a_problem(owner: Somebody) -> None:
    found = problem(owner.post(f"{API}/shops", {"name": "x" * 1_100_000}), 413)
    assert found["detail"] == "Expected at most 1 MB, got more."


def test_an_invalid_field_is_named_with_expected_and_found(owner: Somebody) -> None:
    shop = {"name": "B", "country": "DE", "time_zone": "Mars/Olympus", "currency": "EUR"}
    found = problem(owner.post(f"{API}/shops", shop), 422)
    assert found["errors"] == [
        {
            "field": "time_zone",
            "expected": "an IANA time zone such as Europe/Berlin",
            "found": '"Mars/Olympus"',
            "code": "time_zone",
            "values": {},
        }
    ]
    assert found["detail"].startswith("time_zone: expected an IANA time zone")


def test_what_nobody_expected_is_a_problem_without_details(settings: Settings) -> None:
    app: Flask = make_app(settings)

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("the password is 1234")

    answer = app.test_client().get("/broken")
    problem(answer, 500)
    assert "1234" not in answer.text
    is_hardened(answer)


def test_every_answer_carries_the_security_headers(client: FlaskClient, owner: Somebody) -> None:
    for path in ("/healthz", f"{API}/me", f"{API}/nothing", "/s/nobody", "/"):
        is_hardened(client.get(path))
    for noun in ("exports/customers", "poster.pdf", "live", "override"):
        is_hardened(owner.get(f"{owner.url}/{noun}"))
    is_hardened(client.put(f"{API}/me"))
    is_hardened(client.post(f"{API}/tokens", data={"login": "x"}))
    is_hardened(client.post(f"{API}/tokens", json={"login": "x" * 1_100_000}))
    slug = body(owner.get(owner.url))["slug"]
    first, again = (client.get(f"/s/{slug}") for _ in range(2))  # made, and kept in front
    assert first.data == again.data
    is_hardened(again)


def is_hardened(answer: TestResponse) -> None:
    headers = answer.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Server" not in headers
