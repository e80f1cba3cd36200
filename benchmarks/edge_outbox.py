"""Events lost or doubled over random power cuts, and what an event costs the flash in erases.

Runs the firmware's outbox on MicroPython, over littlefs on a simulated flash that tears the write
at which its power fails (`on_board/power_cuts.py`). Half of the cuts are resets, which the RTC's
memory survives: then every event made must arrive. After a power cut, every event that was in flash
must. The same again with an outbox of three segments, which is full most of the time: then every
event must arrive or be known to the cloud as missing. Writes are timed by what the data sheet of a
W25Q32 calls typical, 45 ms an erase and 0.7 ms a page; those during which a reading would come more
than 100 ms after the one before are counted.
"""

import json
from pathlib import Path

from benchmarks.report import Figure, Options, at_most, main, plain
from simulators.board.interpreter import run_file

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "benchmarks" / "on_board" / "power_cuts.py"
SEED = 20261120
_FULL_CUTS, _SMALL_CUTS = 2000, 200


def measure(options: Options) -> list[Figure]:
    """Cut the power 2,000 times (small: 200)."""
    cuts = _FULL_CUTS if options.is_full else _SMALL_CUTS
    search = [ROOT / "edge" / "firmware", ROOT]
    result = run_file(SCRIPT, search, heap="64m", timeout_s=900, arguments=(str(cuts), str(SEED)))
    if result.returncode:
        raise RuntimeError(f"{SCRIPT.name}: {result.stdout}{result.stderr}")
    found = json.loads(result.stdout)
    return [
        plain("cuts of power or resets", found["cuts"], "cuts"),
        plain("cuts that tore a write or an erase", found["torn"], "cuts"),
        plain("events made", found["made"], "events"),
        at_most("events lost that were promised", found["lost"], "events", 0),
        at_most("events doubled", found["doubled"], "events", 0),
        plain("events lost, outbox of three segments", found["full_lost"], "events"),
        at_most("of these not known to the cloud", found["full_untold"], "events", 0),
        at_most("known as missing, never made", found["full_made_up"], "events", 0),
        at_most("erases per event, offline, one event in 2 s", found["erases_busy"], "erases", 0.1),
        at_most("erases per event, offline, one in 20 s", found["erases_calm"], "erases", 0.1),
        at_most("erases per event, offline, one in a minute", found["erases_slow"], "erases", 0.1),
        at_most(
            "erases per event, offline, 3 visitors an hour", found["erases_visits"], "erases", 0.1
        ),
        plain("writes to flash", found["writes"], "writes"),
        plain("of these longer than a reading can wait", found["long_writes"], "writes"),
        plain("longest write to flash, typical times", found["longest_write_ms"], "ms"),
        plain("events not yet in flash that power cuts took", found["in_window"], "events"),
        plain("the most that one power cut took", found["most_at_once"], "events"),
    ]


if __name__ == "__main__":
    main("edge_outbox", measure)
