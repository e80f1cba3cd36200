"""Every route of the API document, asked by those who must not see or change the bakery."""

import datetime as dt
import io
import re
import secrets
import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from cloud.app.api.database import db
from cloud.app.api.document import described_app
from cloud.app.jobs.sessions import job_sessions
from cloud.app.settings import Settings
from cloud.app.store.roles import act_for
from cloud.app.store.scoring import MonthlyReport
from cloud.app.store.shops import Device
from tests.api.conftest import (
    API,
    Somebody,
    body,
    code_for,
    colleague,
    made,
    problem,
    somebody,
)

METHODS = ("get", "post", "put", "patch", "delete")
# who else may be asked without a sign-in has to be written down here, and who without a shop
OPEN_TO_ALL = {
    "register",
    "sign_in",
    "renew_tokens",
    "get_public_shop",
    "claim_device",
    "ask_for_password_reset",
    "set_new_password",
    "ask_for_code",
    "sign_in_by_code",
}
OF_NO_SHOP = {
    "list_platform_audit",
    "list_platform_shops",
    "list_platform_devices",
    "list_jobs",
    "list_platform_rejections",
    "sign_out",
    "sign_out_everywhere",
    "list_sessions",
    "end_session",
    "me",
    "list_shops",
    "create_shop",
    "accept_invitation",
    "confirm_contact",
    "list_my_shops",
    "join_shop",
    "export_me",
    "erase_me",
}
# what staff may not do, and the owner may
OWNERS_ONLY = {
    "list_audit_events",
    "change_shop",
    "close_shop",
    "reopen_shop",
    "create_device",
    "delete_device",
    "rotate_device_credential",
    "create_claim",
    "list_rejections",
    "create_invitation",
    "delete_invitation",
    "delete_staff",
    "set_exception",
    "remove_exception",
    "export_customer",
    "erase_customer",
}
# what an analyst may not even read, because it shows who the customers are
HIDDEN_FROM_ANALYSTS = {
    "list_audit_events",
    "get_customer_timeline",
    "list_import_rows",
    "preview_import",
    "get_rejected_rows",
    "list_rejections",
    "list_feedback",
    "export_customer",
    "list_duplicates",
    "list_merges",
}
# what there is only once the shop has been scored
NOT_YET = {"get_scores", "get_insights", "get_model", "get_what_if"}
# bodies that are valid, so that what is not found is the thing and not a field
VALID: dict[str, dict[str, Any]] = {
    "close_shop": {"name": "not the name"},
    "run_import": {"mapping": {"date": 1, "amount": 2}},
    "create_note": {"text": "likes rye bread"},
    "create_consent": {"channel": "sms", "action": "grant"},
    "correct_count": {"inside": 0},
    "create_command": {"name": "identify"},
    "answer_feedback": {"text": "Thank you"},
    "create_report": {"month": "2026-01"},
    "create_outreach": {"outcome": "done"},
}
UNDESCRIBED = {"/api/v1/openapi.json", "/api/v1/docs"}

Operation = tuple[str, str, dict[str, Any]]


def operations() -> list[Operation]:
    spec = described_app().extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return [
        (method, path, item[method])
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
    ]


OPERATIONS = operations()
MINE = f"{API}/me/shops/{{shop_id}}"
OF_CUSTOMERS = [o for o in OPERATIONS if o[1].startswith(MINE)]
OF_SHOPS = [o for o in OPERATIONS if "{shop_id}" in o[1] and o not in OF_CUSTOMERS]
OF_PEOPLE = [o for o in OPERATIONS if "{shop_id}" not in o[1]]
OF_ANY_SHOP = OF_SHOPS + OF_CUSTOMERS


def name(operation: Operation) -> str:
    return str(operation[2]["operationId"])


def ids(operations: list[Operation]) -> list[str]:
    return [name(operation) for operation in operations]


@pytest.fixture(scope="module")
def bakery(app: Flask) -> Somebody:
    owner = somebody(app, "Olga Owner")
    owner.open_shop("Bakery with everything")
    return owner


@pytest.fixture(scope="module")
def asha(app: Flask, bakery: Somebody) -> Somebody:
    """A customer of the bakery, who works nowhere."""
    asha = somebody(app, "Asha")
    proof = {"contact": asha.email, "code": code_for(app, asha.email)}
    assert asha.post(f"{API}/me/contacts", proof).status_code == 200
    slug = body(bakery.get(bakery.url))["slug"]
    assert asha.post(f"{API}/me/shops", {"slug": slug}).status_code == 200
    return asha


