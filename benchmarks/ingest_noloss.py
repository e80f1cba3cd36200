"""Workers, broker, database and devices are killed in turn under load; then everything is counted.

The broker keeps nothing over a kill. A device keeps its events in a file, as a board does in flash,
until the cloud says that they are committed. Every position that a device was told is compared with
the moment at which PostgreSQL committed the events below it.
"""

import itertools
import multiprocessing
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event as Signal
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.house import House, house
from benchmarks.report import Figure, Options, at_least, at_most, main, plain
from wire import messages, topics

DEVICES = 6
WORKERS = 2
TICK_S = 0.05
EVENTS_PER_TICK = 5
SEND_AGAIN_AFTER_S = 1.0
DOWN_S = 0.3
BETWEEN_KILLS_S = 0.7
SETTLED_WITHIN_S = 120.0

_spawn = multiprocessing.get_context("spawn")


def measure(options: Options) -> list[Figure]:
    """Kill, wait until every device was told that everything is committed, and count."""
    n_kills = 60 if options.is_full else 8
    with house(DEVICES, track_commit_timestamp="on") as found:
        forget_on_kill(found)
        scene = Scene(found)
        scene.start()
        try:
            scene.kill_in_turn(n_kills)
            scene.settle()
        finally:
            scene.end()
        return count(found, n_kills)


def forget_on_kill(found: House) -> None:
    """Let the broker keep nothing on disk but its credentials."""
    found.broker.stop()
    configuration = found.broker.folder.configuration
    configuration.write_text(
        configuration.read_text().replace("persistence true", "persistence false")
    )
    found.broker.start()


class Scene:
    """Everything that may be killed."""

    def __init__(self, found: House) -> None:
        self._house = found
        self._is_over = _spawn.Event()
        self._workers = [found.start_worker(number, WORKERS) for number in range(WORKERS)]
        self._devices: dict[str, SpawnProcess] = {}

    def start(self) -> None:
        for number in range(WORKERS):
            self._house.wait_until_connected(number)
        for name in self._house.passwords:
            self._start_device(name)

    def kill_in_turn(self, n_kills: int) -> None:
        names = itertools.cycle(self._house.passwords)
        numbers = itertools.cycle(range(WORKERS))
        turns: list[Callable[[], None]] = [
            lambda: self._kill_worker(next(numbers)),
            self._kill_broker,
            self._kill_database,
            lambda: self._kill_device(next(names)),
        ]
        for _, kill in zip(range(n_kills), itertools.cycle(turns), strict=False):
            kill()
            time.sleep(BETWEEN_KILLS_S)

    def settle(self) -> None:
        """Let the devices see nothing more, and wait until all was committed."""
        self._is_over.set()
        for process in self._devices.values():
            process.join(SETTLED_WITHIN_S)

    def end(self) -> None:
        self._is_over.set()
        for process in self._devices.values():
            process.kill()
        for worker in self._workers:
            worker.kill()
            worker.wait()

    def _kill_worker(self, number: int) -> None:
        self._workers[number].kill()
        self._workers[number].wait()
        time.sleep(DOWN_S)
        self._workers[number] = self._house.start_worker(number, WORKERS)

    def _kill_broker(self) -> None:
        self._house.broker.kill()
        time.sleep(DOWN_S)
        self._house.broker.start()

    def _kill_database(self) -> None:
        self._house.database.kill()
        time.sleep(DOWN_S)
        self._house.database.start()

    def _kill_device(self, name: str) -> None:
        self._devices[name].kill()
        self._devices[name].join()
        time.sleep(DOWN_S)
        self._start_device(name)

    def _start_device(self, name: str) -> None:
        folder = self._house.broker.folder
        flash = flash_of(self._house, name)
        password = self._house.passwords[name]
        arguments = (folder.host, folder.port, name, password, flash, self._is_over)
        self._devices[name] = _spawn.Process(target=run_device, args=arguments, daemon=True)
        self._devices[name].start()


def run_device(
    host: str, port: int, name: str, password: str, flash: Path, is_over: Signal
) -> None:
    """See events until told to stop, and end when the cloud has committed every one of them."""
    device = Device(host, port, name, password, flash)
    while not is_over.is_set():
        device.tick(EVENTS_PER_TICK)
        time.sleep(TICK_S)
    while device.tick(0):
        time.sleep(TICK_S)


