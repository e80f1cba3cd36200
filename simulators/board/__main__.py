"""Run one virtual board: deploy the firmware, set it up, switch it on, and take orders on a socket.

    python -m simulators.board --flash var/boards/front --settings front.json [--control PORT]

`front.json` is the board's `config.json` (device, mqtt, ...); its time server is replaced by the
board's own. When the board runs, one line of JSON says where: {"serial": "/dev/pts/3", "control":
40123}.
"""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from simulators.board.board import VirtualBoard
from simulators.board.control import ControlServer
from simulators.board.install import install


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    options = _options()
    settings = json.loads(options.settings.read_text())
    with VirtualBoard(options.flash, seed=options.seed, mount_mm=options.mount_mm) as board:
        board.power_on()
        install(board, settings)
        control = ControlServer(board, options.control)
        print(json.dumps({"serial": board.port, "control": control.port}), flush=True)  # noqa: T201
        threading.Event().wait()  # until a signal


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run one virtual board.")
    parser.add_argument("--flash", type=Path, required=True, help="folder that is its flash")
    parser.add_argument("--settings", type=Path, required=True, help="its config.json")
    parser.add_argument("--control", type=int, default=0, help="port of the control socket")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mount-mm", type=int, default=2400, help="height of the sensor")
    return parser.parse_args()


if __name__ == "__main__":
    main()
