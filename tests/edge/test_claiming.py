"""A new board claims itself at the API as it is, and signs in at an encrypted broker."""

import dataclasses
import json
import shutil
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from cloud.app.api.database import db
from cloud.app.jobs.broker import BrokerFolder, Encrypted, running_mosquitto
from cloud.app.settings import Settings
from simulators.board.board import VirtualBoard
from simulators.board.rig import wait_until
from simulators.ports import spare_port
from tests.api.conftest import Somebody, made, make_app, somebody
from tests.brokers import settings_for_broker


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[BrokerFolder]:
    tls = Encrypted(spare_port(), ("localhost",), "127.0.0.1")
    folder = BrokerFolder(tmp_path / "broker", spare_port(), tls=tls)
    with running_mosquitto(folder):
        yield folder


@pytest.fixture
def served(settings: Settings, encrypted: BrokerFolder) -> Iterator[tuple[str, Somebody]]:
    """The API on a port of its own, and an owner of a shop there."""
    assert encrypted.tls is not None
    broker = settings_for_broker(
        encrypted,
        SHOPBELL_MQTT_PUBLIC_HOST="localhost",
        SHOPBELL_MQTT_PUBLIC_PORT=str(encrypted.tls.port),
        SHOPBELL_MQTT_PUBLIC_CA_FILE=str(encrypted.certificates.authority),
    )
    names = [field.name for field in dataclasses.fields(Settings) if "mqtt" in field.name]
    app = make_app(dataclasses.replace(settings, **{n: getattr(broker, n) for n in names}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    owner = somebody(app, "Olga")
    owner.open_shop("Corner Bakery")
    yield f"http://127.0.0.1:{server.server_port}", owner
    server.shutdown()
    app.extensions["streams"].end()
    with app.app_context():
        db.engine.dispose()


def test_a_board_reads_what_the_api_answers_and_is_let_in_by_the_broker(
    served: tuple[str, Somebody], encrypted: BrokerFolder, firmware_flash: Path, tmp_path: Path
) -> None:
    api, owner = served
    flash = tmp_path / "flash"
    shutil.copytree(firmware_flash, flash)
    with VirtualBoard(flash) as board:
        ntp = {"host": "127.0.0.1", "port": board.time_server.port}
        http_port = spare_port()
        setup = {"api": api, "http_port": http_port, "dns_port": spare_port(), "ntp": ntp}
        (flash / "setup.json").write_text(json.dumps(setup))
        board.power_on()
        wait_until(lambda: "portal: open" in board.console)
        code = made(owner.post(f"{owner.url}/claims", {"name": "Front door"}))["code"]
        form = urllib.parse.urlencode({"ssid": "shop", "password": "p", "code": code})
        urllib.request.urlopen(f"http://127.0.0.1:{http_port}/", form.encode()).close()
        wait_until(lambda: "link: online" in board.console)
        kept = json.loads((flash / "config.json").read_text())

    [device] = owner.get(f"{owner.url}/devices").json["items"]  # type: ignore[index]
    assert (kept["device"], device["name"]) == (device["id"], "Front door")
    assert kept["mqtt"]["ca"] == "/ca.der"
    assert kept["boot_start"] > 1_700_000_000
    assert len(kept["key"]) == 64
