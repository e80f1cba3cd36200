"""Boards speak while somebody else changes what they speak of."""

import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.ingest.decode import Received
from cloud.app.ingest.handler import Outcome, handle
from cloud.app.jobs import upkeep
from cloud.app.services.closing import close_shop
from cloud.app.settings import Settings
from cloud.app.store.connection import sessions_for
from cloud.app.store.roles import APP, act_for
from tests.ingest.conftest import Bakery
from tests.ingest.messages import NOON_MS, batch, passage, received, status
from tests.waiting import wait_until

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
HOUR_MS = 3_600_000

Store = Callable[..., Outcome]


@pytest.fixture
def store(bakery: Bakery, ingest_connection: psycopg.Connection, now: dt.datetime) -> Store:
    """Handle messages in one batch, at noon."""
    return lambda *messages: handle(ingest_connection, messages, now)


def said(device: str, *events: object) -> Received:
    return received(batch(*events), device=device)


def wait_for_waiting(bakery: Bakery, number: int) -> None:
    """Wait until as many transactions wait for what others hold."""
    waiting = "SELECT count(*) AS number FROM pg_locks WHERE NOT granted"

    def are_waiting() -> bool:
        (row,) = bakery.connection.execute(waiting).fetchall()
        return bool(row["number"] >= number)

    wait_until(are_waiting, f"{number} that wait")


def test_a_shop_that_closes_and_boards_that_speak_do_not_wait_for_each_other(
    store: Store, bakery: Bakery, ingest_settings: Settings, now: dt.datetime
) -> None:
    boards = [bakery.add_device("d-2"), "d-1"]
    store(*(said(board, passage(1)) for board in boards))
    news = [said(board, passage(2)) for board in boards]
    news += [received(status(), "status", board) for board in boards]
    sessions = sessions_for(ingest_settings, APP)

    def close() -> None:
        with sessions.begin() as session:
            act_for(session, shop_id=bakery.shop_id)
            close_shop(session, ingest_settings, bakery.shop_id, name="Bakery", now=now)

    with ThreadPoolExecutor(2) as pool, bakery.connection.transaction():
        # as another ingest does that has heard of this board
        bakery.connection.execute("SELECT FROM device WHERE id = 'd-2' FOR NO KEY UPDATE")
        closed = pool.submit(close)
        wait_for_waiting(bakery, 1)
        stored = pool.submit(store, *news)
        wait_for_waiting(bakery, 2)
    closed.result()
    assert stored.result().stored == 2
    sessions.kw["bind"].dispose()
    assert all(row["revoked_at"] for row in bakery.rows("device"))


def test_a_roll_up_and_events_of_its_hours_do_not_wait_for_each_other(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    # the later a quarter of an hour, the earlier its note
    for sequence, hours_ago in enumerate((0, 1, 2), start=1):
        store(said("d-1", passage(sequence, at=NOON_MS - hours_ago * HOUR_MS)))
    with ThreadPoolExecutor(2) as pool, bakery.connection.transaction():
        # as another ingest does that has an event of the hour between
        bakery.connection.execute(
            "SELECT FROM footfall_due WHERE starts_at = %s FOR UPDATE", (NOON - HOUR,)
        )
        late = [passage(4), passage(5, at=NOON_MS - HOUR_MS), passage(6, at=NOON_MS - 2 * HOUR_MS)]
        stored = pool.submit(store, said("d-1", *late))
        wait_for_waiting(bakery, 1)
        counted = pool.submit(upkeep.roll_up_footfall, jobs)
        wait_for_waiting(bakery, 2)
    assert stored.result().stored == 3
    assert counted.result() == 3
    assert [row["entries"] for row in bakery.rows("footfall_hour", "starts_at")] == [2, 2, 2]


def test_doors_that_are_emptied_and_what_they_say_do_not_wait_for_each_other(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session], now: dt.datetime
) -> None:
    first, between, last = (uuid.UUID(int=number) for number in (1, 2, 3))
    for site_id in (first, between, last):
        bakery.connection.execute(
            "INSERT INTO site (shop_id, id, name) VALUES (%s, %s, 'Door')",
            (bakery.shop_id, site_id),
        )
    for number, site_id in ((1, last), (2, between), (3, first)):
        bakery.add_device(f"b-{number}")
        bakery.connection.execute(
            "UPDATE device SET site_id = %s WHERE id = %s", (site_id, f"b-{number}")
        )
        store(said(f"b-{number}", passage(1, at=NOON_MS - 11 * HOUR_MS)))
    # they came at two in Berlin, an hour before it closed
    hours = "UPDATE shop SET opening_hours = 'Mo-Su 01:00-03:00'"
    bakery.connection.execute(hours)
    with ThreadPoolExecutor(2) as pool, bakery.connection.transaction():
        # as another ingest does that hears from this door
        bakery.connection.execute(
            "SELECT FROM site_state WHERE site_id = %s FOR UPDATE", (between,)
        )
        stored = pool.submit(store, *(said(f"b-{number}", passage(2)) for number in (1, 2, 3)))
        wait_for_waiting(bakery, 1)
        emptied = pool.submit(upkeep.zero_all_closed_sites, jobs, now)
        wait_for_waiting(bakery, 2)
    assert stored.result().stored == 3
    assert emptied.result() == 3


def test_months_of_events_come_and_go_while_boards_speak(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session], now: dt.datetime
) -> None:
    bakery.connection.execute("DROP TABLE event_2027_01")  # to be made
    bakery.connection.execute(
        "CREATE TABLE event_2020_01 PARTITION OF event"  # to be dropped
        " FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')"
    )
    with ThreadPoolExecutor(2) as pool, bakery.connection.transaction():
        # as a command to the board does
        bakery.connection.execute("SELECT FROM device FOR NO KEY UPDATE")
        stored = pool.submit(store, said("d-1", passage(1)))
        wait_for_waiting(bakery, 1)
        kept = pool.submit(upkeep.keep_partitions, jobs, 25, now)
        wait_for_waiting(bakery, 2)
    assert stored.result().stored == 1
    kept.result()
    months = "SELECT to_regclass('event_2027_01') AS made, to_regclass('event_2020_01') AS dropped"
    (found,) = bakery.connection.execute(months).fetchall()
    assert (found["made"], found["dropped"]) == ("event_2027_01", None)
