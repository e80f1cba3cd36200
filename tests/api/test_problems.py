"""Every error has one shape, and nothing in it that must stay inside."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cloud.app.settings import Settings
from tests.api.conftest import API, Somebody, make_app, problem


def test_an_unknown_address_is_a_problem(client: FlaskClient) -> None:
    problem(client.get(f"{API}/nothing"), 404)


def test_an_id_that_is_none_is_not_found(owner: Somebody) -> None:
    problem(owner.get(f"{API}/shops/not-an-id"), 404)


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.put(f"{API}/me")
    assert "PUT" in problem(answer, 405)["detail"]
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("sent", [b"{", b"\xff", b'{"name": NaN'])
def test_a_body_that_is_no_json_is_a_problem(owner: Somebody, sent: bytes) -> None:
    headers = {**owner.headers, "Content-Type": "application/json"}
    problem(owner.client.post(f"{API}/shops", data=sent, headers=headers), 400)


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


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for path in ("/healthz", f"{API}/me", f"{API}/nothing", "/s/nobody", "/"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Server" not in headers
