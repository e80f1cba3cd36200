"""`python -m simulators.board`: a virtual board as a process, driven through its control socket."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.board.rig import Broker, Cloud, wait_until


class Remote:
    """The other end of a control socket."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=90)
        self._lines = self._socket.makefile("rb")

    def order(self, line: dict[str, Any]) -> dict[str, Any]:
        self._socket.sendall(json.dumps(line).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._lines.readline())
        return answer

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@pytest.fixture
def remote(firmware_flash: Path, broker: Broker, cloud: Cloud, tmp_path: Path) -> Iterator[Remote]:
    flash, settings = tmp_path / "flash", tmp_path / "front.json"
    shutil.copytree(firmware_flash, flash)
    mqtt = {"host": "127.0.0.1", "port": broker.port}
    settings.write_text(json.dumps({"device": "front", "mqtt": mqtt}))
    command = [sys.executable, "-m", "simulators.board", "--flash", flash, "--settings", settings]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        remote = Remote(json.loads(process.stdout.readline())["control"])
        yield remote
        remote.close()
        process.terminate()
        assert process.wait(timeout=90) == 0


def test_a_script_in_another_process_opens_the_door(remote: Remote, cloud: Cloud) -> None:
    wait_until(lambda: cloud.kinds("door"))

    answer = remote.order({"do": "open_door"})
    wait_until(lambda: len(cloud.kinds("door")) == 2)

    assert answer == {"ok": True, "result": None}
    assert remote.order({"do": "state"})["result"]["door_open"] is True


def test_a_wrong_order_is_refused_with_what_was_expected(remote: Remote) -> None:
    unknown = remote.order({"do": "dance"})
    wrong = remote.order({"do": "walk_in", "with": {"colour": "red"}})

    assert not unknown["ok"]
    assert "open_door" in unknown["error"]
    assert not wrong["ok"]
    assert "colour" in wrong["error"]
