"""The worker on a real broker and a real database, killed and starved."""

import re
import signal
from pathlib import Path

from cloud.app.jobs.broker import Mosquitto
from cloud.app.settings import Settings
from tests.ingest.conftest import Bakery
from tests.ingest.messages import BOOT, batch, door, passage, status
from tests.ingest.running import Board, Ingest
from tests.waiting import wait_until


def test_an_event_reaches_the_database_and_the_device_is_told(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as ingest:
        ingest.wait_until_connected()
        board.send(batch(door(1), passage(2)))
        board.wait_for_ack(BOOT, 2)

        assert bakery.sequences() == [1, 2]
        assert bakery.site()["is_open"] is True
        assert ingest.stop() == 0


def test_a_worker_killed_before_the_commit_is_replaced_without_loss(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as first:
        first.wait_until_connected()
        board.send(batch(passage(1)))
        board.wait_for_ack(BOOT, 1)
        with bakery.held():
            board.send(batch(passage(2)))
            wait_until(bakery.is_waited_for, "the worker to wait for the row")
            first.kill()

    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path):
        board.wait_for_ack(BOOT, 2)
    assert bakery.sequences() == [1, 2]
    assert bakery.site()["entries"] == 2


def test_a_worker_killed_between_commit_and_acknowledgement_doubles_nothing(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as first:
        first.wait_until_connected()
        board.send(batch(passage(1)))
        board.wait_for_ack(BOOT, 1)
        with bakery.held():
            board.send(batch(passage(2)))
            wait_until(bakery.is_waited_for, "the worker to wait for the row")
            # from here on the broker hears nothing, and remembers an unacknowledged message
            save_sessions(own_mosquitto)
            own_mosquitto.send(signal.SIGSTOP)
        wait_until(lambda: bakery.sequences() == [1, 2], "the event in the database")
        first.kill()
        own_mosquitto.kill()
    own_mosquitto.start()

    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path):
        board.wait_for_ack(BOOT, 2)
    assert bakery.sequences() == [1, 2]
    assert bakery.site()["entries"] == 2


def test_what_is_sent_while_no_worker_runs_is_kept_by_the_broker(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as first:
        first.wait_until_connected()
        board.send(batch(passage(1)))
        board.wait_for_ack(BOOT, 1)
        assert first.stop() == 0
    for number in range(2, 51):
        board.send(batch(passage(number)))

    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path):
        board.wait_for_ack(BOOT, 50)
    assert bakery.sequences() == list(range(1, 51))


def test_a_second_process_stands_by_and_takes_over(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    folder = own_mosquitto.folder
    with Ingest(ingest_settings, folder, tmp_path) as first:
        first.wait_until_connected()
        with Ingest(ingest_settings, folder, tmp_path) as second:
            second.wait_for_log("standing by")
            board.send(batch(passage(1)))
            board.wait_for_ack(BOOT, 1)
            assert "connected to the broker" not in second.log()
            first.kill()
            second.wait_until_connected()
            board.send(batch(passage(2)))
            board.wait_for_ack(BOOT, 2)
    assert bakery.sequences() == [1, 2]


def test_two_workers_share_the_devices(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    folder = own_mosquitto.folder
    with (
        Ingest(ingest_settings, folder, tmp_path, "--number", "0", "--workers", "2") as one,
        Ingest(ingest_settings, folder, tmp_path, "--number", "1", "--workers", "2") as other,
    ):
        one.wait_until_connected()
        other.wait_until_connected()
        for number in range(1, 101):
            board.send(batch(passage(number)))
        board.wait_for_ack(BOOT, 100)
    assert bakery.sequences() == list(range(1, 101))
    assert bakery.site()["entries"] == 100


def test_one_worker_alone_ends_the_sessions_of_former_ones(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    folder = own_mosquitto.folder
    with (
        Ingest(ingest_settings, folder, tmp_path, "--number", "0", "--workers", "2") as one,
        Ingest(ingest_settings, folder, tmp_path, "--number", "1", "--workers", "2") as other,
    ):
        one.wait_until_connected()
        other.wait_until_connected()
    assert kept_sessions(own_mosquitto) == {b"shopbell-ingest-0", b"shopbell-ingest-1"}
    with Ingest(ingest_settings, folder, tmp_path):
        wait_until(
            lambda: kept_sessions(own_mosquitto) == {b"shopbell-ingest-0"},
            "the former worker's session to end",
        )
        # before that it may go to the other session, and a board would have to send it again
        board.send(batch(passage(1)))
        board.wait_for_ack(BOOT, 1)
    assert bakery.sequences() == [1]


def test_a_broker_that_goes_and_comes_back_is_reported_once_and_loses_nothing(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as ingest:
        ingest.wait_until_connected()
        board.send(batch(passage(1)))
        board.wait_for_ack(BOOT, 1)
        own_mosquitto.stop()
        ingest.wait_for_log("the broker is away")
        own_mosquitto.start()
        ingest.wait_for_log("connected to the broker", times=2)
        board.send(batch(passage(2)))
        board.wait_for_ack(BOOT, 2)
        assert ingest.log().count("the broker is away") == 1
    assert bakery.sequences() == [1, 2]


def test_database_and_broker_that_go_and_come_back_are_reported_once_and_lose_nothing(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as ingest:
        ingest.wait_until_connected()
        board.send(batch(passage(1)))
        board.wait_for_ack(BOOT, 1)
        with bakery.closed_to_others():
            for number in range(2, 6):
                board.send(batch(passage(number)))
            ingest.wait_for_log("the database is away")
            # and now the broker as well
            own_mosquitto.stop()
            ingest.wait_for_log("the broker is away")
            own_mosquitto.start()
            ingest.wait_for_log("connected to the broker", times=2)
            assert bakery.sequences() == [1]
        board.wait_for_ack(BOOT, 5)
        for said in ("the database is away", "the database is back", "the broker is away"):
            assert ingest.log().count(said) == 1
    assert bakery.sequences() == [1, 2, 3, 4, 5]


def test_a_bad_message_neither_stops_the_worker_nor_comes_again(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as first:
        first.wait_until_connected()
        for bad in (b"", b"{", b"\xff", b"[" * 5000, batch(passage(9) | {"note": "\0"})):
            board.send(bad)
        board.send(batch(passage(1)))
        board.wait_for_ack(BOOT, 1)
        assert first.stop() == 0
    assert len(bakery.reasons()) == 5

    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path):
        board.send(batch(passage(2)))
        board.wait_for_ack(BOOT, 2)
    assert len(bakery.reasons()) == 5


def test_a_lost_connection_makes_the_last_will_speak_of_the_device_only(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as ingest:
        ingest.wait_until_connected()
        board.send(status(), "status")
        board.send(batch(door(1)))
        board.wait_for_ack(BOOT, 1)
        wait_until(lambda: bakery.device()["is_online"], "the device online")
        board.vanish()
        wait_until(lambda: not bakery.device()["is_online"], "the device offline")
    assert bakery.site()["is_open"] is True


def save_sessions(server: Mosquitto) -> None:
    """Make the broker write down which messages are not acknowledged."""
    file = server.folder.path / "mosquitto.db"
    before = file.stat().st_mtime_ns if file.exists() else 0
    server.send(signal.SIGUSR1)
    wait_until(lambda: file.exists() and file.stat().st_mtime_ns > before, "the sessions saved")


def kept_sessions(server: Mosquitto) -> set[bytes]:
    """The workers' sessions that the broker has written down."""
    save_sessions(server)
    return set(
        re.findall(rb"shopbell-ingest-\d+", (server.folder.path / "mosquitto.db").read_bytes())
    )
