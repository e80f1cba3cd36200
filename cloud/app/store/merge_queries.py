"""Moving everything that hangs on one customer to another, and back.

Which tables there are is read from the tables themselves, so that a new one cannot be forgotten.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Row,
    Table,
    UniqueConstraint,
    and_,
    cast,
    func,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.orm import Session

from cloud.app.store.base import Base, Json
from cloud.app.store.consent_queries import grants_that_win
from cloud.app.store.consents import ConsentEvent
from cloud.app.store.membership_queries import keep, keep_found
from cloud.app.store.merges import CustomerMerge, TwoPeople
from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.people import Membership

Reference = tuple[Table, Column[Any]]

_MAY_BE_ONE = """
    a.shop_id = :shop_id
        AND (a.person_id IS NULL OR b.person_id IS NULL OR a.person_id = b.person_id)
        AND NOT EXISTS (SELECT FROM two_people two WHERE two.shop_id = a.shop_id
            AND two.membership_id = a.id AND two.other_id = b.id)
"""
_SAME_CONTACT = text(f"""
    SELECT 'phone' AS reason, a.id AS first_id, b.id AS second_id
    FROM membership a JOIN membership b ON b.shop_id = a.shop_id AND b.phone = a.phone
        AND (b.created_at, b.id) > (a.created_at, a.id)
    WHERE {_MAY_BE_ONE}
    UNION ALL
    SELECT 'email', a.id, b.id
    FROM membership a JOIN membership b ON b.shop_id = a.shop_id AND b.email = a.email
        AND (b.created_at, b.id) > (a.created_at, a.id) AND (a.phone = b.phone) IS NOT TRUE
    WHERE {_MAY_BE_ONE}
    LIMIT :most
""")  # noqa: S608 - a constant


def references() -> Iterator[Reference]:
    """Yield every column of the database that names a customer of a shop."""
    for table in Base.metadata.sorted_tables:
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.column_keys)):
            if key.referred_table is Membership.__table__:
                [column] = [c for c in key.columns if c.name != "shop_id"]
                yield table, column


def same_contacts(session: Session, shop_id: uuid.UUID, most: int) -> Sequence[Row[Any]]:
    """Return pairs of customers with one phone or email: reason, first_id, second_id."""
    return session.execute(_SAME_CONTACT, {"shop_id": shop_id, "most": most}).all()


def named(session: Session, shop_id: uuid.UUID) -> dict[uuid.UUID, Any]:
    """Return id, name, phone, email and account of all who have a name, the ones known longest
    first."""
    columns = Membership.id, Membership.name, Membership.phone, Membership.email
    rows = session.execute(
        select(*columns, Membership.person_id)
        .where(Membership.shop_id == shop_id, Membership.name.is_not(None))
        .order_by(Membership.created_at, Membership.id)
    )
    return {row.id: row for row in rows}


def two_people(session: Session, shop_id: uuid.UUID) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Return the pairs that are two people, in both orders."""
    rows = session.execute(
        select(TwoPeople.membership_id, TwoPeople.other_id).where(TwoPeople.shop_id == shop_id)
    )
    return {(first_id, second_id) for first_id, second_id in rows}


