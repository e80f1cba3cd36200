"""A device that tries what is not its own: refused, and its owner sees it."""

import datetime as dt
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy.orm import Session

from cloud.app.ingest.replay import replay_rejected
from cloud.app.jobs.broker import BrokerFolder, prepare, wait_until_ready
from cloud.app.services.broker import create_client
from cloud.app.services.live import live_state
from cloud.app.settings import Settings
from cloud.app.store.connection import engine_for
from cloud.app.store.direct import direct_connection
from cloud.app.store.roles import APP, INGEST, act_for
from simulators.ports import spare_port
from tests.broker.clients import Visitor
from tests.ingest.conftest import Bakery
from tests.ingest.messages import batch, passage
from tests.ingest.running import Ingest, settings_with
from tests.waiting import WITHIN_S, wait_until


@pytest.fixture
def folder(tmp_path: Path) -> BrokerFolder:
    """The folder of a broker."""
    found = BrokerFolder(tmp_path / "broker", spare_port())
    prepare(found)
    return found


@pytest.fixture(autouse=True)
def process(folder: BrokerFolder) -> Iterator[subprocess.Popen[bytes]]:
    """The broker as it is run in production: `shopbell broker run`."""
    options = ["broker", "run", "--folder", str(folder.path), "--port", str(folder.port)]
    with (folder.path / "mosquitto.log").open("wb") as log:
        found = subprocess.Popen(
            [sys.executable, "-c", "import shopbell; shopbell.main()", *options],
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_ready(folder, found)
        yield found
    finally:
        found.send_signal(signal.SIGTERM)
        # Mosquitto listens a moment before it hears signals
        assert found.wait(timeout=WITHIN_S) in (0, -signal.SIGTERM)


def test_a_board_that_uses_another_s_channel_is_refused_and_its_owner_sees_it(
    bakery: Bakery, ingest_settings: Settings, folder: BrokerFolder, tmp_path: Path
) -> None:
    bakery.add_device("d-2")
    password = create_client(settings_with(ingest_settings, folder), "d-1")
    with Ingest(ingest_settings, folder, tmp_path) as ingest:
        ingest.wait_until_connected()
        with Visitor(folder, "d-1", password) as board:
            board.publish("shopbell/1/d-2/event", batch(passage(1)))
            board.publish("shopbell/1/d-2/event", batch(passage(1)))
            assert not board.may_subscribe("shopbell/1/d-2/command")
            wait_until(lambda: len(bakery.rows("rejected_message")) == 2, "both refusals")
            wait_until(
                lambda: sum(row["times"] for row in bakery.rows("rejected_message")) == 3,
                "all tries",
            )
    assert bakery.sequences() == []
    assert set(bakery.reasons()) == {
        "topic: expected one of this device, got 'shopbell/1/d-2/event'",
        "topic: expected one of this device, got 'shopbell/1/d-2/command'",
    }
    assert conditions(ingest_settings, bakery) == {
        "d-1": ("trespassing", "Refused 3 times in the last day: it tried to use"),
        "d-2": ("new", "Never heard of: check its power and its Wi-Fi."),
    }
    with direct_connection(ingest_settings, INGEST) as connection:
        assert replay_rejected(connection).tried == 0


def conditions(settings: Settings, bakery: Bakery) -> dict[str, tuple[str, str]]:
    """Return what the owner sees of each board: the condition, and how the advice begins."""
    engine = engine_for(settings, APP)
    with Session(engine) as session:
        act_for(session, shop_id=bakery.shop_id)
        state = live_state(session, bakery.shop_id, dt.datetime.now(dt.UTC))
    engine.dispose()
    devices = state["devices"]
    assert isinstance(devices, list)
    return {d["id"]: (d["condition"], d["problem"][:48].strip()) for d in devices}


def test_the_watch_ends_with_the_broker(process: subprocess.Popen[bytes]) -> None:
    def watches() -> list[psutil.Process]:
        return psutil.Process(process.pid).children()

    wait_until(lambda: len(watches()) == 1, "the watch beside the broker")
    (watch,) = watches()
    process.send_signal(signal.SIGTERM)
    psutil.wait_procs([watch], WITHIN_S)
    assert not watch.is_running()
