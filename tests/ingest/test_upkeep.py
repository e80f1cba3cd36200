"""Footfall by the hour, monthly tables, and rejected messages tried again."""

import datetime as dt
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.domain.sequence import GAPS_MAX
from cloud.app.ingest.handler import Outcome, handle
from cloud.app.ingest.replay import Replayed, replay_rejected
from cloud.app.jobs import upkeep
from cloud.app.store import footfall
from cloud.app.store.roles import act_for
from tests.ingest.conftest import Bakery
from tests.ingest.messages import BOOT, NOON_MS, batch, passage, received

HOUR_MS = 3_600_000
FRIDAY = dt.date(2026, 11, 20)

Store = Callable[..., Outcome]


@pytest.fixture
def store(bakery: Bakery, ingest_connection: psycopg.Connection, now: dt.datetime) -> Store:
    def run(*payloads: bytes, at: dt.datetime = now) -> Outcome:
        return handle(ingest_connection, [received(payload) for payload in payloads], at)

    return run


def hours(
    jobs: sessionmaker[Session], bakery: Bakery, day: dt.date = FRIDAY
) -> list[tuple[int, int, int]]:
    """Return (hour, entries, exits) of a day."""
    with jobs.begin() as session:
        act_for(session, shop_id=bakery.shop_id)
        found = footfall.hours(session, bakery.shop_id, day, day)
    return [(row.hour, row.entries, row.exits) for row in found]


