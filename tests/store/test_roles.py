"""Row-level security: nothing is seen until a transaction says for whom it acts."""

import uuid

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from cloud.app.store import Base
from cloud.app.store.people import Membership, Person
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Shop


def make_shop(session: Session, slug: str) -> uuid.UUID:
    shop_id = uuid.uuid4()
    act_for(session, shop_id=shop_id)
    session.add(
        Shop(
            id=shop_id,
            slug=f"{slug}-{shop_id}",  # tests in one process share the database
            name=slug,
            country="DE",
            time_zone="Europe/Berlin",
            currency="EUR",
        )
    )
    session.flush()
    session.add(Membership(shop_id=shop_id, name="Asha"))
    session.flush()
    return shop_id


def test_every_table_has_forced_row_level_security(session: Session) -> None:
    rows = session.execute(
        text(
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
            " WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
    )
    forced = dict(rows.all())
    # who is granted them sees the names of jobs and the number of a migration
    bare = {name for name, is_forced in forced.items() if not is_forced}
    assert {name for name in bare if not name.startswith("procrastinate_")} == {"alembic_version"}
    assert set(Base.metadata.tables) == set(forced) - bare


def test_a_query_without_a_filter_sees_only_the_acting_shop(session: Session) -> None:
    bakery = make_shop(session, "bakery")
    florist = make_shop(session, "florist")

    act_for(session, shop_id=bakery)
    seen = session.scalars(select(Membership.shop_id)).all()

    assert seen == [bakery]
    assert florist not in session.scalars(select(Shop.id)).all()


def test_nothing_is_seen_before_the_transaction_says_for_whom(session: Session) -> None:
    make_shop(session, "bakery")
    session.execute(text("SELECT set_config('app.shop_id', '', true)"))
    assert session.scalars(select(Membership.id)).all() == []
    assert session.scalars(select(Shop.id)).all() == []


def test_a_row_of_another_shop_cannot_be_written(session: Session) -> None:
    bakery = make_shop(session, "bakery")
    make_shop(session, "florist")
    session.add(Membership(shop_id=bakery, name="smuggled"))
    with pytest.raises(ProgrammingError, match="row-level security"):
        session.flush()


def test_a_person_is_found_by_contact_and_by_nobody_else(session: Session) -> None:
    act_for(session, contact="found-by-contact@example.com")
    session.add(Person(name="Asha", email="found-by-contact@example.com", password_hash="-"))
    session.flush()
    assert session.scalars(select(Person.name)).all() == ["Asha"]
    act_for(session, contact="other@example.com")
    assert session.scalars(select(Person.name)).all() == []
