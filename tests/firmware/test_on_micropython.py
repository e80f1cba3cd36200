"""Runs the firmware's own tests (`check_*.py`, unittest) on MicroPython."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.tools.packages import UMQTT_SIMPLE, UNITTEST, module_path
from simulators.board.certificates import Authority
from simulators.board.interpreter import run_file
from simulators.board.rig import Broker

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


@pytest.fixture(scope="module")
def search_path() -> list[Path]:
    umqtt = module_path(UMQTT_SIMPLE).parents[1]
    return [ROOT / "edge" / "firmware", FOLDER / "fakes", ROOT, umqtt, module_path(UNITTEST).parent]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Two brokers, one of them with an expired certificate, as the checks find them."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(folder)
    Authority(folder, "other")
    good = Broker(tmp_path_factory.mktemp("good"), authority.issue("localhost", "good"))
    expired = Broker(
        tmp_path_factory.mktemp("expired"), authority.issue("localhost", "expired", days=-1)
    )
    yield {
        "BROKER_PORT": str(good.port),
        "TLS_PORT": str(good.tls_port),
        "EXPIRED_PORT": str(expired.tls_port),
        "CERTIFICATES": str(folder),
    }
    good.stop()
    expired.stop()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("check_*.py")), ids=lambda path: path.stem)
def test_micropython_passes(
    path: Path,
    search_path: list[Path],
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    result = run_file(path, search_path, heap="512k")

    if not result.stdout.rstrip().endswith("OK"):
        pytest.fail(result.stdout + result.stderr, pytrace=False)
