"""What every route of the API document promises: keys for retries, ETags, examples."""

import datetime as dt
import io
import json
import secrets
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from cloud.app.api import idempotency
from cloud.app.api.database import db
from cloud.app.api.document import OPENAPI_FILE
from cloud.app.store.idempotency import claim_key
from cloud.app.store.roles import act_for
from tests.api.conftest import API, Somebody, body, colleague, made, problem
from tests.api.test_access import (  # noqa: F401 # fixtures
    MINE,
    NOT_YET,
    OPEN_TO_ALL,
    OPERATIONS,
    VALID,
    Operation,
    asha,
    bakery,
    ids,
    known_ids,
    name,
)

DOCUMENT = json.loads(OPENAPI_FILE.read_text())
BY_NAME = {
    operation["operationId"]: operation
    for item in DOCUMENT["paths"].values()
    for key, operation in item.items()
    if key != "parameters"
}
POSTS = [o for o in OPERATIONS if o[0] == "post" and name(o) not in OPEN_TO_ALL]
# an erasure wants a code that was just sent: test_rights.py
CHANGES = [
    o for o in OPERATIONS
    if o[0] in ("put", "patch") and "requestBody" in o[2] and name(o) != "erase_me"
]  # fmt: skip
# what reads, and answers whom: an administrator's looks have tests of their own
READS = [
    o for o in OPERATIONS
    if o[0] == "get" and "/platform/" not in o[1]
    and "application/json" in o[2]["responses"].get("200", {}).get("content", {})
]  # fmt: skip
# it says when it was made
NEVER_THE_SAME = {"export_me"}
# what cannot be done in these tests, for want of a broker, a ticket, an import that ran, a count,
# a proven contact, or for being no customer
WANTS_MORE = {
    "create_device",
    "rotate_device_credential",
    "accept_invitation",
    "undo_import",
    "correct_count",
    "create_merge",
    "undo_merge",
    "confirm_contact",
    "join_shop",
    "switch_channel",
}


def headers_of(operation: Operation) -> set[str]:
    parameters = BY_NAME[name(operation)].get("parameters", ())
    return {p["name"] for p in parameters if p["in"] == "header"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(8)}


def add(owner: Somebody, called: str, headers: dict[str, str]) -> TestResponse:
    url = f"{owner.url}/customers"
    return owner.client.post(url, json={"name": called}, headers={**owner.headers, **headers})


def names_of_customers(owner: Somebody) -> list[str]:
    return [c["name"] for c in body(owner.get(f"{owner.url}/customers"))["items"]]


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids(OPERATIONS))
def test_every_route_has_the_headers_of_its_method(operation: Operation) -> None:
    method, _, described = operation
    signs_in = name(operation) not in OPEN_TO_ALL
    answers_json = "application/json" in described["responses"].get("200", {}).get("content", {})
    expected = {
        "post": {"Idempotency-Key"} if signs_in else set(),
        "get": {"If-None-Match"} if answers_json else set(),
        "patch": {"If-Match"},
        "put": {"If-Match"},
        "delete": {"If-Match"},
    }[method]
    assert headers_of(operation) == expected
    if signs_in:
        assert described["responses"]["401"] == {"$ref": "#/components/responses/Problem401"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids(OPERATIONS))