class Device:
    """A device whose flash is a file: what it has seen survives a kill of its process."""

    def __init__(self, host: str, port: int, name: str, password: str, flash: Path) -> None:
        self._name = name
        self._flash = open_flash(flash)
        ((latest,),) = self._flash.execute("SELECT coalesce(max(boot), 0) FROM seen")
        self._boot = latest + 1
        self._sequence = 0
        self._sent_at: dict[int, float] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, name)
        self._client.username_pw_set(name, password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic("ack"), qos=1)
        self._client.on_message = self._on_ack
        self._client.connect_async(host, port)
        self._client.loop_start()

    def tick(self, n_events: int) -> bool:
        """See so many events and send what is due; tell whether anything is left to send."""
        at_ms = round(time.time() * 1000)
        for _ in range(n_events):
            self._sequence += 1
            row = (self._boot, self._sequence, at_ms)
            self._flash.execute("INSERT INTO seen (boot, sequence, at_ms) VALUES (?, ?, ?)", row)
        waiting = self._flash.execute(
            "SELECT boot, min(sequence) FROM seen WHERE NOT is_committed GROUP BY boot"
        ).fetchall()
        if self._client.is_connected():
            for boot, oldest in waiting:
                self._send(boot, oldest)
        return bool(waiting)

    def _send(self, boot: int, oldest: int) -> None:
        now = time.monotonic()
        if boot != self._boot and now - self._sent_at.get(boot, 0) < SEND_AGAIN_AFTER_S / 4:
            return
        self._sent_at[boot] = now
        rows = self._flash.execute(
            "SELECT sequence, at_ms FROM seen WHERE boot = ? AND NOT is_committed"
            " ORDER BY sequence LIMIT ?",
            (boot, messages.BATCH_MAX_EVENTS),
        )
        events = [
            {"seq": sequence, "up": sequence, "at": at_ms, "kind": "passage", "sensor": 0}
            | {"direction": "in" if sequence % 2 else "out", "confidence": 90}
            for sequence, at_ms in rows
        ]
        if events:
            batch = {"boot": boot, "oldest": oldest, "events": events}
            self._client.publish(self._topic("event"), messages.encode(batch), qos=1)

    def _on_ack(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        told_at = time.time()
        ack = messages.decode_ack(message.payload)
        row = (ack["boot"], ack["seq"])
        self._flash.execute("INSERT INTO told VALUES (?, ?, ?)", (*row, told_at))
        self._flash.execute(
            "UPDATE seen SET is_committed = 1 WHERE boot = ? AND sequence <= ?", row
        )

    def _topic(self, channel: str) -> str:
        topic: str = topics.topic(self._name, channel)
        return topic


def flash_of(found: House, name: str) -> Path:
    """Return the file of a device."""
    return found.folder / f"{name}.flash"


def open_flash(path: Path) -> sqlite3.Connection:
    """Open a device's file; make its tables when it is new."""
    flash = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    flash.executescript("""
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = OFF;
        CREATE TABLE IF NOT EXISTS seen (
            boot INTEGER, sequence INTEGER, at_ms INTEGER, is_committed INTEGER DEFAULT 0,
            PRIMARY KEY (boot, sequence));
        CREATE TABLE IF NOT EXISTS told (boot INTEGER, sequence INTEGER, told_at REAL);
    """)
    return flash


def count(found: House, n_kills: int) -> list[Figure]:
    """Compare what the devices have seen and were told with what the database holds."""
    committed_at = stored_events(found)
    seen: set[tuple[str, int, int]] = set()
    told: list[tuple[str, int, int, float]] = []
    for name in found.passwords:
        with closing(open_flash(flash_of(found, name))) as flash:
            rows = flash.execute("SELECT boot, sequence FROM seen").fetchall()
            seen |= {(name, boot, sequence) for boot, sequence in rows}
            told += [(name, *row) for row in flash.execute("SELECT * FROM told")]
    with found.connect() as connection:
        query = (
            "SELECT (SELECT count(*) FROM event), (SELECT sum(entries + exits) FROM site_state),"
            " (SELECT sum(lost) FROM device_boot), (SELECT count(*) FROM rejected_message)"
        )
        ((n_rows, n_counted, n_called_lost, n_rejected),) = connection.execute(query).fetchall()
    return [
        plain("kills", n_kills, "kills"),
        at_least("events seen by devices", len(seen), "events", 1),
        at_most("lost", len(seen - committed_at.keys()), "events", 0),
        at_most("doubled", n_rows - len(committed_at), "events", 0),
        at_most("stored but never seen", len(committed_at.keys() - seen), "events", 0),
        at_most("wrong in the live count", abs(int(n_counted) - n_rows), "people", 0),
        at_most("called lost by the cloud", int(n_called_lost), "events", 0),
        at_most("rejected", n_rejected, "messages", 0),
        plain("positions told", len(told), "positions"),
        at_most("positions ahead of the database", ahead(told, committed_at), "positions", 0),
    ]


def stored_events(found: House) -> dict[tuple[str, int, int], float]:
    """Return when each stored event was committed."""
    query = (
        "SELECT device_id, boot, sequence,"
        " extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 FROM event"
    )
    with found.connect() as connection:
        return {(d, b, s): at for d, b, s, at in connection.execute(query)}


def ahead(
    told: list[tuple[str, int, int, float]], committed_at: dict[tuple[str, int, int], float]
) -> int:
    """Return how many positions a device was told before everything up to them was committed."""
    complete_at: dict[tuple[str, int, int], float] = {}
    for (device, boot, sequence), at in sorted(committed_at.items()):
        before = complete_at.get((device, boot, sequence - 1), 0.0 if sequence == 1 else None)
        if before is None:
            continue
        complete_at[device, boot, sequence] = max(before, at)
    return sum(
        sequence > 0 and complete_at.get((device, boot, sequence), float("inf")) > told_at
        for device, boot, sequence, told_at in told
    )


if __name__ == "__main__":
    main("ingest_noloss", measure)
