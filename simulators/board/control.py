"""A local socket that drives a virtual board from another process: one JSON object a line.

    -> {"do": "walk_in", "with": {"speed_mm_s": 1200}}
    <- {"ok": true, "result": 2.5}
    <- {"ok": false, "error": "do: expected one of close_door, ..., got 'dance'"}

`do` is one of ACTIONS; `with` holds the arguments of the method of VirtualBoard with that name.
"""

import json
import socketserver
import threading
from typing import Any

from simulators.board.board import VirtualBoard

ACTIONS = (
    "close_door",
    "motion",
    "open_door",
    "power_cut",
    "power_on",
    "press_reset",
    "state",
    "walk_in",
    "walk_out",
    "wifi_down",
    "wifi_up",
)


class ControlServer:
    """Listens on 127.0.0.1 until closed; `port` is where."""

    def __init__(self, board: VirtualBoard, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _Connection)
        self._server.board = board
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="control", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    board: VirtualBoard


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        for line in self.rfile:
            answer = perform(server.board, line)
            self.wfile.write(json.dumps(answer).encode() + b"\n")


def perform(board: VirtualBoard, line: bytes) -> dict[str, Any]:
    """Carry out one line and return the answer to it."""
    try:
        order = json.loads(line)
        action = order["do"]
        if action not in ACTIONS:
            expected = ", ".join(ACTIONS)
            return _refusal(f"do: expected one of {expected}, got {action!r}")
        return {"ok": True, "result": getattr(board, action)(**order.get("with", {}))}
    except (ValueError, KeyError, TypeError) as error:
        return _refusal(f"order: expected {{'do': ..., 'with': {{...}}}}, got {error!r}")


def _refusal(reason: str) -> dict[str, Any]:
    return {"ok": False, "error": reason}
