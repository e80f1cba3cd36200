"""Runs the firmware's own tests (`check_*.py`, unittest) on MicroPython."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.tools.packages import UMQTT_SIMPLE, UNITTEST, module_path
from simulators.board.interpreter import run_file
from simulators.board.rig import Broker

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


@pytest.fixture(scope="module")
def search_path() -> list[Path]:
    umqtt = module_path(UMQTT_SIMPLE).parents[1]
    return [ROOT / "edge" / "firmware", FOLDER / "fakes", ROOT, umqtt, module_path(UNITTEST).parent]


@pytest.fixture(scope="module")
def broker_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    yield broker.port
    broker.stop()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("check_*.py")), ids=lambda path: path.stem)
def test_micropython_passes(
    path: Path, search_path: list[Path], broker_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "BROKER_PORT", str(broker_port))

    result = run_file(path, search_path, heap="512k")

    if not result.stdout.rstrip().endswith("OK"):
        pytest.fail(result.stdout + result.stderr, pytrace=False)
