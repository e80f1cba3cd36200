"""An update over HTTPS on the virtual board, from the command to the confirmed new firmware."""

import http.server
import json
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.tools.bundle import compile_module
from edge.tools.release import release, sign
from simulators.board.board import VirtualBoard
from simulators.board.certificates import Authority
from simulators.board.install import leave_settings
from simulators.board.rig import Broker, Cloud, wait_until

KEY = "the device's own key"


class Shelf:
    """A web server over TLS with one file on it; `stops_after` bytes it says no more.

    Before it gives the file away it does what `prepare` says.
    """

    def __init__(self, certificate: tuple[Path, Path]) -> None:
        shelf = self
        self.content = b""
        self.stops_after: int | None = None
        self.prepare: Callable[[], None] = lambda: None
        self.is_stopped = threading.Event()
        self._is_closed = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shelf.prepare()
                self.send_response(200)
                self.send_header("Content-Length", str(len(shelf.content)))
                self.end_headers()
                self.wfile.write(shelf.content[: shelf.stops_after])
                if shelf.stops_after is not None:
                    shelf.is_stopped.set()
                    shelf._is_closed.wait()

            def log_message(self, *_: object) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._server.server_address[1]
        self.url = f"https://localhost:{self.port}/bundle"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._is_closed.set()
        self._server.shutdown()
        self._server.server_close()


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of a board that hangs up: that is what is tested."""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def shelf(authority: Authority) -> Iterator[Shelf]:
    shelf = Shelf(authority.issue("localhost", "server"))
    yield shelf
    shelf.close()


@pytest.fixture
def keyed(board: VirtualBoard, broker: Broker, cloud: Cloud, authority: Authority) -> VirtualBoard:
    """A board in service that has a key, and a CA for where updates come from."""
    earlier = _birth_of_boot(cloud, 1)["boot"]
    (board.flash / "api-ca.der").write_bytes(authority.der.read_bytes())
    mqtt = {"host": "127.0.0.1", "port": broker.port}
    board.power_cut()
    leave_settings(board, {"device": "front", "mqtt": mqtt, "key": KEY, "api_ca": "/api-ca.der"})
    board.power_on()
    _birth_of_boot(cloud, 2)
    cloud.statuses[:] = [status for status in cloud.statuses if status["boot"] != earlier]
    return board


def _wait_for_births(cloud: Cloud, count: int) -> None:
    wait_until(lambda: sum(s["state"] == "online" for s in list(cloud.statuses)) >= count)


def _birth_of_boot(cloud: Cloud, number: int) -> dict[str, Any]:
    """Wait for the birth of the board's so many-th start."""

    def births() -> dict[int, dict[str, Any]]:
        online = [status for status in list(cloud.statuses) if status["state"] == "online"]
        return {status["boot"]: status for status in reversed(online)}

    wait_until(lambda: len(births()) >= number)
    return births()[sorted(births())[number - 1]]


def _order(cloud: Cloud, shelf: Shelf, hmac: str, url: str = "", number: int = 1) -> None:
    args = {"url": url or shelf.url, "hmac": hmac}
    cloud.publish("front", "command", {"id": f"u-{number}", "name": "update", "args": args})


def _slot(board: VirtualBoard) -> dict[str, object]:
    try:
        slot: dict[str, object] = json.loads((board.flash / "slot.json").read_text())
    except FileNotFoundError:
        return {}
    return slot


def test_a_board_loads_tries_and_keeps_a_new_firmware(
    keyed: VirtualBoard, cloud: Cloud, shelf: Shelf
) -> None:
    shelf.content = release("0.1.1")

    _order(cloud, shelf, sign(shelf.content, KEY))
    wait_until(lambda: _slot(keyed) == {"run": "/app-b"})

    assert cloud.replies == [{"id": "u-1", "ok": 1, "detail": "loading in 2 s"}]
    assert (keyed.flash / "app-b" / "outbox.mpy").exists()


