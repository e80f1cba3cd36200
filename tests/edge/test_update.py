"""An update over HTTP on the virtual board, from the command to the confirmed new firmware."""

import http.server
import json
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.tools.bundle import compile_module
from edge.tools.release import release, sign
from simulators.board.board import VirtualBoard
from simulators.board.install import provision
from simulators.board.rig import Broker, Cloud, wait_until

KEY = "the device's own key"


class Shelf:
    """A web server with one file on it."""

    def __init__(self) -> None:
        shelf = self
        self.content = b""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(shelf.content)))
                self.end_headers()
                self.wfile.write(shelf.content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/bundle"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    shelf = Shelf()
    yield shelf
    shelf.close()


@pytest.fixture
def keyed(board: VirtualBoard, broker: Broker, cloud: Cloud) -> VirtualBoard:
    """A board in service that has a key."""
    _wait_for_births(cloud, 1)
    cloud.statuses.clear()
    mqtt = {"host": "127.0.0.1", "port": broker.port}
    provision(board, {"device": "front", "mqtt": mqtt, "key": KEY})
    _wait_for_births(cloud, 1)
    return board


def _wait_for_births(cloud: Cloud, count: int) -> None:
    wait_until(lambda: sum(s["state"] == "online" for s in list(cloud.statuses)) >= count, 20)


def _order(cloud: Cloud, shelf: Shelf, hmac: str) -> None:
    args = {"url": shelf.url, "hmac": hmac}
    cloud.publish("front", "command", {"id": "u-1", "name": "update", "args": args})


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
    wait_until(lambda: _slot(keyed) == {"run": "/app-b"}, timeout_s=30)

    assert cloud.replies == [{"id": "u-1", "ok": 1, "detail": "loading in 2 s"}]
    assert (keyed.flash / "app-b" / "outbox.mpy").exists()


def test_a_firmware_that_does_not_start_gives_way_to_the_old_one(
    keyed: VirtualBoard, cloud: Cloud, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.content = _bundle_of("raise ValueError('this firmware is broken')\n", tmp_path)

    _order(cloud, shelf, sign(shelf.content, KEY))
    wait_until(lambda: _slot(keyed) == {"run": "/app"}, timeout_s=30)
    cloud.statuses.clear()
    _wait_for_births(cloud, 1)

    assert "this firmware is broken" in keyed.console


def test_a_firmware_that_was_not_made_for_this_board_is_refused(
    keyed: VirtualBoard, cloud: Cloud, shelf: Shelf
) -> None:
    shelf.content = release("0.1.1")

    _order(cloud, shelf, sign(shelf.content, "the key of another board"))
    wait_until(lambda: "expected the HMAC" in keyed.console, timeout_s=30)
    _wait_for_births(cloud, 2)

    assert _slot(keyed) == {}


def _bundle_of(start: str, folder: Path) -> bytes:
    source = folder / "start.py"
    source.write_text(start)
    content = compile_module(source)
    manifest = json.dumps({"version": "9", "files": [["start.mpy", len(content)]]}).encode()
    return b"SBU1" + struct.pack(">I", len(manifest)) + manifest + content
