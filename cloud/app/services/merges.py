"""Duplicates: suggested, merged, made two again, or called two people."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cloud.app.domain.duplicates import similar_names
from cloud.app.domain.errors import Conflict, Invalid, NotFound
from cloud.app.services.scores import ask_for_scores
from cloud.app.store import erasure_queries, merge_queries
from cloud.app.store.base import Json
from cloud.app.store.consent_queries import keep_withdrawals
from cloud.app.store.membership_queries import take_turns
from cloud.app.store.merges import CustomerMerge, TwoPeople
from cloud.app.store.people import Membership

MOST = 200
# what the survivor takes over where it has nothing of its own
FIELDS = (
    "name", "phone", "email", "reference", "person_id", "linked_at", "left_at", "referral_code"
)  # fmt: skip


@dataclass(frozen=True)
class Suggestion:
    """Two customers who may be one, why, and how alike they are (0 to 1)."""

    first_id: uuid.UUID
    second_id: uuid.UUID
    reason: str
    similarity: float


def suggestions(session: Session, shop_id: uuid.UUID) -> list[Suggestion]:
    """Return who may be one: by phone, by email, then by a name that is written almost alike."""
    found: dict[frozenset[uuid.UUID], Suggestion] = {}
    for suggestion in _suggested(session, shop_id):
        found.setdefault(frozenset((suggestion.first_id, suggestion.second_id)), suggestion)
    return list(found.values())[:MOST]


def merge(
    session: Session,
    shop_id: uuid.UUID,
    *,
    survivor_id: uuid.UUID,
    duplicate_id: uuid.UUID,
    by: uuid.UUID,
    now: dt.datetime,
) -> CustomerMerge:
    """Give everything of the duplicate to the survivor, who takes over what it lacks.

    Raises Invalid for one customer twice, NotFound, and Conflict for two people with accounts of
    their own or while an import is at work.
    """
    if survivor_id == duplicate_id:
        raise Invalid("duplicate_id", "another customer than survivor_id", "the same")
    _refuse_while_importing(session, shop_id)
    customers = merge_queries.both(session, shop_id, (survivor_id, duplicate_id))
    if len(customers) < 2:
        raise NotFound("there is no such customer")
    survivor, duplicate = customers[survivor_id], customers[duplicate_id]
    if survivor.person_id and duplicate.person_id:
        raise Conflict("both have an account of their own: they are two people")
    row = merge_queries.row_of(session, shop_id, duplicate_id)
    before = merge_queries.row_of(session, shop_id, survivor_id)
    keep_withdrawals(session, shop_id, duplicate_id, survivor_id, by)
    moved, aside = merge_queries.move(session, shop_id, duplicate_id, survivor_id)
    session.expunge(duplicate)
    erasure_queries.delete_customer(session, shop_id, duplicate_id)
    _take_over(survivor, duplicate)
    session.flush()
    after = merge_queries.row_of(session, shop_id, survivor_id)
    merged = CustomerMerge(
        shop_id=shop_id,
        id=uuid.uuid4(),
        membership_id=survivor_id,
        duplicate_id=duplicate_id,
        duplicate=row,
        before=_taken(before),
        after=_taken(after),
        moved=dict(moved),
        aside=dict(aside),
        created_by=by,
        created_at=now,
    )
    session.add(merged)
    session.flush()
    ask_for_scores(session, shop_id)
    return merged


def keep_apart(
    session: Session,
    shop_id: uuid.UUID,
    *,
    first_id: uuid.UUID,
    second_id: uuid.UUID,
    by: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Suggest these two no more, until somebody merges them by hand.

    Raises Invalid for one customer twice, and NotFound.
    """
    if first_id == second_id:
        raise Invalid("other_id", "another customer than customer_id", "the same")
    if len(merge_queries.both(session, shop_id, (first_id, second_id))) < 2:
        raise NotFound("there is no such customer")
    for customer_id, other_id in ((first_id, second_id), (second_id, first_id)):
        key = {"shop_id": shop_id, "membership_id": customer_id, "other_id": other_id}
        session.execute(
            insert(TwoPeople).values(**key, created_by=by, created_at=now).on_conflict_do_nothing()
        )


