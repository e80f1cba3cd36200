"""A row for any table, valid by default, so that a test can fill every table that there is."""

import datetime as dt
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Connection, Table, create_engine
from sqlalchemy.dialects.postgresql import insert

from cloud.app.settings import Settings
from cloud.app.store import Base

NOW = dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)
SOME: Mapping[type, Callable[[], object]] = {
    uuid.UUID: uuid.uuid4,
    str: lambda: f"t-{secrets.token_hex(6)}",
    bytes: lambda: secrets.token_bytes(8),
    int: lambda: 1,
    float: lambda: 0.5,
    bool: lambda: True,
    Decimal: lambda: Decimal(1),
    object: dict,  # what is kept as JSON
    dt.datetime: lambda: NOW,
    dt.date: lambda: NOW.date().replace(day=1),
}
# where not every value of a type will do
CHOSEN: Mapping[str, Mapping[str, object]] = {
    "audit_event": {"fields": []},
    "consent_event": {
        "channel": "sms", "purpose": "marketing", "action": "grant", "source": "owner"
    },
    "count_correction": {"source": "person"},
    "event": {"time_source": "device"},
    "import_batch": {"state": "done"},
    "import_row": {"outcome": "rejected"},
    "outreach": {"outcome": "done"},
    "purchase": {"currency": "EUR"},
    "score": {"drivers": []},
    "score_move": {"kind": "tier", "direction": "up"},
    "scoring": {"state": "done"},
    "staff": {"role": "staff"},
    "ticket": {"kind": "invitation"},
    "tier_reward": {"tier": "Gold"},
}  # fmt: skip
# what is left out, whatever is known: a customer has no account, an invitation is the shop's
EMPTY = {"membership": ("person_id", "import_id"), "ticket": ("person_id",)}
# a row of these would make somebody what they are not
DECIDING = ("shop", "person", "platform_admin")
# what a row is called where others point at it
CALLED = {
    "device": "device_id",
    "import_batch": "import_id",
    "membership": "membership_id",
    "product": "product_id",
    "purchase": "purchase_id",
    "score_run": "run_id",
    "site": "site_id",
}


@contextmanager
def owner_of_all(settings: Settings) -> Iterator[Connection]:
    """A transaction of the database's owner, whom no row-level security keeps from anything."""
    engine = create_engine(settings.owner_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def fill_every_table(settings: Settings, shop_id: str, person_id: str) -> dict[str, Any]:
    """Give a shop, and a person who works there, a row in each table that names either; return
    the ids of what the rows are about."""
    known: dict[str, Any] = {"shop_id": uuid.UUID(shop_id), "person_id": uuid.UUID(person_id)}
    with owner_of_all(settings) as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in DECIDING and {"shop_id", "person_id"} & set(table.c.keys()):
                row = add_row(connection, table, **known)
                if table.name in CALLED:
                    known[CALLED[table.name]] = row["id"]
                if table.name == "membership":
                    other = add_row(connection, table, **known)["id"]
                    known |= dict.fromkeys(("other_id", "duplicate_id", "referrer_id"), other)
                    known["friend_id"] = row["id"]
    return known


def add_row(connection: Connection, table: Table, **known: object) -> dict[str, Any]:
    """Store a row with the fields that it needs, and those that are known; none of a key that
    there is already."""
    needed = {
        column.name: SOME[column.type.python_type]()
        for column in table.columns
        if _is_needed(table, column)
    }
    told = {**needed, **CHOSEN.get(table.name, {}), **known}
    left_out = EMPTY.get(table.name, ())
    row = {name: value for name, value in told.items() if name in table.c and name not in left_out}
    connection.execute(insert(table).values(row).on_conflict_do_nothing())
    return row


def _is_needed(table: Table, column: Column[Any]) -> bool:
    is_made = column.computed is not None or column.server_default is not None
    return not (is_made or column.nullable or column is table.autoincrement_column)
