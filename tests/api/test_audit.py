"""Who saw and changed what; and who looks after the installation sees no customers."""

import json
import uuid

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Table, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.jobs import admin as admin_commands
from cloud.app.settings import Settings
from cloud.app.store import Base, roles
from cloud.app.store.audit import is_platform_admin
from cloud.app.store.connection import sessions_for
from cloud.app.store.jobs import enqueue
from cloud.app.store.people import Person
from cloud.app.store.roles import act_for
from cloud.app.store.shops import RejectedMessage, Shop
from tests.api.conftest import API, PASSWORD, Somebody, body, colleague, made, problem, somebody
from tests.api.test_access import OPERATIONS, device_of
from tests.api.test_joining import prove
from tests.conftest import repository
from tests.rows import add_row, fill_every_table, owner_of_all

PLATFORM = ["shops", "devices", "jobs", "rejections", "audit"]
PHONE = "030 99887766"


def trail(owner: Somebody, **query: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = body(owner.get(f"{owner.url}/audit", **query))["items"]
    return found


def did(owner: Somebody, **query: object) -> list[tuple[object, object]]:
    return [(event["person_name"], event["action"]) for event in trail(owner, **query)]


def test_looks_at_a_customer_and_changes_are_written_down(app: Flask, owner: Somebody) -> None:
    staff = colleague(app, owner, "staff")
    asha = made(owner.post(f"{owner.url}/customers", {"name": "Asha", "phone": PHONE}))["id"]
    url = f"{owner.url}/customers/{asha}"
    assert staff.get(url).status_code == 200
    assert staff.patch(url, {"phone": None, "tags": ["vip"]}).status_code == 200
    assert staff.get(f"{owner.url}/exports/customers").status_code == 200
    assert did(owner) == [
        ("Carl staff", "export_customers"),
        ("Carl staff", "update_customer"),
        ("Carl staff", "get_customer"),
        ("Olga Owner", "create_customer"),
    ]
    changed = trail(owner)[1]
    assert (changed["fields"], changed["role"]) == (["phone", "tags"], "staff")
    assert changed["customer_id"] == asha


def test_the_trail_is_narrowed_to_a_customer_and_to_a_person(app: Flask, owner: Somebody) -> None:
    staff = colleague(app, owner, "staff")
    ids = [made(owner.post(f"{owner.url}/customers", {"name": n}))["id"] for n in "AB"]
    for customer in ids:
        staff.get(f"{owner.url}/customers/{customer}")
    assert did(owner, customer_id=ids[0]) == [
        ("Carl staff", "get_customer"), ("Olga Owner", "create_customer")
    ]  # fmt: skip
    assert len(trail(owner, person_id=owner.id)) == 2
    first = body(owner.get(f"{owner.url}/audit", limit=3))
    assert len(first["items"]) == 3
    assert len(trail(owner, cursor=first["next_cursor"])) == 1


def test_a_change_is_found_by_the_customer_whom_it_was_about(owner: Somebody) -> None:
    asha, twin = (
        made(owner.post(f"{owner.url}/customers", {"name": name}))["id"] for name in ("A", "B")
    )
    sale = {"id": str(uuid.uuid4()), "occurred_at": "2026-03-14T12:00:00Z", "amount_minor": 350}
    made(owner.post(f"{owner.url}/purchases", {**sale, "customer_id": asha}))
    pair = {"survivor_id": asha, "duplicate_id": twin}
    merge_id = made(owner.post(f"{owner.url}/merges", pair))["id"]
    owner.post(f"{owner.url}/merges/{merge_id}/undo")
    found = trail(owner, customer_id=asha)
    assert [(event["action"], event["about"]) for event in found] == [
        ("undo_merge", {**pair, "id": merge_id, "merge_id": merge_id}),
        ("create_merge", {**pair, "id": merge_id}),
        ("create_purchase", {"id": sale["id"]}),
        ("create_customer", {"id": asha}),
    ]
    of_twin = [event["action"] for event in trail(owner, customer_id=twin)]
    assert of_twin == ["undo_merge", "create_merge", "create_customer"]


def test_every_look_at_one_customer_and_every_download_is_noted(app: Flask) -> None:
    of_one = [
        name for method, path, described in OPERATIONS for name in [described["operationId"]]
        if method == "get" and path.startswith(f"{API}/shops/")
        and ("{customer_id}" in path or "/exports/" in path)
    ]  # fmt: skip
    noted = {
        name.rsplit(".", 1)[-1]
        for name, view in app.view_functions.items()
        if getattr(view, "is_noted", False)
    }
    assert {"get_customer", "list_consents", "export_scores"} <= set(of_one)
    # what the shop sells is about nobody
    assert set(of_one) - noted == {"export_products"}


def test_no_value_of_a_field_is_written_down(app: Flask, owner: Somebody) -> None:
    made(owner.post(f"{owner.url}/customers", {"name": "Zebulonia", "phone": PHONE}))
    with app.app_context(), Session(db.engine) as session:
        act_for(session, shop_id=uuid.UUID(owner.shop_id))
        kept = "".join(session.scalars(text("SELECT to_jsonb(audit_event)::text FROM audit_event")))
    assert "create_customer" in kept
    assert "Zebulonia" not in kept
    assert "99887766" not in kept


def test_what_is_refused_is_not_written_down(owner: Somebody) -> None:
    problem(owner.post(f"{owner.url}/customers", {"name": ""}), 422)
    problem(owner.get(f"{owner.url}/customers/{uuid.uuid4()}"), 404)
    assert trail(owner) == []


def test_a_retry_is_written_down_once(owner: Somebody) -> None:
    headers = {**owner.headers, "Idempotency-Key": "once"}
    for _ in range(2):
        made(owner.client.post(f"{owner.url}/customers", json={"name": "A"}, headers=headers))
    assert did(owner) == [("Olga Owner", "create_customer")]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET role = ''", "DELETE FROM audit_event"]
)
def test_the_trail_cannot_be_changed(app: Flask, owner: Somebody, statement: str) -> None:
    with app.app_context(), Session(db.engine) as session:
        act_for(session, shop_id=uuid.UUID(owner.shop_id))
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text(statement))