def test_footfall_is_counted_by_the_hour_of_the_shop_s_own_time(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    store(batch(passage(1), passage(2, "out"), passage(3, at=NOON_MS - 2 * HOUR_MS)))
    upkeep.roll_up_footfall(jobs)
    # noon UTC is one o'clock in Berlin
    assert hours(jobs, bakery) == [(11, 1, 0), (13, 1, 1)]


def test_a_late_event_corrects_the_past(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    store(batch(passage(2)))
    upkeep.roll_up_footfall(jobs)
    store(batch(passage(1, at=NOON_MS - 2 * HOUR_MS)))
    upkeep.roll_up_footfall(jobs)
    assert hours(jobs, bakery) == [(11, 1, 0), (13, 1, 0)]


def test_the_hour_that_a_clock_shows_twice_and_the_one_that_it_skips(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    def at(*moment: int) -> int:
        return round(dt.datetime(2026, *moment, 30, tzinfo=dt.UTC).timestamp() * 1000)

    # in Berlin 02:30 comes twice on 25 October, and not at all on 29 March
    twice = [at(10, 25, 0), at(10, 25, 1)]
    around = [at(3, 29, 0), at(3, 29, 1)]
    for sequence, moment in enumerate([*twice, *around], 1):
        # each comes weeks late, in a message and a roll-up of its own
        store(batch(passage(sequence, at=moment)))
        upkeep.roll_up_footfall(jobs)

    assert hours(jobs, bakery, dt.date(2026, 10, 25)) == [(2, 2, 0)]
    assert hours(jobs, bakery, dt.date(2026, 3, 29)) == [(1, 1, 0), (3, 1, 0)]


def test_an_event_of_the_last_month_corrects_its_day_in_the_shop_s_own_time(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    # half past eleven at night in UTC is the first of November in Berlin
    night = dt.datetime(2026, 10, 31, 23, 30, tzinfo=dt.UTC)
    noon = night.replace(hour=12)
    store(batch(passage(1, at=round(night.timestamp() * 1000))))
    upkeep.roll_up_footfall(jobs)
    store(batch(passage(2, at=round(noon.timestamp() * 1000))))
    upkeep.roll_up_footfall(jobs)
    with jobs.begin() as session:
        act_for(session, shop_id=bakery.shop_id)
        found = footfall.days(session, bakery.shop_id, dt.date(2026, 10, 1), FRIDAY)
    assert [(day.date.isoformat(), day.entries) for day in found] == [
        ("2026-10-31", 1),
        ("2026-11-01", 1),
    ]


def test_an_event_that_is_dated_again_moves_to_its_hour(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session], now: dt.datetime
) -> None:
    store(batch(passage(1, at=None, up=10_000)))
    upkeep.roll_up_footfall(jobs)
    assert hours(jobs, bakery) == [(13, 1, 0)]
    # at noon it has run for two hours and more
    store(batch(passage(2, at=NOON_MS, up=10_000 + 2 * HOUR_MS)))
    upkeep.roll_up_footfall(jobs)
    assert hours(jobs, bakery) == [(11, 1, 0), (13, 1, 0)]


def test_rolling_up_again_changes_nothing(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    store(batch(passage(1)))
    assert upkeep.roll_up_footfall(jobs) == 1
    assert upkeep.roll_up_footfall(jobs) == 0
    assert hours(jobs, bakery) == [(13, 1, 0)]


def test_the_days_are_the_sum_of_their_hours(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    store(batch(passage(1), passage(2, at=NOON_MS - 2 * HOUR_MS), passage(3, "out")))
    upkeep.roll_up_footfall(jobs)
    with jobs.begin() as session:
        act_for(session, shop_id=bakery.shop_id)
        (day,) = footfall.days(session, bakery.shop_id, FRIDAY, FRIDAY)
    assert (day.date, day.entries, day.exits) == (FRIDAY, 2, 1)


def test_the_next_months_are_made_and_what_was_there_is_kept(
    bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    def tables() -> set[str]:
        query = (
            "SELECT inhrelid::regclass::text AS name FROM pg_inherits"
            " WHERE inhparent = 'event'::regclass"
        )
        return {row["name"] for row in bakery.connection.execute(query)}

    upkeep.keep_partitions(jobs, 1200, dt.datetime(2031, 1, 31, tzinfo=dt.UTC))
    assert tables() >= {"event_2031_01", "event_2031_02", "event_2031_03"}
    upkeep.keep_partitions(jobs, 1200, dt.datetime(2031, 4, 1, tzinfo=dt.UTC))
    bakery.connection.execute("DROP TABLE event_2031_01")
    kept = tables()
    assert "event_default" in kept
    assert "event_2031_06" in kept


def test_what_fell_into_the_default_partition_moves_to_its_month(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    bakery.connection.execute(
        "INSERT INTO event (shop_id, device_id, boot, sequence, site_id, kind, occurred_at,"
        " time_source, up_ms, body, received_at)"
        " VALUES (%s, 'd-1', 1, 1, %s, 'motion', '2041-05-05', 'device', 1, '{}', '2041-05-05')",
        (bakery.shop_id, bakery.site_id),
    )
    assert len(bakery.rows("event_default")) == 1
    upkeep.keep_partitions(jobs, 1200, dt.datetime(2031, 1, 31, tzinfo=dt.UTC))
    assert bakery.rows("event_default") == []
    assert len(bakery.rows("event_2041_05")) == 1
    assert bakery.sequences() == [1]


def test_a_rejected_message_is_accepted_after_the_device_was_registered(
    store: Store, bakery: Bakery, ingest_connection: psycopg.Connection, now: dt.datetime
) -> None:
    handle(ingest_connection, [received(batch(passage(1)), device="d-9")], now)
    assert replay_rejected(ingest_connection) == Replayed(1, 0)
    assert [row["times"] for row in bakery.rows("rejected_message")] == [1]

    bakery.add_device("d-9")
    assert replay_rejected(ingest_connection, reason="unknown id") == Replayed(1, 1)
    assert bakery.sequences() == [1]
    assert replay_rejected(ingest_connection) == Replayed(0, 0)


def test_a_single_rejected_event_is_accepted_when_its_kind_has_become_known(
    store: Store,
    bakery: Bakery,
    ingest_connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from wire import messages

    store(batch(passage(1), {"seq": 2, "up": 5, "at": NOON_MS, "kind": "teapot"}, passage(3)))
    assert bakery.sequences() == [1, 3]

    monkeypatch.setitem(messages.EVENT_KINDS, "teapot", {})
    assert replay_rejected(ingest_connection) == Replayed(1, 1)
    assert bakery.sequences() == [1, 2, 3]
    assert bakery.boot()["committed_sequence"] == 3


def test_the_same_rejected_message_is_kept_once_and_counted(store: Store, bakery: Bakery) -> None:
    store(b"{", b"{", b"[")
    store(b"{")
    assert [row["times"] for row in bakery.rows("rejected_message", "payload DESC")] == [3, 1]


def test_a_device_that_counts_wildly_cannot_fill_the_database(store: Store, bakery: Bakery) -> None:
    for start in range(0, GAPS_MAX + 100, 50):
        store(batch(*(passage(1 + 2 * number) for number in range(start, start + 50))))
    assert len(bakery.boot()["recorded"]) == GAPS_MAX + 1
    assert all(reason.startswith("seq: expected at most") for reason in bakery.reasons())
    # what closes a gap is still welcome
    assert store(batch(passage(2))).stored == 1


def test_a_second_boot_with_the_same_number_is_seen(store: Store, bakery: Bakery) -> None:
    store(batch(passage(1, at=NOON_MS - 5 * HOUR_MS, up=1000)))
    store(batch(passage(1, at=NOON_MS, up=1000)))
    assert bakery.reasons() == [
        "boot: expected a number that only grows, got one of an earlier start"
    ]
    assert bakery.sequences() == [1]
    assert bakery.boot()["boot"] == BOOT


def test_a_shop_that_changes_its_time_zone_has_its_hours_counted_again(
    store: Store, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    # half past ten at night in UTC: the same day in Berlin, the next one in Kolkata
    night = round(dt.datetime(2026, 11, 20, 22, 30, tzinfo=dt.UTC).timestamp() * 1000)
    store(batch(passage(1), passage(2, at=night)), at=dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
    upkeep.roll_up_footfall(jobs)
    # whose events were dropped with their month
    bakery.connection.execute(
        "INSERT INTO footfall_hour VALUES (%s, %s, '2020-01-10 06:00Z', '2020-01-10', 7, 3, 3, 0)",
        (bakery.shop_id, bakery.site_id),
    )
    assert hours(jobs, bakery) == [(13, 1, 0), (23, 1, 0)]

    bakery.connection.execute("UPDATE shop SET time_zone = 'Asia/Kolkata'")
    upkeep.count_footfall_again(jobs, bakery.shop_id)
    assert hours(jobs, bakery) == [(17, 1, 0)]
    assert hours(jobs, bakery, FRIDAY + dt.timedelta(days=1)) == [(4, 1, 0)]
    assert hours(jobs, bakery, dt.date(2020, 1, 10)) == [(11, 3, 3)]
