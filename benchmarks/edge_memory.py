"""The firmware's live heap over a simulated day, and the smallest heap it lives a day in.

The whole firmware starts on MicroPython as on a board and lives in simulated time
(`on_board/day.py`), with Wi-Fi outages, somebody who walks in every 20 s, and a command. What plays
the hardware takes heap too, which is added to each heap and subtracted from each figure. The unix
port has 64-bit objects: the ESP32 needs about half.

The interpreter keeps every name of the code for ever, in pools, each twice as large as the one
before: 620 names fit into the first five, and the next one takes 7 kB for one name more. Whoever
adds a name where none is left saves another: a word that is used already, `const` for a short text
(it is no name then) or for a private number, a function less. Or the bound is raised, by 7 kB. The
names of the simulation can push those of the firmware into a pool that a board would not need, or
save it one, so the firmware's are counted alone (`on_board/names.py`), and what both take beyond
what each would take alone is the simulation's part as well.
"""

import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.report import Figure, Options, at_most, main, plain
from edge.tools.bundle import FIRMWARE, FOLDER, build
from simulators.board.certificates import Authority
from simulators.board.chip import compiled_modules
from simulators.board.interpreter import micropython

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "benchmarks" / "on_board" / "day.py"
NAMES_SCRIPT = SCRIPT.with_name("names.py")
FAKES = ROOT / "tests" / "firmware" / "fakes"
GOAL_K = 120
STEP_K = 2
LEAST_EVENTS_AN_HOUR = 150
NAMES_GOAL = 620
FIRST_POOL = 20
NAME_BYTES = 11  # in a pool: address, hash and length
# what not every board reads at its start, or for a command
RARE = {"homeassistant", "https", "main", "portal", "trace", "update", "vl53l0x"}
WIRE = ("wire.topics", "wire.fields", "wire.down")
_NAMES = re.compile(r"qstr pool: n_pool=(\d+), n_qstr=(\d+)")


def measure(options: Options) -> list[Figure]:
    """Find the smallest heap for 3 hours (small: 1), and live 24 (small: 3) in the goal's.

    The day is the judge: when it does not fit, the smallest heap is the one in which it does.
    """
    hours = 24 if options.is_full else 3
    with tempfile.TemporaryDirectory(prefix="shopbell-day-") as folder:
        flash = _flash(Path(folder))
        names = _names_of_firmware(flash)
        harness = _harness(flash)
        smallest = _smallest(flash, 3 if options.is_full else 1, harness)
        while (day := _run(flash, hours, max(GOAL_K, smallest) * 1024 + harness)) is None:
            smallest += STEP_K
        heap = [size - day["pools"] for size in day["heap"]]
    return [
        plain("simulated time", len(heap) - 1, "h"),
        plain("live heap after half an hour", heap[0], "bytes"),
        plain("live heap at the end", heap[-1], "bytes"),
        at_most("names of the firmware, for the pools of its goal", names, "names", NAMES_GOAL),
        at_most(
            "growth of the live heap from the second hour on", heap[-1] - heap[1], "bytes", 256
        ),
        at_most("smallest heap that it runs in", smallest, "kB", GOAL_K),
    ]


def _flash(folder: Path) -> Path:
    """Lay out a flash with the compiled firmware and the hardware that `day.py` does not play."""
    for path, content in build(compiled=True).items():
        file = folder / path.strip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    shutil.copytree(FAKES, folder / "fakes")
    shutil.copy(compiled_modules() / "os.mpy", folder / "fakes")
    assert (folder / FOLDER.strip("/")).is_dir()
    authority = Authority(folder)  # in the flash: the firmware reads /ca.der
    settings = {
        "device": "front",
        "mqtt": {"host": "broker.example", "ca": f"/{authority.der.name}"},
    }
    (folder / "config.json").write_text(json.dumps(settings))
    return folder


def _harness(flash: Path) -> int:
    """Return how much heap the simulation's own code takes, which a board does not have."""
    day = _run(flash, 1, 4 * GOAL_K * 1024)
    assert day is not None
    return int(day["harness"]) + int(day["pools"])


def _run(flash: Path, hours: int, heap: int) -> dict[str, Any] | None:
    """Return what the day printed, or None when the memory did not suffice."""
    shutil.rmtree(flash / "outbox", ignore_errors=True)
    command = [str(micropython()), "-X", f"heapsize={heap}", str(SCRIPT), str(hours)]
    result = subprocess.run(
        command,
        env=os.environ | {"BOARD_FLASH": str(flash)},
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    if "MemoryError" in result.stdout + result.stderr:
        return None
    if result.returncode:
        raise RuntimeError(f"{SCRIPT.name}: {result.stdout[-2000:]}{result.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    found["pools"] = _pools_of_both(result.stdout, _names_of_firmware(flash))
    if len(found["heap"]) <= hours or found["events"] < LEAST_EVENTS_AN_HOUR * hours:
        raise RuntimeError(f"{SCRIPT.name}: expected {hours} h of passages, got {result.stdout}")
    return found


@functools.cache
def _names_of_firmware(flash: Path) -> int:
    """Return how many names the firmware takes, from its start to its first command."""
    firmware = {path.stem for path in FIRMWARE.glob("*.py")} - RARE
    # buffers take their memory first, but that does not matter here
    command = [str(micropython()), str(NAMES_SCRIPT), ",".join([*sorted(firmware), *WIRE])]
    result = subprocess.run(
        command,
        env=os.environ | {"BOARD_FLASH": str(flash)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"{NAMES_SCRIPT.name}: {result.stdout}{result.stderr}")
    before, after = (int(names) for _, names in _NAMES.findall(result.stdout))
    return after - before


def _pools_of_both(output: str, firmware: int) -> int:
    """Return how many bytes of pools only simulation and firmware together need."""
    (_, simulation), (pools, both) = [map(int, found) for found in _NAMES.findall(output)]
    together = _pools(both)
    assert len(together) == pools, f"expected {together} to be {pools} pools"
    alone = sum(_pools(simulation)) + sum(_pools(firmware))
    return NAME_BYTES * (sum(together) - alone)


def _pools(names: int) -> list[int]:
    """Return the sizes of the pools for so many names."""
    pools = [FIRST_POOL]
    while sum(pools) < names:
        pools.append(2 * pools[-1])
    return pools


def _smallest(flash: Path, hours: int, harness: int) -> int:
    """Return the smallest heap in kB that suffices for so many hours."""
    smallest = GOAL_K
    while not _run(flash, hours, smallest * 1024 + harness):
        smallest += STEP_K
    while _run(flash, hours, (smallest - STEP_K) * 1024 + harness):
        smallest -= STEP_K
    return smallest


if __name__ == "__main__":
    main("edge_memory", measure)
