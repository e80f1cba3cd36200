"""What row-level security keeps apart when a query forgets its filter."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Table, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from cloud.app.settings import Settings
from cloud.app.store import Base, roles
from cloud.app.store.connection import sessions_for
from cloud.app.store.roles import act_for
from tests.api.conftest import Somebody
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