@pytest.fixture
def admin(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Somebody:
    """Who looks after the installation, made by the command line."""
    person = somebody(app, "Ada Admin")
    prove(app, person, person.email)
    monkeypatch.setattr(admin_commands.app_settings, "from_environment", lambda: settings)
    ran = CliRunner().invoke(admin_commands.admin, ["add", person.email])
    assert (ran.exit_code, ran.output) == (0, "added\n")
    return person


@pytest.mark.parametrize("noun", PLATFORM)
def test_nobody_looks_after_the_installation_by_default(owner: Somebody, noun: str) -> None:
    problem(owner.get(f"{API}/platform/{noun}"), 403)


def test_who_is_signed_in_hears_whether_they_look_after_the_installation(
    admin: Somebody, owner: Somebody
) -> None:
    assert body(admin.get(f"{API}/me"))["is_admin"] is True
    assert body(owner.get(f"{API}/me"))["is_admin"] is False


@pytest.mark.parametrize("noun", PLATFORM)
def test_each_look_of_an_administrator_is_written_down(admin: Somebody, noun: str) -> None:
    assert admin.get(f"{API}/platform/{noun}").status_code == 200
    latest = body(admin.get(f"{API}/platform/audit"))["items"][0]
    assert (latest["person_id"], latest["role"]) == (admin.id, "platform")
    assert str(latest["action"]).startswith("list_")


def test_an_administrator_sees_shops_boards_jobs_and_rejections(
    app: Flask, settings: Settings, admin: Somebody, owner: Somebody
) -> None:
    site_id = body(owner.get(f"{owner.url}/sites"))["items"][0]["id"]
    board = device_of(app, owner, site_id)
    owner.post(f"{owner.url}/scores")
    ingest = sessions_for(settings, roles.INGEST)
    with ingest.begin() as session:
        session.add(
            RejectedMessage(topic="shopbell/1/x/event", payload=b"secret", reason="no JSON")
        )
    ingest.kw["bind"].dispose()

    shops = body(admin.get(f"{API}/platform/shops", limit=200))["items"]
    [mine] = [shop for shop in shops if shop["id"] == owner.shop_id]
    assert (mine["name"], mine["devices"]) == ("Corner Bakery", 1)
    devices = body(admin.get(f"{API}/platform/devices", shop_id=owner.shop_id))["items"]
    assert [device["id"] for device in devices] == [board]
    jobs = body(admin.get(f"{API}/platform/jobs", limit=200, status="todo"))["items"]
    assert owner.shop_id in {job["shop_id"] for job in jobs}
    rejections = admin.get(f"{API}/platform/rejections")
    assert "no JSON" in rejections.text
    assert "secret" not in rejections.text


def test_what_an_administrator_looks_at_goes_page_by_page(
    app: Flask, settings: Settings, admin: Somebody, owner: Somebody
) -> None:
    site_id = body(owner.get(f"{owner.url}/sites"))["items"][0]["id"]
    for number in range(5):
        device_of(app, owner, site_id)
        somebody(app, f"Owner {number}").open_shop(f"Shop {number}")
    with app.app_context(), Session(db.engine) as session:
        for number in range(5):
            enqueue(session, "score_shop", lock=f"page {number}", shop_id=owner.shop_id)
        session.commit()
    with owner_of_all(settings) as connection:
        for _ in range(5):
            add_row(connection, RejectedMessage.__table__, shop_id=uuid.UUID(owner.shop_id))
    for noun, narrowed in (
        ("devices", {"shop_id": owner.shop_id}), ("jobs", {"status": "todo"}), ("rejections", {}),
        ("shops", {}), ("audit", {}),
    ):  # fmt: skip
        goes_page_by_page(admin, f"{API}/platform/{noun}", **narrowed)
    goes_page_by_page(owner, f"{owner.url}/rejections")


def goes_page_by_page(who: Somebody, url: str, **narrowed: str) -> None:
    """Check that two pages are the whole list, of which the looks themselves are no part."""
    first = body(who.get(url, limit=2, **narrowed))
    rest = body(who.get(url, limit=2, cursor=first["next_cursor"], **narrowed))
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    whole = [one["id"] for one in body(who.get(url, limit=10, **narrowed))["items"]]
    assert len(set(ids)) == 4, url
    assert [id_ for id_ in whole if id_ in ids] == ids, url
    problem(who.get(url, cursor="another text", **narrowed), 422)


def test_an_administrator_sees_no_customer_of_anybody(admin: Somebody, owner: Somebody) -> None:
    made(owner.post(f"{owner.url}/customers", {"name": "Zebulonia", "phone": PHONE}))
    for method, path, _ in OPERATIONS:
        if method == "get" and "stream" not in path:
            ids = {"shop_id": owner.shop_id, "slug": "none"}
            answer = admin.get(path.format_map(Anything(ids)))
            assert "Zebulonia" not in answer.text, path


def test_the_database_shows_an_administrator_shops_and_boards_only(
    app: Flask, settings: Settings, admin: Somebody, owner: Somebody
) -> None:
    shop_id = fill_every_table(settings, owner.shop_id, owner.id)["shop_id"]
    with app.app_context(), Session(db.engine) as session:
        act_for(session, person_id=uuid.UUID(admin.id), platform=True)
        assert shop_id in session.scalars(select(Shop.id)).all()
        assert set(session.scalars(select(Person.id))) == {uuid.UUID(admin.id)}
        seen = set()
        for table in Base.metadata.sorted_tables:
            if "shop_id" in table.c and shop_id in _shops_shown(session, table):
                seen.add(table.name)
    assert seen == {"site", "device", "rejected_message"}


def _shops_shown(session: Session, table: Table) -> list[uuid.UUID]:
    try:
        with session.begin_nested():
            return list(session.scalars(select(table.c.shop_id)))
    except ProgrammingError:
        return []  # not even the table


class Anything(dict[str, str]):
    """Every id that is not given is some id."""

    def __missing__(self, key: str) -> str:
        return str(uuid.uuid4())


def test_who_only_says_so_is_no_administrator(app: Flask, owner: Somebody) -> None:
    with app.app_context(), Session(db.engine) as session:
        act_for(session, person_id=uuid.UUID(owner.id), platform=True)
        seen = session.scalars(text("SELECT id FROM shop")).all()
    assert [str(id_) for id_ in seen] == [owner.shop_id]


def test_an_administrator_can_be_let_go(admin: Somebody) -> None:
    runner = CliRunner()
    assert admin.email in runner.invoke(admin_commands.admin, ["list"]).output
    assert runner.invoke(admin_commands.admin, ["remove", admin.email]).output == "removed\n"
    problem(admin.get(f"{API}/platform/shops"), 403)
    again = runner.invoke(admin_commands.admin, ["remove", admin.email])
    assert again.exit_code == 1
    assert "expected the login of an administrator" in again.output


@pytest.mark.parametrize("login", ["nobody-at-all@example.com", "no login"])
def test_an_unknown_login_is_refused_with_a_sentence(admin: Somebody, login: str) -> None:
    ran = CliRunner().invoke(admin_commands.admin, ["add", login])
    assert ran.exit_code == 1
    assert ran.output.startswith("Error: ")
    assert "expected" in ran.output


def test_who_only_claims_an_address_is_not_made_an_administrator(
    app: Flask, admin: Somebody
) -> None:
    ada = somebody(app, "Ada Lovelace")
    account = {"name": "Mallory", "email": ada.email, "password": PASSWORD}
    mallory = made(app.test_client().post(f"{API}/register", json=account))["person"]["id"]
    add = ["add", ada.email]
    refused = CliRunner().invoke(admin_commands.admin, add)
    assert (refused.exit_code, refused.output) == (
        1,
        "Error: expected an account that has proven this login by a code, found one that has not\n",
    )
    prove(app, ada, ada.email)
    assert CliRunner().invoke(admin_commands.admin, add).output == "added\n"
    again = CliRunner().invoke(admin_commands.admin, add)
    assert again.output == "Error: expected an account that is no administrator, found one\n"
    with app.app_context(), Session(db.engine) as session:
        for person_id, is_admin in ((ada.id, True), (mallory, False)):
            act_for(session, person_id=uuid.UUID(person_id))
            assert is_platform_admin(session, uuid.UUID(person_id)) == is_admin


def test_every_look_that_is_noted_has_a_sentence_in_the_client(app: Flask) -> None:
    noted = {
        name.rsplit(".", 1)[-1]
        for name, view in app.view_functions.items()
        if getattr(view, "is_noted", False)
    }
    texts = json.loads((repository() / "cloud/web/src/i18n/en.json").read_text())
    assert "get_customer_timeline" in noted
    assert noted - set(texts["audit"]["actions"]) == set()
