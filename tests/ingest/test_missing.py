"""What a device has lost, as its owner sees it: exact over all boots."""

import datetime as dt

import psycopg
import pytest
from sqlalchemy.orm import Session

from cloud.app.domain.sequence import EventCounts
from cloud.app.ingest.decode import Received
from cloud.app.ingest.handler import handle
from cloud.app.settings import Settings
from cloud.app.store.connection import engine_for
from cloud.app.store.device_queries import devices_with_counts
from cloud.app.store.roles import APP, act_for
from tests.ingest.conftest import Bakery
from tests.ingest.messages import BOOT, batch, passage, received, status

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def test_twelve_of_4310_events_are_missing(
    bakery: Bakery, ingest_connection: psycopg.Connection, ingest_settings: Settings
) -> None:
    def send(first: int, last: int, boot: int = BOOT, oldest: int = 1) -> None:
        batches = [
            received(
                batch(*map(passage, range(at, min(at + 64, last + 1))), boot=boot, oldest=oldest)
            )
            for at in range(first, last + 1, 64)
        ]
        handle(ingest_connection, batches, NOON)

    send(1, 300)
    # twelve were dropped while the link was down, two were overtaken, and one is of no use
    send(313, 1000, oldest=313)
    send(1003, 1300, oldest=313)
    send(1, 3010 - 1, boot=BOOT + 1)
    useless = batch({"seq": 3010, "up": 1, "at": None, "kind": "teapot"}, boot=BOOT + 1)
    handle(ingest_connection, [received(useless)], NOON)

    counts = counted(bakery, ingest_settings)
    assert counts == EventCounts(known=4310, stored=4295, rejected=1, lost=12)
    assert (counts.awaited, counts.sentence) == (2, "12 of 4,310 events missing")
    assert len(bakery.sequences()) == counts.stored


def test_a_boot_of_which_nothing_will_come_is_settled_once(
    bakery: Bakery, ingest_connection: psycopg.Connection, ingest_settings: Settings
) -> None:
    earlier, unheard = BOOT - 2, BOOT - 1

    def send(payload: bytes, channel: str = "event") -> dict[tuple[str, int], int]:
        return handle(ingest_connection, [received(payload, channel)], NOON).committed

    send(batch(passage(1), passage(2), passage(5), boot=earlier))
    told = status(gone=[[earlier, 9], [unheard, 4]])
    for _ in range(2):
        assert send(told, "status") == {("d-1", earlier): 9, ("d-1", unheard): 4}
        assert counted(bakery, ingest_settings) == EventCounts(known=13, stored=3, lost=10)

    # an older message arrives late, and says less; and so does an event that seemed lost
    send(status(up=5, gone=[[earlier, 7]]), "status")
    assert counted(bakery, ingest_settings).lost == 10
    assert send(batch(passage(3), boot=earlier)) == {("d-1", earlier): 9}
    counts = counted(bakery, ingest_settings)
    assert counts == EventCounts(known=13, stored=4, lost=9)
    assert (counts.awaited, counts.sentence) == (0, "9 of 13 events missing")


def test_a_loss_is_settled_together_with_what_is_still_under_way(
    bakery: Bakery, ingest_connection: psycopg.Connection, ingest_settings: Settings
) -> None:
    told = received(status(gone=[[BOOT - 1, 4]]), "status")
    late = received(batch(passage(1), passage(6), boot=BOOT - 1))
    outcome = handle(ingest_connection, [told, late, told], NOON)
    assert outcome.committed == {("d-1", BOOT - 1): 6}
    assert counted(bakery, ingest_settings) == EventCounts(known=6, stored=2, lost=4)


def test_gaps_of_boots_that_a_board_holds_no_more_are_lost(
    bakery: Bakery, ingest_connection: psycopg.Connection, ingest_settings: Settings
) -> None:
    over, held = BOOT - 3, BOOT - 1

    def send(*messages: Received) -> dict[tuple[str, int], int]:
        return handle(ingest_connection, messages, NOON).committed

    # a broker that lost its queue took the first message of each boot
    for boot in (over, held, BOOT):
        send(received(batch(passage(3), passage(5), boot=boot)))
    assert counted(bakery, ingest_settings).sentence == "9 of 15 events on their way"

    told = received(status(oldest_boot=held), "status")
    assert send(told) == {("d-1", over): 5}
    assert send(told) == {}
    assert counted(bakery, ingest_settings) == EventCounts(known=15, stored=6, lost=3)

    # the rest of the other one arrives, and then nothing is held of it
    send(received(batch(passage(1), passage(2), boot=held)))
    assert send(received(status(up=90_000, oldest_boot=BOOT), "status")) == {("d-1", held): 5}
    counts = counted(bakery, ingest_settings)
    assert (counts.lost, counts.awaited) == (4, 3)


@pytest.mark.parametrize(
    "gone",
    [
        [[BOOT, 5]],
        [[BOOT + 1, 5]],
        [[2**64, 5]],
        [[-1, 5]],
        [[1, 2**31]],
        [[1, 0]],
        [[1, 1.5]],
        [["1", 5]],
        [[1, True]],
        [[1]],
        [[1, 2, 3]],
        [[n, 1] for n in range(9)],
        {"1": 5},
        "1,5",
        [[[1, 5]]],
    ],
    ids=str,
)
def test_a_loss_that_cannot_be_is_rejected_and_settles_nothing(
    bakery: Bakery, ingest_connection: psycopg.Connection, gone: object
) -> None:
    outcome = handle(ingest_connection, [received(status(gone=gone), "status")], NOON)
    assert (outcome.committed, outcome.rejected) == ({}, 1)
    assert [row["lost"] for row in bakery.rows("device_boot")] == []
    assert bakery.reasons()[0].startswith("gone: expected ")


def test_losses_as_large_as_numbers_get_are_counted(
    bakery: Bakery, ingest_connection: psycopg.Connection, ingest_settings: Settings
) -> None:
    most = 2**31 - 1
    told = status(gone=[[boot, most] for boot in range(8)])
    outcome = handle(ingest_connection, [received(told, "status")], NOON)
    assert len(outcome.committed) == 8
    assert counted(bakery, ingest_settings).lost == 8 * (most - 1)


def test_the_last_will_and_strangers_settle_nothing(
    bakery: Bakery, ingest_connection: psycopg.Connection
) -> None:
    gone = [[BOOT - 1, 5]]
    will = received(status("offline", gone=gone), "status")
    stranger = received(status(gone=gone), "status", device="d-unknown")
    assert handle(ingest_connection, [will, stranger], NOON).committed == {}
    assert bakery.rows("device_boot") == []


def counted(bakery: Bakery, settings: Settings) -> EventCounts:
    engine = engine_for(settings, APP)
    with Session(engine) as session:
        act_for(session, shop_id=bakery.shop_id)
        (row,) = devices_with_counts(session, bakery.shop_id)
    engine.dispose()
    return EventCounts(int(row.known), int(row.stored), int(row.rejected), int(row.lost))
