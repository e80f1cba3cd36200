"""What row-level security keeps apart when a query forgets its filter, and who sees no names."""

import datetime as dt
import io
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from cloud.app.settings import Settings
from cloud.app.store import Base, roles
from cloud.app.store.connection import sessions_for
from cloud.app.store.roles import act_for
from tests.api.conftest import Somebody, body, made
from tests.api.test_access import MINE, OPERATIONS
from tests.rows import add_row, fill_every_table, owner_of_all

OF_SHOPS = [table for table in Base.metadata.sorted_tables if "shop_id" in table.c]
# what the jobs read of all shops at once: what is due, and what is forgotten with its time
OF_ALL_SHOPS = {
    "audit_event", "footfall_due", "idempotency_key", "rejected_message", "scoring", "ticket"
}  # fmt: skip
# a key for retries is its person's, whatever the address that it was sent to
OF_PERSONS = {"idempotency_key"}


Filled = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture
def filled(settings: Settings, owner: Somebody, outsider: Somebody) -> Filled:
    """The bakery and the florist, with a row in every table; what is known of the rows."""
    mine, theirs = (fill_every_table(settings, p.shop_id, p.id) for p in (owner, outsider))
    with owner_of_all(settings) as connection:
        empty = {
            table.name
            for table in OF_SHOPS
            for known in (mine, theirs)
            if known["shop_id"] not in connection.scalars(select(table.c.shop_id)).all()
        }
    assert empty == set()
    return mine, theirs


@pytest.fixture(params=[roles.APP, roles.JOBS])
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def acting(settings: Settings, filled: Filled, role: str) -> Iterator[Session]:
    """A session that acts for the bakery and its owner."""
    sessions = sessions_for(settings, role)
    with sessions() as session:
        act_for(session, shop_id=filled[0]["shop_id"], person_id=filled[0]["person_id"])
        yield session
    sessions.kw["bind"].dispose()


def may(session: Session, table: Table, privilege: str, column: str = "shop_id") -> bool:
    asked = text("SELECT has_column_privilege(:table, :column, :privilege)")
    told = {"table": table.name, "column": column, "privilege": privilege}
    return bool(session.scalar(asked, told))


def shown(session: Session) -> dict[str, set[Any]]:
    """Return the shops of which each table shows rows to a query without a filter."""
    return {
        table.name: set(session.scalars(select(table.c.shop_id)))
        for table in OF_SHOPS
        if may(session, table, "SELECT")
    }


def test_with_the_filter_left_out_each_table_shows_the_acting_shop_only(
    acting: Session, filled: Filled, role: str
) -> None:
    bakery = filled[0]["shop_id"]
    found = shown(acting)
    leaking = {name for name, shops in found.items() if shops != {bakery}}
    assert leaking <= (OF_ALL_SHOPS if role == roles.JOBS else set())
    assert {"membership", "purchase", "consent_event", "import_row", "score"} <= set(found)


def test_with_the_filter_left_out_a_change_touches_the_acting_shop_only(
    acting: Session, filled: Filled, role: str
) -> None:
    touched: dict[str, set[Any]] = {}
    for table in reversed(OF_SHOPS):
        columns = [c.name for c in table.columns if may(acting, table, "UPDATE", c.name)]
        statements = [f"UPDATE {table.name} SET {name} = {name}" for name in columns[:1]]
        for statement in (*statements, f"DELETE FROM {table.name}"):
            try:
                with acting.begin_nested():
                    rows = acting.scalars(text(f"{statement} RETURNING shop_id"))
                    touched.setdefault(table.name, set()).update(rows)
            except (ProgrammingError, IntegrityError):
                continue  # not allowed, or somebody of the same shop still needs it
    others = {name for name, shops in touched.items() if shops - {filled[0]["shop_id"]}}
    assert others <= (OF_ALL_SHOPS if role == roles.JOBS else set())
    assert "membership" in touched


def test_nobody_writes_a_row_into_another_shop(acting: Session, filled: Filled) -> None:
    in_my_name = {**filled[1], "person_id": filled[0]["person_id"]}
    written = set()
    for table in OF_SHOPS:
        # refused by row-level security, or not allowed at all
        with suppress(ProgrammingError), acting.begin_nested():
            add_row(acting.connection(), table, **in_my_name)
            written.add(table.name)
    assert written <= OF_PERSONS


