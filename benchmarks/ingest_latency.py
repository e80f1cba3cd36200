"""From published to committed at 1,000 events a second, and what the disk allows at best."""

import contextlib
import statistics
import time

from benchmarks.house import House, house, percentile
from benchmarks.raw_mqtt import Publisher, event_payload, publish_packet
from benchmarks.report import Figure, Options, at_most, main, plain

DEVICES = 10
RATE_PER_S = 1000
BOOT = 1_700_000_000
COMMITS = 200


def measure(options: Options) -> list[Figure]:
    """Publish at a fixed rate; PostgreSQL itself says when each event was committed."""
    seconds = 20 if options.is_full else 3
    with house(DEVICES, track_commit_timestamp="on") as found, found.worker():
        found.wait_until_connected()
        commit_ms = commit_times_ms(found)
        publish(found, seconds=1, boot=BOOT)
        sent = publish(found, seconds=seconds, boot=BOOT + 1)
        latencies = latencies_ms(found, sent, BOOT + 1)
    return [
        plain("one row committed alone, p50", statistics.median(commit_ms), "ms"),
        plain("one row committed alone, p99", percentile(commit_ms, 0.99), "ms"),
        plain("events", len(latencies), "events"),
        at_most("published to committed, p50", statistics.median(latencies), "ms", 2),
        at_most("published to committed, p99", percentile(latencies, 0.99), "ms", 10),
    ]


def publish(found: House, *, seconds: int, boot: int) -> dict[tuple[str, int], float]:
    """Publish events evenly; return when each was handed to the system."""
    folder = found.broker.folder
    with contextlib.ExitStack() as stack:
        publishers = {
            name: stack.enter_context(
                contextlib.closing(Publisher(folder.host, folder.port, name, password))
            )
            for name, password in found.passwords.items()
        }
        names = list(publishers)
        sent: dict[tuple[str, int], float] = {}
        start = time.perf_counter()
        for number in range(seconds * RATE_PER_S):
            name, sequence = names[number % DEVICES], number // DEVICES + 1
            payload = event_payload(boot, sequence, 1, round(time.time() * 1000))
            packet = publish_packet(publishers[name].topic, payload, sequence % 65_535 + 1)
            while (wait_s := start + number / RATE_PER_S - time.perf_counter()) > 0:
                time.sleep(wait_s)
            sent[name, sequence] = time.time()
            publishers[name].send(packet)
        found.wait_for_events(boot, len(sent))
    return sent


def latencies_ms(found: House, sent: dict[tuple[str, int], float], boot: int) -> list[float]:
    """Return how long each event took, by the database's own record of its commits."""
    query = (
        "SELECT device_id, sequence, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8"
        " FROM event WHERE boot = %s"
    )
    with found.connect() as connection:
        rows = connection.execute(query, (boot,)).fetchall()
    return [(committed - sent[device, number]) * 1000 for device, number, committed in rows]


def commit_times_ms(found: House) -> list[float]:
    """Return how long the disk takes for one row: no design can be faster."""
    times = []
    with found.connect() as connection:
        connection.execute("CREATE TABLE one_row (number int)")
        for number in range(COMMITS):
            start = time.perf_counter()
            connection.execute("INSERT INTO one_row VALUES (%s)", (number,))
            times.append((time.perf_counter() - start) * 1000)
    return times


if __name__ == "__main__":
    main("ingest_latency", measure)