@pytest.fixture(scope="module")
def known_ids(app: Flask, settings: Settings, bakery: Somebody, asha: Somebody) -> dict[str, str]:
    """Ids of things that the bakery has; a route with another kind of id fails for want of it."""
    customer = made(bakery.post(f"{bakery.url}/customers", {"name": "Asha"}))
    file = (io.BytesIO(b"customer,date,amount\n1,2026-01-02,3.50\n"), "till.csv")
    upload = bakery.client.post(
        f"{bakery.url}/imports", data={"file": file}, headers=bakery.headers
    )
    notes = f"{bakery.url}/customers/{customer['id']}/notes"
    exception = {"date": "2030-12-24", "hours": "10:00-13:00"}
    assert bakery.post(f"{bakery.url}/exceptions", exception).status_code < 300
    invitation = made(bakery.post(f"{bakery.url}/invitations", {"role": "staff"}))
    site_id = body(bakery.get(f"{bakery.url}/sites"))["items"][0]["id"]
    said = asha.put(f"{API}/me/shops/{bakery.shop_id}/feedback/today", {"mood": "good"})
    return {
        "shop_id": bakery.shop_id,
        "feedback_id": body(said)["id"],
        "site_id": site_id,
        "device_id": device_of(app, bakery, site_id),
        "date": exception["date"],
        "person_id": bakery.id,
        "invitation_id": invitation["id"],
        "session_id": str(uuid.uuid4()),
        "customer_id": customer["id"],
        "other_id": made(bakery.post(f"{bakery.url}/customers", {"name": "Asha"}))["id"],
        "note_id": made(bakery.post(notes, {"text": "likes rye bread"}))["id"],
        "import_id": made(upload)["id"],
        "merge_id": merge_of(bakery),
        "month": report_of(settings, bakery),
        "product_id": product_of(bakery),
    }


def merge_of(owner: Somebody) -> str:
    """Merge two customers of the shop."""
    twins = [made(owner.post(f"{owner.url}/customers", {"name": "Twin"}))["id"] for _ in range(2)]
    wanted = {"survivor_id": twins[0], "duplicate_id": twins[1]}
    return str(made(owner.post(f"{owner.url}/merges", wanted))["id"])


def product_of(owner: Somebody) -> str:
    sale = {
        "id": str(uuid.uuid4()),
        "occurred_at": "2026-01-02T10:00:00Z",
        "amount_minor": 300,
        "lines": [{"product": "Rye bread", "quantity": 1, "amount_minor": 300}],
    }
    made(owner.post(f"{owner.url}/purchases", sale))
    return str(body(owner.get(f"{owner.url}/products"))["items"][0]["id"])


def report_of(settings: Settings, owner: Somebody) -> str:
    """Give the owner's shop a report, as the worker does."""
    shop_id, month = uuid.UUID(owner.shop_id), dt.date(2026, 1, 1)
    sessions = job_sessions(settings)
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        session.add(MonthlyReport(shop_id=shop_id, month=month, pdf_without_names=b"%PDF-"))
    sessions.kw["bind"].dispose()
    return f"{month:%Y-%m}"


def device_of(app: Flask, owner: Somebody, site_id: str) -> str:
    """Give the owner's shop a board without asking a broker."""
    shop_id, device_id = uuid.UUID(owner.shop_id), f"d-{secrets.token_hex(6)}"
    with app.app_context(), Session(db.engine) as session:
        act_for(session, shop_id=shop_id)
        session.add(Device(shop_id=shop_id, id=device_id, site_id=uuid.UUID(site_id), name="Door"))
        session.commit()
    return device_id


def ask(operation: Operation, who: FlaskClient, ids: dict[str, str], **more: Any) -> TestResponse:
    method, path, _ = operation
    answer = who.open(path.format(**ids), method=method.upper(), **more)
    answer.close()  # a stream has no end
    return answer


@pytest.mark.parametrize("operation", OF_ANY_SHOP, ids=ids(OF_ANY_SHOP))
def test_nobody_is_asked_to_sign_in(
    operation: Operation, client: FlaskClient, known_ids: dict[str, str]
) -> None:
    problem(ask(operation, client, known_ids), 401)


@pytest.mark.parametrize("operation", OF_ANY_SHOP, ids=ids(OF_ANY_SHOP))
def test_an_outsider_finds_nothing(
    operation: Operation, outsider: Somebody, known_ids: dict[str, str]
) -> None:
    problem(ask(operation, outsider.client, known_ids, headers=outsider.headers), 404)


@pytest.mark.parametrize("operation", OF_SHOPS, ids=ids(OF_SHOPS))
def test_a_customer_finds_nothing_that_is_for_those_who_work_there(
    operation: Operation, asha: Somebody, known_ids: dict[str, str]
) -> None:
    problem(ask(operation, asha.client, known_ids, headers=asha.headers), 404)


