"""How fast a backlog leaves the board over TLS, beside stock umqtt.simple, and how it reconnects.

Both run on MicroPython against one Mosquitto on loopback. Ours reads the events from the outbox's
files and is done when the cloud has acknowledged each of them; the stock client publishes one event
a message with QoS 1 and is done with the last PUBACK.
"""

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.report import Figure, Options, at_least, at_most, main, plain
from edge.tools.packages import UMQTT_SIMPLE, module_path
from simulators.board.board import VirtualBoard
from simulators.board.certificates import Authority
from simulators.board.install import install
from simulators.board.interpreter import run_file
from simulators.board.rig import Broker, Cloud, wait_until

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "benchmarks" / "on_board" / "drain.py"
FAKES = ROOT / "tests" / "firmware" / "fakes"
_FULL_EVENTS, _SMALL_EVENTS = (2000, 5000), (500,)
_FULL_RESTARTS, _SMALL_RESTARTS = 20, 3


def measure(options: Options) -> list[Figure]:
    """Drain 2,000 and 5,000 events (small: 500) and restart the broker 20 times (small: 3)."""
    folder = Path(tempfile.mkdtemp(prefix="shopbell-edge-mqtt-"))
    authority = Authority(folder)
    broker = Broker(folder, tls=authority.issue("localhost", "server"))
    cloud = Cloud(broker.port)
    try:
        counts = _FULL_EVENTS if options.is_full else _SMALL_EVENTS
        restarts = _FULL_RESTARTS if options.is_full else _SMALL_RESTARTS
        ours = {count: _drain("ours", broker, authority, folder, count) for count in counts}
        stock = _drain("stock", broker, authority, folder, counts[-1] // 20)
        starts_s, returns_s = _reconnects(broker, cloud, folder, restarts)
    finally:
        cloud.close()
        broker.stop()
        shutil.rmtree(folder)
    return [
        plain("backlog drained by stock umqtt.simple, TLS, QoS 1", stock, "events/s"),
        *_beside_stock(ours, stock),
        at_most("online again after a broker restart, p95", _p95(returns_s), "s", 10),
        plain("online again after a broker restart, median", statistics.median(returns_s), "s"),
        at_most("online after power-on, over TLS", max(starts_s), "s", 3),
    ]


def _beside_stock(ours: dict[int, float], stock: float) -> Iterator[Figure]:
    for count, rate in ours.items():
        yield plain(f"{count} events drained by the firmware, TLS, QoS 1", rate, "events/s")
        yield at_least(f"{count} events, firmware over stock", rate / stock, "times", 100)


def _drain(who: str, broker: Broker, authority: Authority, folder: Path, count: int) -> float:
    search = [ROOT / "edge" / "firmware", FAKES, ROOT, module_path(UMQTT_SIMPLE).parents[1]]
    arguments = (who, str(broker.tls_port), str(authority.der), str(folder / "outbox"), str(count))
    shutil.rmtree(folder / "outbox", ignore_errors=True)
    result = run_file(SCRIPT, search, timeout_s=300, arguments=arguments)
    if result.returncode:
        raise RuntimeError(f"{SCRIPT.name} {who}: {result.stdout}{result.stderr}")
    return float(json.loads(result.stdout.splitlines()[-1])["events_per_s"])


def _reconnects(
    broker: Broker, cloud: Cloud, folder: Path, times: int
) -> tuple[list[float], list[float]]:
    """Return the seconds to the board's birth message: from power-on, and from the broker's."""
    with VirtualBoard(folder / "flash", in_real_time=True) as board:
        board.power_on()
        mqtt = {"host": "localhost", "port": broker.tls_port, "ca": str(folder / "ca.pem")}
        install(board, {"device": "returning", "mqtt": mqtt})
        wait_until(lambda: _births(cloud))
        starts_s = [_until_birth(cloud, board.power_cut, board.power_on) for _ in range(3)]
        returns_s = []
        for number in range(times):
            outage_s = 1 + number % 5 * 2  # of several lengths: the backoff grows
            returns_s.append(_until_birth(cloud, broker.stop, broker.start, outage_s))
    return starts_s, returns_s


def _until_birth(
    cloud: Cloud, end: Callable[[], None], begin: Callable[[], None], outage_s: float = 0.5
) -> float:
    """Take something away for a while; return the seconds from its return to the birth."""
    end()
    time.sleep(outage_s)
    cloud.statuses.clear()
    started = time.monotonic()
    begin()
    wait_until(lambda: _births(cloud))
    return time.monotonic() - started


def _births(cloud: Cloud) -> int:
    return sum(status["state"] == "online" for status in list(cloud.statuses))


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


if __name__ == "__main__":
    main("edge_mqtt", measure)
