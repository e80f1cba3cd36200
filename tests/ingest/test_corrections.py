"""The count set right by a person and at closing, and the day looked back on."""

import datetime as dt
import uuid

import psycopg
import pytest
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.domain.errors import NotFound
from cloud.app.ingest.handler import handle
from cloud.app.jobs import upkeep
from cloud.app.services.corrections import set_inside
from cloud.app.services.live import live_state
from cloud.app.services.timeline import timeline
from cloud.app.store.roles import act_for
from tests.ingest.conftest import Bakery
from tests.ingest.messages import NOON_MS, batch, door, passage, received, status

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SOON = NOON + dt.timedelta(seconds=20)
MINUTE_MS = 60_000


def correct(session: Session, bakery: Bakery, inside: int, at: dt.datetime = SOON) -> None:
    set_inside(
        session, bakery.shop_id, bakery.site_id,
        inside=inside, reason="counted by hand", person_id=None, now=at,  # type: ignore[arg-type]
    )  # fmt: skip
    session.commit()
    act_for(session, shop_id=bakery.shop_id)


def inside(session: Session, bakery: Bakery, at: dt.datetime = SOON) -> object:
    return live_state(session, bakery.shop_id, at)["inside"]


def test_a_correction_counts_from_its_moment_and_leaves_a_trace(
    session: Session, bakery: Bakery, ingest_connection: psycopg.Connection
) -> None:
    handle(ingest_connection, [received(batch(passage(1), passage(2)))], NOON)
    correct(session, bakery, inside=5)
    assert inside(session, bakery) == 5

    later = NOON + dt.timedelta(minutes=1)
    out = passage(4, "out", at=NOON_MS + MINUTE_MS)
    late = passage(3, at=NOON_MS - MINUTE_MS)
    handle(ingest_connection, [received(batch(late, out))], later)
    session.rollback()
    act_for(session, shop_id=bakery.shop_id)
    assert inside(session, bakery, later) == 4

    (row,) = bakery.rows("count_correction")
    assert (row["counted"], row["inside"], row["source"]) == (2, 5, "person")
    assert row["reason"] == "counted by hand"


def test_a_door_that_is_not_there_cannot_be_corrected(session: Session, bakery: Bakery) -> None:
    with pytest.raises(NotFound):
        set_inside(
            session, bakery.shop_id, uuid.uuid4(),
            inside=1, reason=None, person_id=uuid.uuid4(), now=SOON,
        )  # fmt: skip


def test_a_closed_shop_is_empty_after_a_while_and_what_was_counted_is_kept(
    bakery: Bakery, ingest_connection: psycopg.Connection, jobs: sessionmaker[Session]
) -> None:
    said = [received(status(), "status"), received(batch(passage(1), passage(2), door(3, 0)))]
    handle(ingest_connection, said, NOON)

    soon, later = NOON + dt.timedelta(minutes=5), NOON + dt.timedelta(minutes=16)
    assert upkeep.zero_all_closed_sites(jobs, soon) == 0
    handle(ingest_connection, [received(status(up=960_000), "status")], later)
    assert upkeep.zero_all_closed_sites(jobs, later) == 1
    assert upkeep.zero_all_closed_sites(jobs, later) == 0

    assert bakery.site()["entries"] == 0
    (row,) = bakery.rows("count_correction")
    assert (row["counted"], row["inside"], row["source"]) == (2, 0, "closing")


def test_an_open_shop_is_not_emptied(
    bakery: Bakery, ingest_connection: psycopg.Connection, jobs: sessionmaker[Session]
) -> None:
    said = [received(status(), "status"), received(batch(passage(1), door(2)))]
    handle(ingest_connection, said, NOON)
    assert upkeep.zero_all_closed_sites(jobs, SOON) == 0


DAY_MS = 24 * 60 * MINUTE_MS


def days_kept_by_a_board() -> list[dict[str, object]]:
    """Two days without a network, on the first of which two exits were missed, and this morning."""
    first, second, today = (NOON_MS - days * DAY_MS for days in (3, 2, 0))
    return [
        door(1, 1, at=first),
        passage(2, at=first + MINUTE_MS),
        passage(3, at=first + MINUTE_MS),
        door(4, 0, at=first + 60 * MINUTE_MS),
        door(5, 1, at=second),
        passage(6, at=second + MINUTE_MS),
        door(7, 0, at=second + 60 * MINUTE_MS),
        passage(8, "out", at=second + 65 * MINUTE_MS),
        door(9, 1, at=today - 3 * MINUTE_MS),
        passage(10, at=today - 2 * MINUTE_MS),
        door(11, 0, at=today - 2 * MINUTE_MS),  # the wind
        door(12, 1, at=today - MINUTE_MS),
    ]


def test_what_a_board_kept_for_days_is_not_added_up_over_the_nights(
    session: Session,
    bakery: Bakery,
    ingest_connection: psycopg.Connection,
    jobs: sessionmaker[Session],
) -> None:
    events = days_kept_by_a_board()
    handle(ingest_connection, [received(status(), "status"), received(batch(*events))], NOON)
    assert inside(session, bakery) == 3
    assert upkeep.zero_all_closed_sites(jobs, SOON) == 1
    session.rollback()
    act_for(session, shop_id=bakery.shop_id)
    assert inside(session, bakery) == 1
    (row,) = bakery.rows("count_correction")
    assert (row["counted"], row["inside"], row["source"]) == (2, 0, "closing")
    emptied_at = NOON - dt.timedelta(days=2) + dt.timedelta(minutes=60 + 15)
    assert row["corrected_at"] == emptied_at
    assert upkeep.zero_all_closed_sites(jobs, SOON) == 0


def test_a_correction_of_today_stands_when_older_events_come(
    session: Session,
    bakery: Bakery,
    ingest_connection: psycopg.Connection,
    jobs: sessionmaker[Session],
) -> None:
    *kept, last = days_kept_by_a_board()
    handle(ingest_connection, [received(status(), "status"), received(batch(last))], NOON)
    correct(session, bakery, inside=4)
    handle(ingest_connection, [received(batch(*kept))], SOON)
    assert upkeep.zero_all_closed_sites(jobs, SOON) == 0
    session.rollback()
    act_for(session, shop_id=bakery.shop_id)
    assert inside(session, bakery) == 4


def test_the_day_shows_door_people_and_corrections(
    session: Session, bakery: Bakery, ingest_connection: psycopg.Connection
) -> None:
    bakery.connection.execute("UPDATE shop SET opening_hours = 'Mo-Fr 12:00-13:00'")
    half_past_eleven = NOON_MS - 30 * MINUTE_MS
    events = [
        door(1, 0, at=NOON_MS - DAY_MS),
        door(2, 1, at=half_past_eleven),
        passage(3, at=half_past_eleven + MINUTE_MS),
        door(4, 0, at=NOON_MS - 10 * MINUTE_MS),
    ]
    handle(ingest_connection, [received(batch(*events))], NOON)
    correct(session, bakery, inside=0)

    day = timeline(session, bakery.shop_id, NOON.date(), SOON)
    kinds = [moment["kind"] for moment in day["moments"]]  # type: ignore[attr-defined]
    assert kinds == ["door_opened", "door_closed", "corrected"]
    (people,) = day["people"]  # type: ignore[misc]
    assert (people["entries"], people["exits"]) == (1, 0)
    (hours,) = day["hours"]  # type: ignore[misc]
    # it is promised from 12 to 13 o'clock in Berlin, which is 11 to 12 in UTC
    assert (hours["minutes_late"], hours["minutes_early"]) == (30, 10)
