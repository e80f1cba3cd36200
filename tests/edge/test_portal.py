"""Set-up by the page of the board: claim, service, and back by the button."""

import contextlib
import http.server
import json
import shutil
import socket
import ssl
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.board.board import BUTTON_PIN, VirtualBoard
from simulators.board.certificates import Authority
from simulators.board.rig import Broker, Cloud, wait_until
from simulators.ports import spare_port


class Api:
    """The part of the cloud that grants claims: one code, once."""

    def __init__(self, grant: dict[str, Any], certificate: tuple[Path, Path] | None = None) -> None:
        api = self
        self.asked: list[dict[str, Any]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                api.asked.append(json.loads(self.rfile.read(size)))
                is_good = self.path == "/api/v1/claims" and api.asked[-1]["code"] == "GOOD-CODE"
                body = json.dumps(grant if is_good else {"message": "unknown"}).encode()
                self.send_response(201 if is_good else 403)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{port}"
        if certificate:
            self.url = f"https://localhost:{port}"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def grant(broker: Broker) -> dict[str, Any]:
    mqtt = {"mqtt_host": "127.0.0.1", "mqtt_port": broker.port, "mqtt_ca": None}
    own = {"username": "front", "password": "p", "key": "k", "boot_start": 1795179445}
    return {"device": {"id": "front"}, "credential": mqtt | own}


@pytest.fixture
def api(grant: dict[str, Any]) -> Iterator[Api]:
    api = Api(grant)
    yield api
    api.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def page(api: Api, firmware_flash: Path, tmp_path: Path) -> Iterator[tuple[VirtualBoard, str]]:
    """A new board with its page open, and the page's address."""
    flash = tmp_path / "flash"
    shutil.copytree(firmware_flash, flash)
    with VirtualBoard(flash) as board:
        http_port, dns_port = spare_port(), spare_port()
        ntp = {"host": "127.0.0.1", "port": board.time_server.port}
        setup = {"api": api.url, "http_port": http_port, "dns_port": dns_port, "ntp": ntp}
        (flash / "setup.json").write_text(json.dumps(setup))
        board.power_on()
        wait_until(lambda: "portal: open" in board.console)
        yield board, f"http://127.0.0.1:{http_port}/"


def _submit(address: str, code: str) -> str:
    form = urllib.parse.urlencode({"ssid": "shop", "password": "p&q", "code": code})
    with urllib.request.urlopen(address, form.encode(), timeout=90) as answer:
        return str(answer.read(), "utf-8")


def _ask(port: int, question: bytes) -> bytes | None:
    """Return the answer of the board's name server, None when it has not heard the question."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(1)
        asker.sendto(question, ("127.0.0.1", port))
        with contextlib.suppress(TimeoutError):
            return asker.recv(512)
    return None


def _read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=90) as answer:
        return str(answer.read(), "utf-8")


def test_a_new_board_is_set_up_by_its_page(
    page: tuple[VirtualBoard, str], api: Api, cloud: Cloud
) -> None:
    board, address = page

    assert "Claim code" in wait_until(lambda: _read(address))
    _submit(address, "GOOD-CODE")
    wait_until(lambda: any(s["state"] == "online" for s in cloud.statuses))

    assert api.asked == [{"code": "GOOD-CODE"}]
    kept = json.loads((board.flash / "config.json").read_text())
    assert kept["wifi"] == {"ssid": "shop", "password": "p&q"}
    assert kept["device"] == "front"


def test_a_code_goes_to_nobody_but_the_api_that_the_boards_ca_vouches_for(
    page: tuple[VirtualBoard, str],
    grant: dict[str, Any],
    authority: Authority,
    cloud: Cloud,
    tmp_path: Path,
) -> None:
    board, address = page
    ours = Api(grant, authority.issue("localhost", "ours"))
    stranger = Api(grant, Authority(tmp_path, "other").issue("localhost", "stranger"))
    setup = json.loads((board.flash / "setup.json").read_text())
    (board.flash / "setup-ca.der").write_bytes(authority.der.read_bytes())

    def restart(api: Api) -> None:
        board.power_cut()
        pages = board.console.count("portal: open")
        changed = setup | {"api": api.url, "ca": "/setup-ca.der"}
        (board.flash / "setup.json").write_text(json.dumps(changed))
        board.power_on()
        wait_until(lambda: board.console.count("portal: open") > pages)
        _submit(address, "GOOD-CODE")

    restart(stranger)
    wait_until(lambda: "That did not work" in _read(address))
    restart(ours)
    wait_until(lambda: any(s["state"] == "online" for s in cloud.statuses))

    assert (stranger.asked, ours.asked) == ([], [{"code": "GOOD-CODE"}])
    stranger.close()
    ours.close()


def test_every_name_leads_a_phone_to_the_page(page: tuple[VirtualBoard, str]) -> None:
    board, _ = page
    port = json.loads((board.flash / "setup.json").read_text())["dns_port"]
    name = b"\x07captive\x05apple\x03com\x00"
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + name + b"\x00\x01\x00\x01"

    answer = wait_until(lambda: _ask(port, question))

    assert answer[:4] == b"\x12\x34\x81\x80"
    assert answer[-4:] == bytes((192, 168, 4, 1))


def test_a_wifi_that_refuses_is_explained_and_can_be_tried_again(
    page: tuple[VirtualBoard, str], cloud: Cloud
) -> None:
    board, address = page
    board.wifi_down()
    board.hardware.wifi.joined_at = 0  # it is still trying by itself

    _submit(address, "GOOD-CODE")
    wait_until(lambda: "could not be joined" in _read(address))

    board.wifi_up()
    _submit(address, "GOOD-CODE")
    wait_until(lambda: any(s["state"] == "online" for s in cloud.statuses))


def test_a_wrong_code_is_explained_and_can_be_tried_again(
    page: tuple[VirtualBoard, str], cloud: Cloud
) -> None:
    board, address = page

    _submit(address, "WRONG")
    wait_until(lambda: "unknown, was used" in _read(address))
    assert not (board.flash / "config.json").exists()

    _submit(address, "GOOD-CODE")
    wait_until(lambda: any(s["state"] == "online" for s in cloud.statuses))


def test_holding_the_button_takes_the_board_back_to_set_up(
    page: tuple[VirtualBoard, str], cloud: Cloud
) -> None:
    board, address = page
    _submit(address, "GOOD-CODE")
    wait_until(lambda: any(s["state"] == "online" for s in cloud.statuses))

    board.hardware.levels[BUTTON_PIN] = 0
    wait_until(lambda: board.console.count("portal: open") == 2)

    assert not (board.flash / "config.json").exists()