def test_a_firmware_that_does_not_start_gives_way_to_the_old_one(
    keyed: VirtualBoard, cloud: Cloud, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.content = _bundle_of("raise ValueError('this firmware is broken')\n", tmp_path)

    _order(cloud, shelf, sign(shelf.content, KEY))
    wait_until(lambda: _slot(keyed) == {"run": "/app"})
    cloud.statuses.clear()
    _wait_for_births(cloud, 1)

    assert "this firmware is broken" in keyed.console


def test_a_firmware_that_was_not_made_for_this_board_is_refused(
    keyed: VirtualBoard, cloud: Cloud, shelf: Shelf
) -> None:
    shelf.content = release("0.1.1")

    _order(cloud, shelf, sign(shelf.content, "the key of another board"))
    wait_until(lambda: "expected the HMAC" in keyed.console)
    _wait_for_births(cloud, 2)

    assert _slot(keyed) == {}


def test_a_server_that_another_ca_vouches_for_is_not_asked(
    keyed: VirtualBoard, cloud: Cloud, tmp_path: Path
) -> None:
    stranger = Shelf(Authority(tmp_path, "other").issue("localhost", "stranger"))
    stranger.content = release("0.1.1")

    _order(cloud, stranger, sign(stranger.content, KEY))
    _wait_for_refusal(keyed, cloud)

    assert _slot(keyed) == {}
    stranger.close()


def test_a_server_with_another_name_than_its_certificate_is_not_asked(
    keyed: VirtualBoard, cloud: Cloud, shelf: Shelf
) -> None:
    shelf.content = release("0.1.1")

    url = f"https://127.0.0.1:{shelf.port}/bundle"
    _order(cloud, shelf, sign(shelf.content, KEY), url)
    _wait_for_refusal(keyed, cloud)

    assert _slot(keyed) == {}


def test_a_power_cut_while_it_loads_leaves_the_old_firmware_which_can_load_again(
    keyed: VirtualBoard, cloud: Cloud, shelf: Shelf
) -> None:
    shelf.content = release("0.1.1")
    shelf.stops_after = len(shelf.content) // 2
    _order(cloud, shelf, sign(shelf.content, KEY))
    assert shelf.is_stopped.wait(90)
    wait_until(lambda: list(keyed.flash.glob("app-b/*")))

    keyed.power_cut()
    cloud.statuses.clear()
    keyed.power_on()
    _wait_for_births(cloud, 1)
    assert _slot(keyed) == {}

    shelf.stops_after = None
    _order(cloud, shelf, sign(shelf.content, KEY), number=2)
    wait_until(lambda: _slot(keyed) == {"run": "/app-b"})


def test_a_power_cut_during_the_trial_brings_the_old_firmware_back(
    keyed: VirtualBoard, cloud: Cloud, shelf: Shelf, broker: Broker
) -> None:
    shelf.content = release("0.1.1")
    shelf.prepare = broker.stop  # the new firmware cannot prove itself
    _order(cloud, shelf, sign(shelf.content, KEY))
    wait_until(lambda: _slot(keyed).get("starts") == 0)

    keyed.power_cut()
    keyed.power_on()
    wait_until(lambda: _slot(keyed) == {"run": "/app"})
    cloud.statuses.clear()
    broker.start()
    _wait_for_births(cloud, 1)


def test_a_board_that_keeps_failing_starts_safe_and_can_be_updated(
    keyed: VirtualBoard, cloud: Cloud, shelf: Shelf
) -> None:
    for number in range(1, 6):
        _birth_of_boot(cloud, number)
        keyed.hardware.watchdog_s = 0.01  # this start does not last
    birth = _birth_of_boot(cloud, 6)
    keyed.open_door()

    assert (birth["safe_mode"], birth["sensors"]) == (1, [])
    shelf.content = release("0.1.1")
    _order(cloud, shelf, sign(shelf.content, KEY))
    wait_until(lambda: _slot(keyed) == {"run": "/app-b"})
    assert _birth_of_boot(cloud, 7)["safe_mode"] == 0  # the new firmware has a clean record
    wait_until(lambda: [door for door in cloud.kinds("door") if door["open"]])
    assert birth["boot"] not in {boot for _, boot, _ in cloud.events}  # network and updates only


def _wait_for_refusal(board: VirtualBoard, cloud: Cloud) -> None:
    """Wait until the board has refused to load and is back in service, without a restart."""
    before = len({status["boot"] for status in cloud.statuses})
    wait_until(lambda: "update: refused, bundle: " in board.console)
    _wait_for_births(cloud, 2)
    assert len({status["boot"] for status in cloud.statuses}) == before


def _bundle_of(start: str, folder: Path) -> bytes:
    source = folder / "start.py"
    source.write_text(start)
    content = compile_module(source)
    manifest = json.dumps({"version": "9", "files": [["start.mpy", len(content)]]}).encode()
    return b"SBU1" + struct.pack(">I", len(manifest)) + manifest + content
