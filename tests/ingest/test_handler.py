"""What a batch of messages does to the database, on a real one."""

import datetime as dt
import threading
from collections.abc import Callable

import psycopg
import pytest

from cloud.app.ingest.decode import Received
from cloud.app.ingest.handler import Outcome, handle
from cloud.app.settings import Settings
from cloud.app.store.direct import direct_connection
from cloud.app.store.roles import INGEST
from tests.ingest.conftest import Bakery
from tests.ingest.messages import BOOT, NOON_MS, batch, door, passage, received, status

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE_MS = 60_000

Handle = Callable[..., Outcome]


@pytest.fixture
def store(bakery: Bakery, ingest_connection: psycopg.Connection, now: dt.datetime) -> Handle:
    """Handle messages in one batch, at noon unless told otherwise."""

    def run(*messages: Received | bytes, at: dt.datetime = now) -> Outcome:
        batch = [m if isinstance(m, Received) else received(m) for m in messages]
        return handle(ingest_connection, batch, at)

    return run


# events


def test_an_event_is_stored_with_everything_it_says(store: Handle, bakery: Bakery) -> None:
    outcome = store(batch(door(1) | {"battery_mv": 3012}))

    (event,) = bakery.rows("event")
    assert event["kind"] == "door"
    assert event["body"] == {"open": 1, "battery_mv": 3012}
    assert (event["occurred_at"], event["time_source"]) == (NOON, "device")
    assert (event["shop_id"], event["site_id"]) == (bakery.shop_id, bakery.site_id)
    assert outcome.committed == {("d-1", BOOT): 1}


def test_a_repeated_event_is_stored_once_and_its_position_told_again(
    store: Handle, bakery: Bakery
) -> None:
    store(batch(passage(1), passage(2)))
    again = store(batch(passage(1), passage(2)))

    assert bakery.sequences() == [1, 2]
    assert bakery.site()["entries"] == 2
    assert (again.stored, again.duplicates, again.committed) == (0, 2, {("d-1", BOOT): 2})


def test_a_repeated_event_within_one_batch_is_stored_once(store: Handle, bakery: Bakery) -> None:
    store(batch(passage(1)), batch(passage(1)))
    assert bakery.sequences() == [1]


def test_the_same_numbers_of_two_boots_are_different_events(store: Handle, bakery: Bakery) -> None:
    store(batch(passage(1)), batch(passage(1), boot=BOOT + 1))
    assert bakery.site()["entries"] == 2


def test_the_position_stops_at_a_gap_and_moves_on_when_it_is_filled(
    store: Handle, bakery: Bakery
) -> None:
    first = store(batch(passage(1), passage(2), passage(5)))
    then = store(batch(passage(3), passage(4)))

    assert first.committed == {("d-1", BOOT): 2}
    assert then.committed == {("d-1", BOOT): 5}
    assert bakery.boot()["lost"] == 0


def test_what_a_device_had_to_drop_is_counted_exactly(store: Handle, bakery: Bakery) -> None:
    store(batch(passage(1), passage(2)))
    outcome = store(batch(passage(15), oldest=15))

    boot = bakery.boot()
    assert (boot["lost"], boot["committed_sequence"], boot["highest_sequence"]) == (12, 15, 15)
    assert outcome.committed == {("d-1", BOOT): 15}


def test_an_overtaken_message_makes_good_for_what_seemed_lost(
    store: Handle, bakery: Bakery
) -> None:
    store(batch(passage(4), oldest=4))
    assert bakery.boot()["lost"] == 3
    store(batch(passage(1), passage(2), passage(3)))
    assert bakery.boot()["lost"] == 0
    assert bakery.sequences() == [1, 2, 3, 4]


# what can never succeed


def test_a_malformed_payload_is_recorded_with_its_reason(store: Handle, bakery: Bakery) -> None:
    store(b"\xff\xfe", batch(passage(1)))

    (rejected,) = bakery.rows("rejected_message")
    assert rejected["payload"] == b"\xff\xfe"
    assert rejected["reason"] == "payload: expected a JSON object in UTF-8, got something else"
    assert rejected["shop_id"] == bakery.shop_id
    assert bakery.sequences() == [1]


def test_a_rejected_event_is_recorded_once_and_counts_as_committed(
    store: Handle, bakery: Bakery
) -> None:
    message = batch(passage(1), {"seq": 2, "up": 5, "at": None, "kind": "teapot"}, passage(3))
    outcome = store(message)
    store(message)

    assert outcome.committed == {("d-1", BOOT): 3}
    (rejected,) = bakery.rows("rejected_message")
    assert (rejected["boot"], rejected["sequence"]) == (BOOT, 2)
    assert rejected["reason"].startswith("kind: expected one of")
    assert bakery.boot()["lost"] == 0


