"""Everything that is kept about a person, over all tables and shops, for that person to take along.

Which tables there are is read from the tables themselves, so that a new one cannot be forgotten.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import ColumnElement, Table, or_, select
from sqlalchemy.orm import Session

from cloud.app.services.accounts import person_by_id, shops_of
from cloud.app.services.erasure import traits_of
from cloud.app.services.joining import take_what_is_theirs
from cloud.app.services.shops import shop_by_id
from cloud.app.store import Base
from cloud.app.store.erasure_queries import traces
from cloud.app.store.membership_queries import membership_by_id, memberships_of
from cloud.app.store.merge_queries import merged_into
from cloud.app.store.people import Membership, Person
from cloud.app.store.roles import act_for
from cloud.app.store.sales import Product, Purchase, PurchaseLine
from cloud.app.store.shops import Shop

# digests and secrets say nothing to a person; who of the shop did something is another person
HIDDEN = {
    "shop_id", "membership_id", "person_id", "password_hash", "digest", "key_digest",
    "request_digest", "code_digest", "body", "friend_id", "referrer_id", "created_by",
    "answered_by", "other_id",
    # they follow from what stands beside them
    "granted", "rests_until", "searched",
}  # fmt: skip

Plain = dict[str, object]


def export_person(session: Session, person_id: uuid.UUID, now: dt.datetime) -> Plain:
    """Return the account, and what each shop keeps."""
    person = person_by_id(session, person_id)
    take_what_is_theirs(session, person, now)
    customers = memberships_of(session, person_id)
    places = shops_of(session, person_id)
    account = {table.name: _rows(session, table, table.c.person_id == person_id)
               for table in tables_of_persons()}  # fmt: skip
    return {
        "exported_at": _plain(now),
        "person": _row(Person.__table__, person),
        "account": account,
        "works_at": [_work(session, person_id, shop, role) for shop, role in places],
        "customer_of": [
            export_customer(session, shop.id, customer.id) for customer, shop in customers
        ],
    }


def export_customer(session: Session, shop_id: uuid.UUID, customer_id: uuid.UUID) -> Plain:
    """Return everything that a shop keeps about one of its customers."""
    act_for(session, shop_id=shop_id)
    customer = membership_by_id(session, shop_id, customer_id)
    known_as = [customer, *merged_into(session, shop_id, customer_id)]
    return {
        "shop": shop_by_id(session, shop_id).name,
        "customer": _row(Membership.__table__, customer),
        **{
            table.name: _rows(session, table, (table.c.shop_id == shop_id) & is_theirs)
            for table, is_theirs in tables_of_customers(customer_id)
        },
        "purchase_line": _lines(session, shop_id, customer_id),
        "import_row": [
            {"import_id": str(row.import_id), "line": row.line, "raw": row.raw}
            for row in traces(session, shop_id, traits_of(known_as))
        ],
    }


def tables_of_customers(customer_id: uuid.UUID) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Yield every table of a shop with rows about customers, and which rows are this one's."""
    for table in Base.metadata.sorted_tables:
        columns = [
            column
            for name, column in table.c.items()
            if name == "membership_id" or name in ("friend_id", "referrer_id")
        ]
        if columns:
            yield table, or_(*(column == customer_id for column in columns))


def tables_of_persons() -> list[Table]:
    """Return the tables of accounts, which belong to no shop."""
    return [
        table
        for table in Base.metadata.sorted_tables
        if "person_id" in table.c and ("shop_id" not in table.c or table.c.shop_id.nullable)
    ]


def tables_of_work() -> list[Table]:
    """Return the tables of shops with rows that name who of the shop did something."""
    return [
        table
        for table in Base.metadata.sorted_tables
        if "person_id" in table.c and table not in (*tables_of_persons(), Membership.__table__)
    ]


def _work(session: Session, person_id: uuid.UUID, shop: Shop, role: str) -> Plain:
    act_for(session, shop_id=shop.id)
    done = {
        table.name: _rows(
            session, table, (table.c.shop_id == shop.id) & (table.c.person_id == person_id)
        )
        for table in tables_of_work()
    }
    return {"shop": shop.name, "role": role, **done}


def _lines(session: Session, shop_id: uuid.UUID, customer_id: uuid.UUID) -> list[Plain]:
    rows = session.execute(
        select(
            PurchaseLine.purchase_id,
            PurchaseLine.line,
            Product.name.label("product"),
            PurchaseLine.quantity,
            PurchaseLine.amount_minor,
        )
        .join(
            Purchase,
            (Purchase.shop_id == PurchaseLine.shop_id) & (Purchase.id == PurchaseLine.purchase_id),
        )
        .join(
            Product,
            (Product.shop_id == PurchaseLine.shop_id) & (Product.id == PurchaseLine.product_id),
        )
        .where(Purchase.shop_id == shop_id, Purchase.membership_id == customer_id)
        .order_by(PurchaseLine.purchase_id, PurchaseLine.line)
    )
    return [{name: _plain(value) for name, value in row._mapping.items()} for row in rows]


def _rows(session: Session, table: Table, condition: ColumnElement[bool]) -> list[Plain]:
    columns = [column for name, column in table.c.items() if name not in HIDDEN]
    if not columns:
        return []
    found = session.execute(select(*columns).where(condition))
    return [{name: _plain(value) for name, value in row._mapping.items()} for row in found]


def _row(table: object, kept: Person | Membership) -> Plain:
    assert isinstance(table, Table)
    shown = [column.name for column in table.c if column.name not in HIDDEN]
    return {name: _plain(getattr(kept, name)) for name in shown}


def _plain(value: object) -> object:
    """Return a value as JSON knows it."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, uuid.UUID | Decimal | dt.date):
        return str(value)
    if isinstance(value, dict):  # a merge keeps whole rows
        return {name: _plain(kept) for name, kept in value.items() if name not in HIDDEN}
    return [_plain(kept) for kept in value] if isinstance(value, list) else value
