"""A worker whose database is slower than its broker takes in only so much; the broker keeps the
rest."""

from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY

from cloud.app.ingest import worker
from cloud.app.ingest.decode import Received
from cloud.app.ingest.worker import Link
from cloud.app.jobs.broker import Mosquitto
from cloud.app.settings import Settings
from tests.ingest.messages import batch, passage
from tests.ingest.running import Board, settings_with
from tests.waiting import wait_until

QUEUE_MAX = 10
SENT = 60


@pytest.fixture
def slow_link(
    ingest_settings: Settings, own_mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Link]:
    """A worker's link that takes in little, and from which one message is taken at a time."""
    monkeypatch.setattr(worker, "QUEUE_MAX_MESSAGES", QUEUE_MAX)
    monkeypatch.setattr(worker, "BATCH_MAX_MESSAGES", 1)
    link = Link(settings_with(ingest_settings, own_mosquitto.folder), 0, is_shared=False)
    link.open()
    wait_until(lambda: gauge("shopbell_ingest_broker_up") == 1, "the link to the broker")
    yield link
    link.close()


def test_a_full_queue_stops_the_reading_and_every_message_comes_once_and_in_order(
    board: Board, slow_link: Link
) -> None:
    sent = [batch(passage(number)) for number in range(1, SENT + 1)]
    for payload in sent:
        board.send(payload)

    taken: list[Received] = []
    for left in range(SENT, 0, -1):
        wait_until(lambda left=left: waiting() >= min(left, QUEUE_MAX), "the queue to fill")
        assert waiting() <= QUEUE_MAX
        taken += slow_link.take()

    assert [received.payload for received in taken] == sent


def test_a_link_with_a_full_queue_can_be_closed(board: Board, slow_link: Link) -> None:
    for number in range(1, 3 * QUEUE_MAX):
        board.send(batch(passage(number)))
    wait_until(lambda: waiting() == QUEUE_MAX, "the queue to fill")

    slow_link.close()

    assert waiting() == 0


def gauge(name: str) -> float | None:
    return REGISTRY.get_sample_value(name)


def waiting() -> float:
    return gauge("shopbell_ingest_waiting_messages") or 0