def test_every_route_has_examples_that_fit_its_schemas(operation: Operation) -> None:
    described = BY_NAME[name(operation)]
    bodies = [described["requestBody"]] if "requestBody" in described else []
    bodies += [a for status, a in described["responses"].items() if status.startswith("2")]
    for content in (c for some in bodies for c in some.get("content", {}).values()):
        schema = {**content["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(content["example"])


def test_every_kind_of_problem_has_an_example_that_fits_its_schema() -> None:
    for response in DOCUMENT["components"]["responses"].values():
        content = response.get("content", {}).get("application/problem+json")
        if content:
            schema = {**content["schema"], "components": DOCUMENT["components"]}
            Draft202012Validator(schema).validate(content["example"])
            assert content["example"]["detail"]


@pytest.mark.parametrize("operation", POSTS, ids=ids(POSTS))
def test_a_retry_is_answered_again_and_does_nothing(
    operation: Operation,
    bakery: Somebody,  # noqa: F811
    known_ids: dict[str, str],  # noqa: F811
) -> None:
    headers = {**bakery.headers, **key()}
    sent = example_of(operation, known_ids)
    first = send(operation, bakery, known_ids, headers, sent)
    again = send(operation, bakery, known_ids, headers, sent)
    if first.status_code >= 400:
        assert again.status_code == first.status_code  # nothing was done, so nothing is kept
        assert name(operation) in WANTS_MORE, first.text
        return
    if again.status_code == 409:
        assert "shown only once" in problem(again, 409)["detail"]
        return
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("operation", CHANGES, ids=ids(CHANGES))
def test_a_change_as_the_document_gives_it_is_made(
    operation: Operation,
    bakery: Somebody,  # noqa: F811
    asha: Somebody,  # noqa: F811
    known_ids: dict[str, str],  # noqa: F811
) -> None:
    who = asha if operation[1].startswith(MINE) else bakery
    address = operation[1].format(**known_ids)
    sent = example_of(operation, known_ids)
    answer = who.client.open(address, method=operation[0].upper(), json=sent, headers=who.headers)
    assert answer.status_code in (200, 204), answer.text


def example_of(operation: Operation, known: dict[str, str]) -> Any:
    """Return the body of the document's example, about what there is."""
    content = operation[2].get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return content["multipart/form-data"]["example"]["file"].encode()
    if not content or name(operation) in VALID:
        return VALID.get(name(operation))
    example = content["application/json"]["example"]
    chosen = {k: known[k] for k in known if k in example and example[k] is not None}
    # what nobody else may have
    own = {k: f"corner-{secrets.token_hex(4)}" for k in ("slug", "reference") if k in example}
    return {**example, **chosen, **own, **ahead(example)}


def send(
    operation: Operation, who: Somebody, known: dict[str, str], headers: dict[str, str], sent: Any
) -> TestResponse:
    given: dict[str, Any] = {"json": sent}
    if isinstance(sent, bytes):
        given = {"data": {"file": (io.BytesIO(sent), "till.csv")}}
    return who.client.post(operation[1].format(**known), headers=headers, **given)


def ahead(example: dict[str, Any]) -> dict[str, str]:
    """Return the fields of an example that must lie ahead, so that they do."""
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    times = {"until": tomorrow.isoformat(), "date": str(tomorrow.date())}
    return {field: time for field, time in times.items() if field in example}


def test_a_key_belongs_to_one_request(owner: Somebody) -> None:
    headers = key()
    made(add(owner, "Asha", headers))
    found = problem(add(owner, "Bert", headers), 422)
    assert found["errors"][0]["field"] == "Idempotency-Key"
    assert names_of_customers(owner) == ["Asha"]


def test_a_key_belongs_to_one_person(app: Flask, owner: Somebody) -> None:
    staff, headers = colleague(app, owner, "staff"), key()
    made(add(owner, "Asha", headers))
    made(add(staff, "Asha", headers))
    assert names_of_customers(owner) == ["Asha", "Asha"]


def test_a_key_is_free_after_a_refusal(owner: Somebody) -> None:
    headers = {**owner.headers, **key()}
    refused = owner.client.post(f"{owner.url}/customers", json={"tags": []}, headers=headers)
    problem(refused, 422)
    made(owner.client.post(f"{owner.url}/customers", json={"name": "Asha"}, headers=headers))


@pytest.mark.parametrize("wrong", ["", "with space", "x" * 256])
def test_a_key_that_is_none_is_refused(owner: Somebody, wrong: str) -> None:
    problem(add(owner, "Asha", {"Idempotency-Key": wrong}), 422)


def test_an_old_key_is_forgotten(app: Flask, owner: Somebody) -> None:
    headers = key()
    made(add(owner, "Asha", headers))
    with app.app_context(), Session(db.engine) as session:
        act_for(session, person_id=uuid.UUID(owner.id))
        session.execute(
            text("UPDATE idempotency_key SET created_at = created_at - interval '25 hours'")
        )
        session.commit()
    made(add(owner, "Bert", headers))
    assert sorted(names_of_customers(owner)) == ["Asha", "Bert"]


def test_a_secret_is_not_kept(app: Flask, owner: Somebody) -> None:
    headers = {**owner.headers, **key()}
    invited = owner.client.post(f"{owner.url}/invitations", json={"role": "staff"}, headers=headers)
    code = made(invited)["code"]
    with app.app_context(), Session(db.engine) as session:
        act_for(session, person_id=uuid.UUID(owner.id))
        kept = session.scalars(text("SELECT coalesce(body, '') FROM idempotency_key")).all()
    assert not any(code in answer for answer in kept)
    again = owner.client.post(f"{owner.url}/invitations", json={"role": "staff"}, headers=headers)
    assert "shown only once" in problem(again, 409)["detail"]


def test_of_requests_that_come_at_once_one_is_done(app: Flask, owner: Somebody) -> None:
    headers = {**owner.headers, **key()}
    start = threading.Barrier(4)

    def ask(_: int) -> TestResponse:
        client = app.test_client()
        start.wait()
        return client.post(f"{owner.url}/customers", json={"name": "Asha"}, headers=headers)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert {a.status_code for a in answers} == {201}
    assert len({body(a)["id"] for a in answers}) == 1
    assert names_of_customers(owner) == ["Asha"]


def test_who_waits_too_long_for_a_request_under_the_same_key_is_told_so(
    app: Flask, owner: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT_S", 0.05)
    headers, person_id = key(), uuid.UUID(owner.id)
    digest = idempotency._digest([headers["Idempotency-Key"].encode()])
    with app.app_context(), Session(db.engine) as at_work:
        act_for(at_work, person_id=person_id)
        claim_key(
            at_work,
            person_id=person_id,
            key_digest=digest,
            request_digest=digest,
            now=dt.datetime.now(dt.UTC),
        )
        found = problem(add(owner, "Asha", headers), 409)
    assert "still at work" in found["detail"]
    made(add(owner, "Asha", headers))  # the other has failed


def test_an_answer_that_one_has_is_not_sent_again(owner: Somebody) -> None:
    first = owner.get(owner.url)
    has = {**owner.headers, "If-None-Match": first.headers["ETag"]}
    again = owner.client.get(owner.url, headers=has)
    assert (again.status_code, again.data) == (304, b"")
    assert owner.patch(owner.url, {"name": "New name"}).status_code == 200
    assert owner.client.get(owner.url, headers=has).status_code == 200


@pytest.mark.parametrize("operation", READS, ids=ids(READS))
def test_every_answer_that_is_read_has_a_tag_and_is_not_sent_again(
    operation: Operation,
    bakery: Somebody,  # noqa: F811
    asha: Somebody,  # noqa: F811
    known_ids: dict[str, str],  # noqa: F811
) -> None:
    who = asha if operation[1].startswith(MINE) else bakery
    address = operation[1].format(**known_ids, slug=body(bakery.get(bakery.url))["slug"])
    query = {"date": 1, "amount": 2} if name(operation) == "preview_import" else {}
    first = who.get(address, **query)
    if name(operation) in NOT_YET:
        problem(first, 404)
        return
    assert first.status_code == 200, first.text
    has = {**who.headers, "If-None-Match": first.headers["ETag"]}
    again = who.client.get(address, query_string=query, headers=has)
    if name(operation) not in NEVER_THE_SAME:
        assert (again.status_code, again.data) == (304, b"")


def test_a_change_of_what_one_has_not_seen_is_refused(owner: Somebody) -> None:
    customer = made(owner.post(f"{owner.url}/customers", {"name": "Asha"}))
    url = f"{owner.url}/customers/{customer['id']}"
    seen = {**owner.headers, "If-Match": owner.get(url).headers["ETag"]}

    changed = owner.client.patch(url, json={"phone": "030 123456"}, headers=seen)
    assert changed.status_code == 200, changed.text
    assert changed.headers["ETag"] == owner.get(url).headers["ETag"]

    refused = owner.client.patch(url, json={"phone": None}, headers=seen)
    assert "changed since" in problem(refused, 412)["detail"]
    assert body(owner.get(url))["phone"] == "+4930123456"
    anything = {**owner.headers, "If-Match": "*"}
    assert owner.client.patch(url, json={"name": "B"}, headers=anything).status_code == 200


def test_an_address_that_cannot_be_read_matches_no_tag(owner: Somebody) -> None:
    headers = {**owner.headers, "If-Match": '"some"'}
    problem(owner.client.delete(f"{owner.url}/override", headers=headers), 412)


def test_who_is_not_signed_in_does_not_learn_whether_a_tag_is_right(owner: Somebody) -> None:
    tag = owner.get(owner.url).headers["ETag"]
    for wrong in (tag, '"another"'):
        headers = {"If-Match": wrong}
        problem(owner.client.patch(owner.url, json={}, headers=headers), 401)


def test_a_link_in_a_document_is_versioned() -> None:
    assert all(path.startswith(API) for path in DOCUMENT["paths"])
