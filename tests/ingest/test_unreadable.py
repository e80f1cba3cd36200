"""Batches that nobody can read: kept whole, told to the device, and handled again after a fix."""

import datetime as dt
from collections.abc import Callable

import psycopg
import pytest

from cloud.app.ingest.decode import Received
from cloud.app.ingest.handler import Outcome, handle
from cloud.app.ingest.replay import Replayed, replay_rejected
from tests.ingest.conftest import Bakery
from tests.ingest.messages import BOOT, batch, door, passage, received, status

Handle = Callable[..., Outcome]


@pytest.fixture
def store(bakery: Bakery, ingest_connection: psycopg.Connection, now: dt.datetime) -> Handle:
    def run(*messages: Received | bytes) -> Outcome:
        sent = [m if isinstance(m, Received) else received(m) for m in messages]
        return handle(ingest_connection, sent, now)

    return run


def torn(payload: bytes) -> bytes:
    """A batch in which one record is no JSON."""
    return payload.replace(b'"kind"', b'"kind', 1)


def test_a_device_is_told_of_a_batch_that_nobody_can_read(store: Handle, bakery: Bakery) -> None:
    store(batch(passage(1)))
    unreadable = torn(batch(passage(2), passage(3)))

    assert store(unreadable).committed == {("d-1", BOOT): 3}
    # so the board goes on with what follows
    assert store(batch(passage(4))).committed == {("d-1", BOOT): 4}

    (kept,) = bakery.rows("rejected_message")
    assert kept["payload"] == unreadable
    assert bakery.sequences() == [1, 4]
    boot = bakery.boot()
    assert (boot["rejected"], boot["lost"], boot["highest_sequence"]) == (2, 0, 4)


def test_the_same_unreadable_batch_again_is_answered_and_counted(
    store: Handle, bakery: Bakery
) -> None:
    store(received(status(), "status"))
    for _ in range(3):
        assert store(torn(batch(passage(1), passage(2)))).committed == {("d-1", BOOT): 2}
    (kept,) = bakery.rows("rejected_message")
    assert kept["times"] == 3
    assert bakery.boot()["rejected"] == 2


def test_an_unreadable_batch_is_stored_after_it_was_mended(
    store: Handle, bakery: Bakery, ingest_connection: psycopg.Connection
) -> None:
    store(batch(door(1)))
    good = batch(passage(2), passage(3))
    store(torn(good))
    assert replay_rejected(ingest_connection) == Replayed(1, 0)

    bakery.connection.execute("UPDATE rejected_message SET payload = %s", (good,))
    assert replay_rejected(ingest_connection) == Replayed(1, 1)
    assert bakery.sequences() == [1, 2, 3]
    assert bakery.boot()["rejected"] == 0


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b'{"boot":7}',
        # of a boot that nobody has heard of
        torn(batch(passage(1), boot=BOOT + 1)),
        # numbers that do not ascend are not those of a batch
        torn(batch(passage(2), passage(1))),
        torn(batch(passage(2), passage(2))),
        torn(batch(passage(2**31 - 1) | {"seq": 2**31})),
    ],
)
def test_what_does_not_even_tell_its_numbers_moves_no_position(
    store: Handle, bakery: Bakery, payload: bytes
) -> None:
    store(received(status(), "status"))
    outcome = store(payload)
    assert (outcome.committed, outcome.rejected) == ({}, 1)
    assert bakery.boot()["highest_sequence"] == 0


def test_numbers_on_another_channel_move_no_position(store: Handle, bakery: Bakery) -> None:
    store(batch(passage(1)))
    outcome = store(received(torn(batch(passage(2))), "status"))
    assert (outcome.committed, outcome.rejected) == ({}, 1)


def test_of_a_batch_with_poison_only_the_poison_is_rejected(store: Handle, bakery: Bakery) -> None:
    # PostgreSQL keeps no NUL in a JSON text
    outcome = store(batch(passage(1), passage(2) | {"note": "\0"}, passage(3)))
    assert bakery.sequences() == [1, 3]
    assert outcome.committed == {("d-1", BOOT): 3}
    assert (outcome.stored, outcome.rejected, bakery.boot()["rejected"]) == (2, 1, 1)


def test_the_position_never_passes_what_is_neither_stored_nor_kept(
    store: Handle, bakery: Bakery
) -> None:
    store(batch(passage(1)))
    assert store(torn(batch(passage(5), passage(6)))).committed == {("d-1", BOOT): 1}
    assert store(batch(passage(2), passage(3), passage(4))).committed == {("d-1", BOOT): 6}