def test_before_it_is_said_for_whom_nothing_is_shown(
    settings: Settings, filled: Filled, role: str
) -> None:
    sessions = sessions_for(settings, role)
    with sessions() as session:
        seen = {name for name, shops in shown(session).items() if shops}
    sessions.kw["bind"].dispose()
    assert seen <= (OF_ALL_SHOPS if role == roles.JOBS else set())


NAME, PHONE, EMAIL = "Zebulonia Quill", "0151 99887766", "zebulonia@example.com"
TRACES = (b"Zebulonia", b"99887766", EMAIL.encode())


@pytest.fixture
def known_by_name(settings: Settings, owner: Somebody) -> dict[str, str]:
    """The ids of a shop in which everything that can name a customer does."""
    contact = {"name": NAME, "phone": PHONE, "email": EMAIL}
    customer, twin = (made(owner.post(f"{owner.url}/customers", contact))["id"] for _ in range(2))
    pair = {"survivor_id": customer, "duplicate_id": twin}
    lines = ("name,phone,date,amount", f"{NAME},{PHONE},2026-03-14,3.50")
    file = (io.BytesIO("\n".join(lines).encode()), "till.csv")
    upload = owner.client.post(f"{owner.url}/imports", data={"file": file}, headers=owner.headers)
    sale = {"id": str(uuid.uuid4()), "occurred_at": "2026-03-14T12:00:00Z", "amount_minor": 350}
    made(owner.post(f"{owner.url}/purchases", {**sale, "customer_id": customer}))
    agreed = {"channel": "sms", "action": "grant", "evidence": f"{NAME} signed"}
    made(owner.post(f"{owner.url}/customers/{customer}/consents", agreed))
    made(owner.post(f"{owner.url}/customers/{customer}/notes", {"text": f"{NAME} likes rye"}))
    with owner_of_all(settings) as connection:
        score(connection, owner, customer)
    return {
        "shop_id": owner.shop_id,
        "customer_id": customer,
        "merge_id": made(owner.post(f"{owner.url}/merges", pair))["id"],
        "import_id": made(upload)["id"],
    }


def score(connection: Connection, owner: Somebody, customer: str) -> None:
    """Let a customer be at risk, worth a message, and in another tier than before."""
    tables = Base.metadata.tables
    about = {"shop_id": uuid.UUID(owner.shop_id), "membership_id": uuid.UUID(customer)}
    run = {"as_of": dt.date(2026, 3, 14), "horizon_days": 60, "model": "recency",
           "verdict": "weak", "summary": {"kpis": {}, "reason": "few"}}  # fmt: skip
    run_id = add_row(connection, tables["score_run"], **about, **run)["id"]
    at_risk = {"churn_probability": 0.9, "risk": "high", "revenue_at_risk_minor": 5000,
               "days_since_last_visit": 26, "usual_gap_days": 9.0,
               "action": "message", "action_channel": "sms", "action_value_minor": 900}  # fmt: skip
    add_row(connection, tables["score"], **about, run_id=run_id, **at_risk)
    add_row(connection, tables["score_move"], **about, run_id=run_id, moved_on=run["as_of"])


def reading(ids: dict[str, str]) -> dict[str, str]:
    """Return the address of every route of a shop that reads, by its name."""
    known = defaultdict(lambda: "none", ids)
    return {
        operation["operationId"]: path.format_map(known)
        for method, path, operation in OPERATIONS
        if method == "get" and "{shop_id}" in path and not path.startswith(MINE)
        and not path.endswith("/stream")
    }  # fmt: skip


def test_an_analyst_is_told_no_name_phone_or_email_by_any_route(
    owner: Somebody, analyst: Somebody, known_by_name: dict[str, str]
) -> None:
    def naming(who: Somebody) -> set[str]:
        answers = {name: who.get(at).data for name, at in reading(known_by_name).items()}
        return {name for name, told in answers.items() if any(trace in told for trace in TRACES)}

    assert {
        "list_customers", "get_customer", "get_customer_timeline", "list_consents", "get_today",
        "list_moves", "list_imports", "get_import", "list_merges", "export_customers",
        "export_purchases", "export_scores", "export_customer",
    } <= naming(owner)  # fmt: skip
    assert naming(analyst) == set()


def test_an_analyst_is_told_the_columns_of_an_import_without_samples(
    owner: Somebody, analyst: Somebody, known_by_name: dict[str, str]
) -> None:
    url = f"{owner.url}/imports/{known_by_name['import_id']}"
    columns = body(analyst.get(url))["columns"]
    assert [(one["name"], one["samples"]) for one in columns[:2]] == [("name", []), ("phone", [])]
    assert body(owner.get(url))["columns"][0]["samples"] == [NAME]
