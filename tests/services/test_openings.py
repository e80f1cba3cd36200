"""The owner's word against doors and hours: it holds until it ends, and the last one counts."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.services.openings import current_override, say, unsay
from cloud.app.store.people import Person
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Shop

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def shop_id(session: Session) -> uuid.UUID:
    shop_id, owner_id = uuid.uuid4(), uuid.uuid4()
    act_for(session, shop_id=shop_id, person_id=owner_id)
    session.add_all(
        [
            Person(id=owner_id, name="Olga", email=f"{owner_id}@example.com"),
            Shop(
                id=shop_id,
                slug=f"bakery-{shop_id}",
                name="Bakery",
                country="DE",
                time_zone="Europe/Berlin",
                currency="EUR",
            ),
        ]
    )
    session.flush()
    return shop_id


def tell(session: Session, shop_id: uuid.UUID, *, is_open: bool, minutes: int) -> None:
    person = session.scalars(select(Person)).one()
    until, word = NOON + minutes * MINUTE, f"for {minutes} minutes"
    say(session, shop_id, is_open=is_open, until=until, message=word, person_id=person.id, now=NOON)


def word(session: Session, shop_id: uuid.UUID, minutes: float) -> str | None:
    found = current_override(session, shop_id, NOON + minutes * MINUTE)
    return found.message if found else None


def test_back_in_15_minutes_ends_by_itself(session: Session, shop_id: uuid.UUID) -> None:
    tell(session, shop_id, is_open=False, minutes=15)
    assert [word(session, shop_id, at) for at in (0, 14.9, 15, 60)] == [
        "for 15 minutes", "for 15 minutes", None, None
    ]  # fmt: skip


def test_the_last_word_counts_and_the_one_before_does_not_come_back(
    session: Session, shop_id: uuid.UUID
) -> None:
    tell(session, shop_id, is_open=False, minutes=60)
    tell(session, shop_id, is_open=True, minutes=15)
    assert [word(session, shop_id, at) for at in (1, 20)] == ["for 15 minutes", None]
    unsay(session, shop_id, now=NOON + MINUTE)
    assert word(session, shop_id, 1) is None
