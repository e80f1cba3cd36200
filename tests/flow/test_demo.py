"""`make demo`: what a newcomer sees first, and what is left of it afterwards."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from simulators.api import Api, Json
from simulators.ports import spare_port
from tests.waiting import WITHIN_S, wait_until

READY = "Ctrl-C stops everything"


@pytest.fixture
def folder() -> Iterator[Path]:
    # not in pytest's folder: as root the database's server is another user, who is locked out there
    folder = Path(tempfile.mkdtemp(prefix="shopbell-demo-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def demo(folder: Path) -> Iterator[psutil.Popen]:
    """The demo, ready."""
    said = folder / "said"
    program = str(Path(sys.executable).parent / "shopbell")
    command = [program, "demo", "--port", str(spare_port()), "--folder", str(folder / "var")]
    with said.open("wb") as output:
        process = psutil.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(
            lambda: READY in said.read_text() or process.poll() is not None,
            "the demo to be ready",
            within_s=3 * WITHIN_S,
        )
        assert process.poll() is None, said.read_text()
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=WITHIN_S)


def test_a_newcomer_finds_shops_that_live_and_ctrl_c_leaves_nothing_behind(
    demo: psutil.Popen, folder: Path
) -> None:
    for api, shop in owners(folder):
        assert api.call("GET", "/me")["person"]["verified"] == ["email"]
        customers = api.call("GET", f"{shop}/customers?limit=100")["items"]
        assert len(customers) == 100
        live = api.wait(f"{shop}/live", _is_visited, "somebody to come in")
        assert live["is_open"]
        # weeks were told before, and nobody who came then counts today
        assert live["entries"] + live["exits"] < 50
    started = demo.children(recursive=True)
    demo.send_signal(signal.SIGINT)
    assert demo.wait(timeout=WITHIN_S) == 0
    assert [process for process in started if process.is_running()] == []


def owners(folder: Path) -> Iterator[tuple[Api, str]]:
    """The owner of each shop, signed in, and where the API has the shop."""
    document = json.loads((folder / "var/demo.json").read_text())
    for entry in document["sign_ins"]:
        api = Api(document["url"])
        api.sign_in(entry["login"], entry["password"])
        [shop] = api.call("GET", "/shops")["items"]
        assert shop["slug"] == entry["shop"]
        yield api, f"/shops/{shop['id']}"


def _is_visited(live: Json) -> bool:
    return bool(live["entries"])
