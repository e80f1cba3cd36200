"""Events older than the setting says are dropped every night, a month at a time."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator

import procrastinate
import psycopg
import pytest
from procrastinate.testing import InMemoryConnector
from sqlalchemy.orm import sessionmaker

from cloud.app.jobs import upkeep
from cloud.app.settings import Settings
from cloud.app.store.connection import engine_for
from cloud.app.store.roles import JOBS

KEEP_MONTHS = 2


@pytest.fixture
def owner(own_settings: Settings) -> Iterator[psycopg.Connection]:
    """The owner of a database that only this test uses, with a shop and a board."""
    url = own_settings.database_url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as found:
        shop, site = uuid.uuid4(), uuid.uuid4()
        found.execute(
            "INSERT INTO shop (id, slug, name, country, time_zone, currency)"
            " VALUES (%s, 'bakery', 'Bakery', 'DE', 'Europe/Berlin', 'EUR')",
            (shop,),
        )
        found.execute("INSERT INTO site (shop_id, id, name) VALUES (%s, %s, 'Door')", (shop, site))
        found.execute(
            "INSERT INTO device (shop_id, id, site_id, name) VALUES (%s, 'd-1', %s, 'Door')",
            (shop, site),
        )
        yield found


def test_months_beyond_the_setting_are_dropped_with_their_events(
    own_settings: Settings, owner: psycopg.Connection
) -> None:
    engine = engine_for(own_settings, JOBS)
    queue = procrastinate.App(connector=InMemoryConnector())
    settings = dataclasses.replace(own_settings, event_retention_months=KEEP_MONTHS)
    upkeep.register(queue, sessionmaker(engine), settings)

    def night(month: int) -> None:
        at = dt.datetime(2031, month, 1, 1, 40, tzinfo=dt.UTC)
        queue.tasks["keep_partitions"].func(timestamp=int(at.timestamp()))

    try:
        night(1)
        for month in range(1, 4):
            store_event(owner, month, dt.datetime(2031, month, 15, tzinfo=dt.UTC))
        night(3)
        assert events(owner) == {1, 2, 3}
        night(4)
        assert events(owner) == {2, 3}
        night(6)
        assert events(owner) == set()
    finally:
        engine.dispose()
    # what is to come has its tables
    assert partitions(owner) == {
        "event_default", "event_2031_04", "event_2031_05", "event_2031_06", "event_2031_07",
        "event_2031_08",
    }  # fmt: skip


def test_a_late_event_takes_nothing_from_an_hour_whose_events_were_dropped(
    own_settings: Settings, owner: psycopg.Connection
) -> None:
    january = dt.datetime(2031, 1, 15, 9, 30, tzinfo=dt.UTC)
    engine = engine_for(own_settings, JOBS)
    jobs = sessionmaker(engine)

    def walk_in(sequence: int, received: dt.datetime) -> None:
        store_event(owner, sequence, received, january, "passage", '{"direction": "in"}')
        upkeep.roll_up_footfall(jobs)

    try:
        upkeep.keep_partitions(jobs, KEEP_MONTHS, january)
        for sequence in (1, 2, 3):
            walk_in(sequence, january)
        assert entries(owner) == [3]
        upkeep.keep_partitions(jobs, KEEP_MONTHS, dt.datetime(2031, 6, 1, tzinfo=dt.UTC))
        assert events(owner) == set()
        walk_in(4, dt.datetime(2031, 6, 2, tzinfo=dt.UTC))
    finally:
        engine.dispose()
    assert entries(owner) == [3]


def entries(owner: psycopg.Connection) -> list[int]:
    return [row[0] for row in owner.execute("SELECT entries FROM footfall_hour")]


def store_event(
    owner: psycopg.Connection,
    sequence: int,
    received: dt.datetime,
    occurred: dt.datetime | None = None,
    kind: str = "motion",
    body: str = "{}",
) -> None:
    owner.execute(
        "INSERT INTO event (shop_id, device_id, boot, sequence, site_id, kind, occurred_at,"
        " time_source, up_ms, body, received_at)"
        " SELECT shop_id, id, 1, %s, site_id, %s, %s, 'device', 1, %s, %s FROM device",
        (sequence, kind, occurred or received, body, received),
    )
    owner.execute(
        "INSERT INTO footfall_due (shop_id, site_id, starts_at)"
        " SELECT shop_id, site_id, %s FROM device ON CONFLICT DO NOTHING",
        (occurred or received,),
    )


def events(owner: psycopg.Connection) -> set[int]:
    return {row[0] for row in owner.execute("SELECT sequence FROM event")}


def partitions(owner: psycopg.Connection) -> set[str]:
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'event'::regclass"
    return {row[0] for row in owner.execute(query)}