def test_an_event_whose_number_cannot_be_read_is_recorded(store: Handle, bakery: Bakery) -> None:
    outcome = store(batch(passage(1), {"seq": "two"}))
    assert len(bakery.reasons()) == 1
    assert outcome.committed == {("d-1", BOOT): 1}


def test_an_unknown_device_is_recorded_and_gets_no_position(store: Handle, bakery: Bakery) -> None:
    outcome = store(received(batch(passage(1)), device="d-unknown"))
    assert bakery.reasons() == ["device: expected a registered one, got an unknown id"]
    assert outcome.committed == {}


def test_a_revoked_device_is_recorded_for_its_shop(store: Handle, bakery: Bakery) -> None:
    bakery.connection.execute("UPDATE device SET revoked_at = now()")
    store(batch(passage(1)))
    (rejected,) = bakery.rows("rejected_message")
    assert rejected["reason"] == "device: expected a working credential, got a revoked one"
    assert rejected["shop_id"] == bakery.shop_id
    assert bakery.sequences() == []


@pytest.mark.parametrize(
    "topic",
    ["shopbell/1/d-1/ack", "shopbell/2/d-1/event", "shopbell/1/d-1/event/x", "", "a\0b"],
)
def test_a_forged_topic_is_recorded(store: Handle, bakery: Bakery, topic: str) -> None:
    store(Received(topic, batch(passage(1))))
    assert len(bakery.reasons()) == 1
    assert bakery.sequences() == []


def test_what_the_database_refuses_does_not_spoil_the_others(store: Handle, bakery: Bakery) -> None:
    # PostgreSQL keeps no NUL in a JSON text
    poison = batch(passage(2) | {"note": "\0"})
    outcome = store(batch(passage(1)), poison, batch(passage(3)), batch(passage(4)))

    assert bakery.sequences() == [1, 3, 4]
    assert (outcome.stored, outcome.rejected) == (3, 1)
    assert bakery.reasons()[0].startswith("database: ")


