"""Commands to boards on a real broker and a real database: sent once, and the reply matched."""

import datetime as dt
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from cloud.app.domain.device_commands import NAMES
from cloud.app.ingest.handler import handle
from cloud.app.jobs.broker import Mosquitto
from cloud.app.settings import Settings
from cloud.app.store.device_commands import take_due_commands
from tests.ingest.conftest import Bakery, Row
from tests.ingest.messages import received, status
from tests.ingest.running import Board, Ingest
from tests.waiting import wait_until
from wire import messages
from wire.messages import encode

Ask = Callable[..., uuid.UUID]


@pytest.fixture
def ask(bakery: Bakery) -> Ask:
    """Ask a board something, as the API does."""

    def run(name: str = "identify", minutes: float = 15, device: str = "d-1") -> uuid.UUID:
        id_ = uuid.uuid4()
        bakery.connection.execute(
            "INSERT INTO device_command (shop_id, id, device_id, name, args, created_at,"
            " expires_at) VALUES (%s, %s, %s, %s, %s, clock_timestamp(),"
            " now() + %s * interval '1 minute')",
            (bakery.shop_id, id_, device, name, Jsonb({}), minutes),
        )
        return id_

    return run


def command(bakery: Bakery, id_: uuid.UUID) -> Row:
    (row,) = [row for row in bakery.rows("device_command") if row["id"] == id_]
    return row


def reply(id_: object, ok: int = 1, detail: str = "blinking for 10 s") -> bytes:
    payload: bytes = encode({"id": str(id_), "ok": ok, "detail": detail})
    return payload


def test_a_board_is_asked_and_its_reply_matched(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    ask: Ask,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as ingest:
        ingest.wait_until_connected()
        board.send(status(), "status")
        id_ = ask("identify")
        assert board.next_command() == {"id": str(id_), "name": "identify", "args": {}}
        board.send(reply(id_), "reply")
        wait_until(lambda: command(bakery, id_)["answered_at"] is not None, "the reply")
    found = command(bakery, id_)
    assert (found["is_ok"], found["detail"]) == (True, "blinking for 10 s")
    assert found["sent_at"] <= found["answered_at"]


def test_a_board_that_is_away_is_asked_when_it_comes_back(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    ask: Ask,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as ingest:
        ingest.wait_until_connected()
        id_ = ask("identify")
        stale = ask("reboot", minutes=-1)
        # a second board is asked meanwhile, so the worker has looked and left the first alone
        bakery.add_device("d-2")
        bakery.connection.execute("UPDATE device SET is_online = true WHERE id = 'd-2'")
        other = ask(device="d-2")
        wait_until(lambda: command(bakery, other)["sent_at"] is not None, "the other one sent")
        assert command(bakery, id_)["sent_at"] is None

        board.send(status(), "status")
        assert board.next_command()["id"] == str(id_)
        assert command(bakery, stale)["sent_at"] is None


def test_nothing_is_sent_twice_after_a_worker_was_killed(
    bakery: Bakery,
    ingest_settings: Settings,
    own_mosquitto: Mosquitto,
    board: Board,
    ask: Ask,
    tmp_path: Path,
) -> None:
    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as first:
        first.wait_until_connected()
        board.send(status(), "status")
        rebooted = ask("reboot")
        assert board.next_command()["id"] == str(rebooted)
        first.kill()

    with Ingest(ingest_settings, own_mosquitto.folder, tmp_path) as second:
        second.wait_until_connected()
        identified = ask("identify")
        # what was sent before is not sent again
        assert board.next_command()["id"] == str(identified)


def test_of_two_workers_one_takes_each_command(
    bakery: Bakery, ingest_connection: psycopg.Connection, ask: Ask, now: dt.datetime
) -> None:
    bakery.connection.execute("UPDATE device SET is_online = true")
    asked = [ask(name) for name in NAMES]
    now = dt.datetime.now(dt.UTC)
    with ingest_connection.transaction(), ingest_connection.cursor() as cursor:
        taken = take_due_commands(cursor, now)
        # while the first has not committed, the second leaves them alone
        with psycopg.connect(bakery.connection.info.dsn) as other:
            assert take_due_commands(other.cursor(), now) == []
    assert [due.id for due in taken] == asked
    assert [due.name for due in taken] == list(NAMES)
    assert take_due_commands(ingest_connection.cursor(), now) == []


def test_the_first_reply_counts_and_a_copy_changes_nothing(
    bakery: Bakery, ingest_connection: psycopg.Connection, ask: Ask, now: dt.datetime
) -> None:
    id_ = ask(minutes=-60)
    handle(ingest_connection, [received(reply(id_, 0, "args: expected others"), "reply")], now)
    handle(ingest_connection, [received(reply(id_), "reply")], now)
    found = command(bakery, id_)
    assert (found["is_ok"], found["detail"]) == (False, "args: expected others")
    assert bakery.reasons() == []


def test_a_reply_to_nothing_and_to_another_board_is_recorded(
    bakery: Bakery, ingest_connection: psycopg.Connection, ask: Ask, now: dt.datetime
) -> None:
    bakery.add_device("d-2")
    id_ = ask()
    replies = [received(reply(id_), "reply", device="d-2"), received(reply("7"), "reply")]
    assert handle(ingest_connection, replies, now).rejected == 2
    assert command(bakery, id_)["answered_at"] is None
    assert {row["shop_id"] for row in bakery.rows("rejected_message")} == {bakery.shop_id}
    assert "id: expected that of a command to this device, got '7'" in bakery.reasons()


def test_every_command_is_one_that_wire_knows() -> None:
    for name in NAMES:
        assert messages.decode_command(encode({"id": "c-1", "name": name, "args": {}}))