def both(session: Session, shop_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """Return some customers by id, locked until the transaction ends."""
    rows = session.scalars(
        select(Membership)
        .where(Membership.shop_id == shop_id, Membership.id.in_(ids))
        .order_by(Membership.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def row_of(session: Session, shop_id: uuid.UUID, customer_id: uuid.UUID) -> Json:
    """Return the whole row of a customer."""
    table = Membership.__table__
    row = func.to_jsonb(literal_column("membership"))
    query = select(row).select_from(table).where(
        table.c.shop_id == shop_id, table.c.id == customer_id
    )  # fmt: skip
    return dict(session.execute(query).scalar_one())


def move(
    session: Session, shop_id: uuid.UUID, duplicate_id: uuid.UUID, survivor_id: uuid.UUID
) -> tuple[dict[str, list[str]], dict[str, list[Json]]]:
    """Give everything of one customer to another; return the ids of what moved, by "table.column",
    and the whole rows of what the other has itself, by table."""
    moved: dict[str, list[str]] = {}
    aside: dict[str, list[Json]] = {}
    for table, column in references():
        other = other_key(table, column)
        result = session.execute(
            update(table)
            .where(table.c.shop_id == shop_id, column == duplicate_id)
            .where(*_free(table, column, shop_id, survivor_id))
            .values({column.name: survivor_id})
            .returning(column if other is None else other)
        )
        ids = [str(value) for value in result.scalars()]
        if ids:
            moved[f"{table.name}.{column.name}"] = ids
        left = select(func.to_jsonb(literal_column(table.name))).select_from(table)
        rows = session.scalars(left.where(table.c.shop_id == shop_id, column == duplicate_id)).all()
        if rows:
            aside[table.name] = [*aside.get(table.name, []), *rows]
    return moved, aside


def move_back(session: Session, merge: CustomerMerge) -> None:
    """Give back what moved and is still there, and put back what was put aside."""
    for table, column in references():
        ids: Any = merge.moved.get(f"{table.name}.{column.name}")
        if not ids:
            continue
        other = other_key(table, column)
        is_moved = true() if other is None else other == func.any(cast(ids, ARRAY(UUID())))
        session.execute(
            update(table)
            .where(table.c.shop_id == merge.shop_id, column == merge.membership_id, is_moved)
            .values({column.name: merge.duplicate_id})
        )
    for name, rows in merge.aside.items():
        for row in rows:  # type: ignore[attr-defined] # JSON
            insert_row(session, Base.metadata.tables[name], row)


def insert_row(session: Session, table: Table, row: Mapping[str, object]) -> None:
    """Insert a row as `to_jsonb` wrote it; columns that came since have their defaults."""
    known = [table.c[name] for name in row if name in table.c]
    columns = ", ".join(column.name for column in known if column.computed is None)
    statement = (
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} "  # noqa: S608 - names of our own tables
        f"FROM jsonb_populate_record(NULL::{table.name}, CAST(:row AS jsonb))"
        " ON CONFLICT DO NOTHING"
    )
    session.execute(text(statement), {"row": json.dumps(row)})


def merges(
    session: Session, shop_id: uuid.UUID, *, limit: int, cursor: str | None
) -> Page[Row[Any]]:
    """Return a page of merges with `duplicate_name`, the newest first."""
    columns = CustomerMerge.__table__.c
    order = Order(columns.created_at, columns.id, is_descending=True)
    again = (Membership.shop_id == columns.shop_id) & (Membership.id == columns.duplicate_id)
    name = func.coalesce(columns.duplicate["name"].astext, Membership.name)
    rows = (
        select(CustomerMerge, name.label("duplicate_name"))
        .outerjoin(Membership, again)
        .where(CustomerMerge.shop_id == shop_id)
    )
    return fetch_page(session, rows, order, limit=limit, cursor=cursor)


def merged_into(session: Session, shop_id: uuid.UUID, customer_id: uuid.UUID) -> list[Membership]:
    """Return those who are part of a customer now, as the shop knew them; not of the session."""
    kept = select(CustomerMerge.duplicate).where(
        CustomerMerge.shop_id == shop_id,
        CustomerMerge.membership_id == customer_id,
        CustomerMerge.undone_at.is_(None),
    )
    fields = ("name", "phone", "email", "reference")
    return [Membership(**{name: row[name] for name in fields}) for row in session.scalars(kept)]


def later_merge(session: Session, merge: CustomerMerge) -> uuid.UUID | None:
    """Return a merge that has taken this one over, because its survivor was merged again."""
    took = CustomerMerge.moved["customer_merge.membership_id"].contains([str(merge.id)])
    return session.scalar(
        select(CustomerMerge.id).where(
            CustomerMerge.shop_id == merge.shop_id, CustomerMerge.undone_at.is_(None), took
        )
    )


def keep_who_remains(
    session: Session, shop_id: uuid.UUID, customer_id: uuid.UUID
) -> uuid.UUID | None:
    """Return a customer, or into whom they were merged, who stays until the transaction ends."""
    if keep(session, shop_id, customer_id):
        return customer_id
    survivor_id = (
        select(CustomerMerge.membership_id)
        .where(
            CustomerMerge.shop_id == shop_id,
            CustomerMerge.duplicate_id == customer_id,
            CustomerMerge.undone_at.is_(None),
        )
        .scalar_subquery()
    )
    remaining = select(Membership.id).where(
        Membership.shop_id == shop_id, Membership.id == func.coalesce(survivor_id, customer_id)
    )
    return keep_found(session, shop_id, lambda: session.scalar(remaining))


def other_key(table: Table, column: Column[Any]) -> Column[Any] | None:
    """Return what names a row of this table among those of one customer; None: it has one only."""
    others = [c for c in table.primary_key.columns if c.name != "shop_id" and c is not column]
    assert len(others) <= 1, f"{table.name}: a key of two columns needs a look here"
    return others[0] if others else None


def _free(
    table: Table, column: Column[Any], shop_id: uuid.UUID, survivor_id: uuid.UUID
) -> Iterator[Any]:
    """Yield the conditions under which a row can move without being there twice."""
    for columns in _unique_sets(table):
        if column not in columns:
            continue
        same = table.alias("same")
        shared = [same.c[c.name] == c for c in columns if c.name not in ("shop_id", column.name)]
        there = select(same).where(
            same.c.shop_id == shop_id, same.c[column.name] == survivor_id, and_(true(), *shared)
        )
        yield ~there.exists()
    if table is ConsentEvent.__table__:
        yield grants_that_win(survivor_id)
    for other, beside in references():
        # nobody brings oneself as a friend
        if other is table and beside is not column:
            yield beside != survivor_id


def _unique_sets(table: Table) -> Iterator[list[Column[Any]]]:
    yield list(table.primary_key.columns)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield list(constraint.columns)
