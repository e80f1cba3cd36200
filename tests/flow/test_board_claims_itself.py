"""The whole set-up: a prepared board, its page on a phone, the real API, and its birth."""

import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.app.jobs.broker import Mosquitto
from cloud.app.settings import Settings
from simulators.api import Api
from simulators.board.board import VirtualBoard
from simulators.board.install import device_command
from simulators.board.rig import wait_until
from simulators.ports import spare_port
from tests.installation import Installation, running

LOGIN = "olga@corner-bakery.example"
PASSWORD = "a long enough password"


@pytest.fixture
def installation(
    own_settings: Settings, own_mosquitto: Mosquitto, tmp_path: Path
) -> Iterator[Installation]:
    with running(own_settings, own_mosquitto.folder, tmp_path, "api", "ingest") as processes:
        yield processes


@pytest.fixture
def owner(installation: Installation) -> Api:
    api = Api(installation.url)
    api.register_or_sign_in(name="Olga Owner", email=LOGIN, password=PASSWORD)
    return api


@pytest.fixture
def shop_id(owner: Api) -> str:
    body = {"name": "Corner Bakery", "country": "DE", "time_zone": "Europe/Berlin"}
    return str(owner.call("POST", "/shops", json=body | {"currency": "EUR"})["id"])


@pytest.fixture
def page(installation: Installation, tmp_path: Path) -> Iterator[str]:
    """The page of a board that `shopbell device add` has prepared, on ports that are free here."""
    flash = tmp_path / "flash"
    with VirtualBoard(flash) as board:
        board.power_on()
        device_command(board, "add", "--api", installation.url)
        board.power_cut()
        board.console = ""
        prepared = flash / "setup.json"
        ports = {"http_port": spare_port(), "dns_port": spare_port()}
        ntp = {"host": "127.0.0.1", "port": board.time_server.port}
        prepared.write_text(json.dumps(json.loads(prepared.read_text()) | ports | {"ntp": ntp}))
        board.power_on()
        wait_until(lambda: "portal: open" in board.console)
        yield f"http://127.0.0.1:{ports['http_port']}/"
    shutil.rmtree(flash)


def _type_in(page: str, code: str) -> None:
    form = urllib.parse.urlencode({"ssid": "Bakery", "password": "secret", "code": code})
    urllib.request.urlopen(page, form.encode(), timeout=90).close()


def _says(page: str) -> str:
    with urllib.request.urlopen(page, timeout=90) as answer:
        return str(answer.read(), "utf-8")


def test_a_board_claims_its_credential_and_comes_online(
    owner: Api, shop_id: str, page: str
) -> None:
    _type_in(page, "WRONG-CODE")
    wait_until(lambda: "this claim code is unknown" in _says(page))

    made = owner.call("POST", f"/shops/{shop_id}/claims", json={"name": "Front door"})
    _type_in(page, str(made["code"]))

    live = f"/shops/{shop_id}/live"
    owner.wait(live, lambda now: any(d["is_online"] for d in now["devices"]), "the board online")
    (device,) = owner.call("GET", live)["devices"]
    assert device["name"] == "Front door"