@pytest.mark.parametrize("operation", OF_CUSTOMERS, ids=ids(OF_CUSTOMERS))
def test_a_customer_of_one_shop_finds_nothing_in_another(
    operation: Operation, asha: Somebody, outsider: Somebody, known_ids: dict[str, str]
) -> None:
    elsewhere = {**known_ids, "shop_id": outsider.shop_id}
    problem(ask(operation, asha.client, elsewhere, headers=asha.headers), 404)


@pytest.mark.parametrize("operation", OF_CUSTOMERS, ids=ids(OF_CUSTOMERS))
@pytest.mark.parametrize("role", ["owner", "staff", "analyst"])
def test_who_works_in_a_shop_is_no_customer_of_it(
    role: str, operation: Operation, app: Flask, bakery: Somebody, known_ids: dict[str, str]
) -> None:
    person = bakery if role == "owner" else colleague(app, bakery, role)
    problem(ask(operation, person.client, known_ids, headers=person.headers), 404)


@pytest.mark.parametrize("operation", OF_SHOPS, ids=ids(OF_SHOPS))
def test_staff_are_let_in_but_not_to_what_is_the_owners(
    operation: Operation, app: Flask, bakery: Somebody, known_ids: dict[str, str]
) -> None:
    staff = colleague(app, bakery, "staff")
    nowhere = {key: known_ids[key] if key == "shop_id" else nothing(key) for key in known_ids}
    more = {} if operation[0] == "get" else {"json": VALID.get(name(operation), {})}
    answer = ask(operation, staff.client, nowhere, headers=staff.headers, **more)
    if name(operation) in OWNERS_ONLY:
        problem(answer, 403)
    assert answer.status_code != 401
    assert answer.status_code < 500


def nothing(key: str) -> str:
    """An id of the right kind that nothing has."""
    return {"device_id": "d-none", "date": "2031-01-01"}.get(key, str(uuid.uuid4()))


@pytest.mark.parametrize("operation", OF_SHOPS, ids=ids(OF_SHOPS))
def test_things_of_another_shop_are_not_found_in_ones_own(
    operation: Operation, outsider: Somebody, known_ids: dict[str, str]
) -> None:
    if len([key for key in known_ids if f"{{{key}}}" in operation[1]]) == 1:
        return  # names the shop only
    mixed = {**known_ids, "shop_id": outsider.shop_id}
    more = {} if operation[0] == "get" else {"json": VALID.get(name(operation), {})}
    problem(ask(operation, outsider.client, mixed, headers=outsider.headers, **more), 404)


@pytest.mark.parametrize("operation", OF_SHOPS, ids=ids(OF_SHOPS))
def test_an_analyst_may_look_and_change_nothing(
    operation: Operation, app: Flask, bakery: Somebody, known_ids: dict[str, str]
) -> None:
    analyst = colleague(app, bakery, "analyst")
    answer = ask(operation, analyst.client, known_ids, headers=analyst.headers)
    if operation[0] == "get" and name(operation) not in HIDDEN_FROM_ANALYSTS:
        expected = 404 if name(operation) in NOT_YET else 200
        assert answer.status_code == expected, answer.text
    else:
        problem(answer, 403)


@pytest.mark.parametrize("operation", OF_PEOPLE, ids=ids(OF_PEOPLE))
def test_a_route_without_a_shop_is_known_and_guarded(
    operation: Operation, client: FlaskClient
) -> None:
    is_open = name(operation) in OPEN_TO_ALL
    assert is_open or name(operation) in OF_NO_SHOP, "say above who may ask this route"
    assert (operation[2].get("security") == []) == is_open
    answer = ask(operation, client, {"slug": "nobody", "session_id": str(uuid.uuid4())})
    assert ("WWW-Authenticate" in answer.headers) == (not is_open)


def test_every_route_of_the_api_is_described(app: Flask) -> None:
    described = {path for _, path, _ in OPERATIONS}
    rules = {str(rule) for rule in app.url_map.iter_rules() if str(rule).startswith(API)}
    plain = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in rules}
    unknown = {rule for rule in plain if not any(rule.startswith(u) for u in UNDESCRIBED)}
    assert unknown == described


def test_an_unknown_shop_looks_like_a_foreign_one(owner: Somebody, outsider: Somebody) -> None:
    foreign = problem(owner.get(outsider.url), 404)
    unknown = problem(owner.get(f"{API}/shops/{uuid.uuid4()}"), 404)
    assert foreign == unknown