def suggest_again(
    session: Session, shop_id: uuid.UUID, *, first_id: uuid.UUID, second_id: uuid.UUID
) -> None:
    """Let two be suggested again. Raises NotFound when nobody has called them two people."""
    pair = (first_id, second_id), (second_id, first_id)
    deleted = session.execute(
        delete(TwoPeople)
        .where(TwoPeople.shop_id == shop_id)
        .where(tuple_(TwoPeople.membership_id, TwoPeople.other_id).in_(pair))
        .returning(TwoPeople.other_id)
    )
    if not deleted.all():
        raise NotFound("nobody has called these two people")


def undo_merge(
    session: Session, shop_id: uuid.UUID, merge_id: uuid.UUID, now: dt.datetime
) -> CustomerMerge:
    """Make two of one again, as they were; what came since stays with the survivor.

    Raises NotFound, and Conflict when it is undone already or a later merge has to go first.
    """
    _refuse_while_importing(session, shop_id)
    merged = session.scalar(
        select(CustomerMerge)
        .where(CustomerMerge.shop_id == shop_id, CustomerMerge.id == merge_id)
        .with_for_update()
    )
    if merged is None:
        raise NotFound("there is no such merge")
    if merged.undone_at is not None:
        raise Conflict("this merge is undone already")
    if merge_queries.later_merge(session, merged):
        raise Conflict("the survivor was merged again since: undo that merge first")
    survivor = merge_queries.both(session, shop_id, [merged.membership_id])[merged.membership_id]
    _give_back(session, survivor, merged)
    merge_queries.insert_row(session, Membership.__table__, merged.duplicate)  # type: ignore[arg-type] # a table
    if session.get(Membership, (shop_id, merged.duplicate_id)) is None:
        raise Conflict("another customer has this customer's reference or account by now")
    merge_queries.move_back(session, merged)
    # each has their own again: a copy at the other one would outlive an erasure
    merged.duplicate, merged.before, merged.after, merged.aside = {}, {}, {}, {}
    merged.undone_at = now
    session.flush()
    ask_for_scores(session, shop_id)
    return merged


def _suggested(session: Session, shop_id: uuid.UUID) -> Iterator[Suggestion]:
    for row in merge_queries.same_contacts(session, shop_id, MOST):
        yield Suggestion(row.first_id, row.second_id, row.reason, 1.0)
    known = merge_queries.named(session, shop_id)
    apart = merge_queries.two_people(session, shop_id)

    def may_be_one(first_id: uuid.UUID, second_id: uuid.UUID) -> bool:
        """Two with one name and two phones, two addresses or two accounts are rather namesakes."""
        if (first_id, second_id) in apart:
            return False
        first, second = known[first_id], known[second_id]
        pairs = (
            (first.phone, second.phone),
            (first.email, second.email),
            (first.person_id, second.person_id),
        )
        return all(a is None or b is None or a == b for a, b in pairs)

    names = {id_: row.name for id_, row in known.items()}
    for first_id, second_id, ratio in similar_names(names, MOST, may_be_one):
        yield Suggestion(first_id, second_id, "name", ratio)


def _refuse_while_importing(session: Session, shop_id: uuid.UUID) -> None:
    # from here on none begins
    take_turns(session, shop_id)
    if erasure_queries.is_importing(session, shop_id):
        raise Conflict("an import is at work and knows these customers: try again when it is done")


def _take_over(survivor: Membership, duplicate: Membership) -> None:
    for field in FIELDS:
        if getattr(survivor, field) is None:
            setattr(survivor, field, getattr(duplicate, field))
    survivor.tags = sorted({*survivor.tags, *duplicate.tags})
    survivor.joined_at = min(survivor.joined_at, duplicate.joined_at)


def _taken(row: Json) -> Json:
    return {field: row[field] for field in (*FIELDS, "tags", "joined_at")}


def _give_back(session: Session, survivor: Membership, merged: CustomerMerge) -> None:
    """Restore the survivor's fields; what somebody has changed since stays as it is."""
    now = _taken(merge_queries.row_of(session, merged.shop_id, survivor.id))
    for field, became in merged.after.items():
        if now[field] == became:
            setattr(survivor, field, _read(field, merged.before[field]))
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise Conflict("another customer has this customer's reference by now") from None


def _read(field: str, value: object) -> object:
    if value is None or not isinstance(value, str):
        return value
    if field == "person_id":
        return uuid.UUID(value)
    return dt.datetime.fromisoformat(value) if field.endswith("_at") else value