def test_a_mistake_of_ours_does_not_stop_the_others(
    store: Handle, bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cloud.app.ingest import handler

    real = handler.date_event

    def broken(at_ms: int | None, up_ms: int, *rest: int) -> object:
        if up_ms == 13:
            raise ZeroDivisionError
        return real(at_ms, up_ms, *rest)

    monkeypatch.setattr(handler, "date_event", broken)
    store(batch(passage(1)), batch(passage(2, up=13)), batch(passage(3)))

    assert bakery.sequences() == [1, 3]
    assert bakery.reasons() == ["internal error: ZeroDivisionError"]


def test_a_database_that_is_away_stores_nothing_and_says_so(
    bakery: Bakery, ingest_connection: psycopg.Connection, now: dt.datetime
) -> None:
    ingest_connection.close()
    with pytest.raises(psycopg.OperationalError):
        handle(ingest_connection, [received(b"bad"), received(batch(passage(1)))], now)
    assert bakery.reasons() == []


# time


def test_events_without_a_clock_are_dated_when_it_becomes_known(
    store: Handle, bakery: Bakery
) -> None:
    store(batch(door(1, at=None, up=10_000)), at=NOON)
    assert bakery.rows("event")[0]["time_source"] == "received"

    later = NOON + dt.timedelta(minutes=10)
    # noon on the device's clock is 70 s after its start: the door opened at 11:59:00
    store(batch(passage(2, at=NOON_MS, up=70_000)), at=later)

    first = bakery.rows("event", "sequence")[0]
    assert first["occurred_at"] == NOON - dt.timedelta(seconds=60)
    assert first["time_source"] == "boot"
    assert bakery.site()["door_changed_at"] == first["occurred_at"]


def test_a_heartbeat_tells_the_clock_as_well(store: Handle, bakery: Bakery) -> None:
    store(received(status(up=70_000), "status"))
    store(batch(door(1, at=None, up=10_000)), at=NOON + dt.timedelta(minutes=10))
    (event,) = bakery.rows("event")
    assert event["occurred_at"] == NOON - dt.timedelta(seconds=60)


def test_an_event_from_the_future_is_dated_as_received(store: Handle, bakery: Bakery) -> None:
    store(batch(door(1, at=NOON_MS + 60 * MINUTE_MS)))
    (event,) = bakery.rows("event")
    assert (event["occurred_at"], event["time_source"]) == (NOON, "received")


# live state


def test_the_live_state_follows_the_newest_event_in_any_order(
    store: Handle, bakery: Bakery
) -> None:
    store(batch(door(3, is_open=0, at=NOON_MS - 1 * MINUTE_MS)))
    store(batch(door(2, is_open=1, at=NOON_MS - 2 * MINUTE_MS)))
    site = bakery.site()
    assert (site["is_open"], site["door_changed_at"]) == (False, NOON - dt.timedelta(minutes=1))
    assert bakery.sequences() == [2, 3]


def test_zeroing_counts_again_from_its_moment(store: Handle, bakery: Bakery) -> None:
    zeroed = {"seq": 3, "up": 1, "at": NOON_MS - 5 * MINUTE_MS, "kind": "zeroed", "count": 1}
    # the zeroing is overtaken by the passage after it
    store(batch(passage(1, at=NOON_MS - 9 * MINUTE_MS), passage(4, at=NOON_MS - 1 * MINUTE_MS)))
    assert bakery.site()["entries"] == 2
    store(batch(zeroed))
    assert bakery.site()["entries"] == 1
    store(batch(passage(2, at=NOON_MS - 8 * MINUTE_MS)))
    assert bakery.site()["entries"] == 1


def test_listeners_are_told_after_the_commit(store: Handle, bakery: Bakery) -> None:
    bakery.connection.execute("LISTEN live")
    store(batch(door(1)))
    told = [notice.payload for notice in bakery.connection.notifies(timeout=2, stop_after=1)]
    assert told == [str(bakery.shop_id)]


def test_motion_is_history_and_wakes_nobody(store: Handle, bakery: Bakery) -> None:
    bakery.connection.execute("LISTEN live")
    store(batch({"seq": 1, "up": 5, "at": NOON_MS, "kind": "motion", "active": 1}))
    # the answer of a query brings every notice that was sent before it
    assert bakery.sequences() == [1]
    assert list(bakery.connection.notifies(timeout=0)) == []


# status


def test_birth_and_will_tell_of_the_device_and_never_of_the_shop(
    store: Handle, bakery: Bakery
) -> None:
    store(batch(door(1)), received(status(), "status"))
    device = bakery.device()
    assert device["is_online"] is True
    assert device["status"]["firmware"] == "0.1.0"
    assert device["seen_at"] == NOON
    before = bakery.site()

    store(received(status("offline"), "status"), at=NOON + dt.timedelta(minutes=1))

    device = bakery.device()
    assert device["is_online"] is False
    assert device["status"]["firmware"] == "0.1.0"
    assert device["seen_at"] == NOON
    unchanged = {name: value for name, value in bakery.site().items() if name != "version"}
    assert unchanged == {name: value for name, value in before.items() if name != "version"}
    assert bakery.site()["version"] == before["version"] + 1


def test_the_will_of_an_earlier_boot_is_ignored(store: Handle, bakery: Bakery) -> None:
    store(received(status(boot=BOOT + 1), "status"))
    store(received(status("offline", boot=BOOT), "status"))
    assert bakery.device()["is_online"] is True


def test_what_the_broker_had_kept_is_no_sign_of_life(store: Handle, bakery: Bakery) -> None:
    kept = received(status(), "status")
    kept.is_retained = True
    store(kept)
    device = bakery.device()
    assert (device["is_online"], device["seen_at"]) == (True, None)


def test_events_are_a_sign_of_life(store: Handle, bakery: Bakery) -> None:
    store(batch(passage(1)))
    assert bakery.device()["seen_at"] == NOON


def test_a_bad_reply_is_recorded(store: Handle, bakery: Bakery) -> None:
    store(received(b'{"id":"7"}', "reply"))
    assert bakery.reasons() == ["ok: expected a value, got none"]


# side by side


def test_workers_side_by_side_neither_lose_nor_double(
    bakery: Bakery, ingest_settings: Settings, now: dt.datetime
) -> None:
    devices = ["d-1", *(bakery.add_device(f"d-{number}") for number in range(2, 6))]
    messages = [
        received(batch(passage(number), passage(number + 1)), device=device)
        for number in range(1, 40)
        for device in devices
    ]
    failures: list[Exception] = []

    def work(mine: list[Received]) -> None:
        try:
            with direct_connection(ingest_settings, INGEST) as connection:
                for start in range(0, len(mine), 7):
                    handle(connection, mine[start : start + 7], now)
        except Exception as error:
            failures.append(error)

    # each message goes to both, as when one replaces the other, and in different orders
    threads = [threading.Thread(target=work, args=(m,)) for m in (messages, messages[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert bakery.sequences() == list(range(1, 41)) * 5
    assert bakery.site()["entries"] == 200
    assert [row["committed_sequence"] for row in bakery.rows("device_boot")] == [40] * 5
