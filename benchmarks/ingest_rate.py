"""Durable events a second of the ingest worker, against paho and PostgreSQL alone.

The messages wait at the broker before the worker starts, so that no publisher takes its time. The
limits are measured in the same way: paho alone empties the same queue, PostgreSQL alone inserts the
same rows in batches of a thousand.
"""

import datetime as dt
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
from paho.mqtt.client import Client, MQTTMessage

from benchmarks.house import House, house, wait_until
from benchmarks.raw_mqtt import Publisher, event_payload, publish_packet
from benchmarks.report import Figure, Options, at_least, at_most, main, plain
from cloud.app.services.mqtt import mqtt_client
from cloud.app.store.direct import direct_connection
from cloud.app.store.events import EventRow, insert_events
from cloud.app.store.roles import INGEST
from wire import topics

DEVICES = 50
BATCH = 1000
EVENTS_IN_BATCH = 32
RUNS = 3
# messages that one device has on its way before the next one speaks
BURST = 20
YEAR_S = 365 * 86_400
# one for each core
FILLERS = 2


def measure(options: Options) -> list[Figure]:
    """Every figure, in one house."""
    n_messages = 60_000 if options.is_full else 10_000
    n_rows = 20_000_000 if options.is_full else 100_000
    runs = RUNS if options.is_full else 1
    with house(DEVICES, max_wal_size="4GB") as found:
        rate = _Rates(found, n_messages)
        # each round measures everything once: what the machine does besides hits all alike
        rounds = [rate.measure() for _ in range(runs)]
        paho, insert, one, two, batched = (statistics.median(r) for r in zip(*rounds, strict=True))
        before = statistics.median(rate.handled() for _ in range(RUNS))
        fill(found, n_rows)
        after = statistics.median(rate.handled() for _ in range(RUNS))
    slower = min(paho, insert)
    return [
        plain("paho alone, QoS 1", paho, "messages/s"),
        plain("PostgreSQL alone, 1,000 events a commit", insert, "events/s"),
        plain("one worker, one event a message", one, "events/s"),
        at_least("one worker against the slower of the two", one / slower, "share", 0.8),
        plain("two workers, one event a message", two, "events/s"),
        at_least("two workers against one", two / one, "share", 1.0),
        plain(f"one worker, {EVENTS_IN_BATCH} events a message", batched, "events/s"),
        at_least("events in batches against the inserts", batched / insert, "share", 0.6),
        plain("one worker's handler, empty table", before, "events/s"),
        plain(f"one worker's handler, {n_rows:,} rows", after, "events/s"),
        at_most("loss of rate in the full table", 1 - after / before, "share", 0.2),
    ]


class _Rates:
    """Measures rates on one house; each measurement uses boots of its own."""

    def __init__(self, found: House, n_messages: int) -> None:
        self._house = found
        self._n = n_messages
        self._boot = 1_700_000_000

    def measure(self) -> tuple[float, float, float, float, float]:
        """Return (paho, insert, one worker, two workers, one worker with batches)."""
        return (self.paho(), self.insert(), self.worker(1), self.worker(2), self.batches())

    def paho(self) -> float:
        """Receive and acknowledge with paho, and do nothing else."""
        client = self._client("bench-paho")
        self._remember_session(client)
        self._publish(self._n, 1)
        received = _Counter(self._n)
        client = self._client("bench-paho")
        client.on_message = received.count
        return self._timed(client, received)

    def insert(self) -> float:
        """Insert the same rows without a broker."""
        self._boot += 1
        rows = [self._row(number) for number in range(1, self._n + 1)]
        with direct_connection(self._house.settings, INGEST) as connection:
            start = time.perf_counter()
            for at in range(0, len(rows), BATCH):
                with connection.transaction(), connection.cursor() as cursor:
                    insert_events(cursor, rows[at : at + BATCH])
            return len(rows) / (time.perf_counter() - start)

    def worker(self, workers: int, events: int = 1) -> float:
        """Let workers empty a full queue."""
        n_messages = max(1, self._n // events // DEVICES) * DEVICES
        for number in range(workers):
            with self._house.worker(number, workers):
                self._house.wait_until_connected(number)
        self._publish(n_messages, events)
        before = self._recorded()
        expected = before + n_messages * events
        return self._drain(workers, before, expected)

    def batches(self) -> float:
        """Let a worker empty a queue of full batches."""
        return self.worker(1, EVENTS_IN_BATCH)

    def handled(self) -> float:
        """Return the rate of the handler alone, which sees the growing table."""
        from cloud.app.ingest.decode import Received
        from cloud.app.ingest.handler import handle

        self._boot += 1
        at_ms = round(time.time() * 1000)
        messages = [
            Received(
                topics.topic(f"d-{number % DEVICES}", "event"),
                event_payload(self._boot, number // DEVICES + 1, 1, at_ms),
            )
            for number in range(self._n)
        ]
        with direct_connection(self._house.settings, INGEST) as connection:
            start = time.perf_counter()
            for at in range(0, len(messages), BATCH):
                handle(connection, messages[at : at + BATCH], dt.datetime.now(dt.UTC))
            return len(messages) / (time.perf_counter() - start)

    def _drain(self, workers: int, before: int, expected: int) -> float:
        started = [self._house.start_worker(number, workers) for number in range(workers)]
        try:
            with self._house.connect() as connection:
                begin = _wait_for_events(connection, before)
                at_begin = _count(connection)
                _wait_for_events(connection, expected - 1)
                return (expected - at_begin) / (time.perf_counter() - begin)
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait()

    def _recorded(self) -> int:
        with self._house.connect() as connection:
            return _count(connection)

    def _publish(self, n_messages: int, events: int) -> None:
        """Send to the broker, device after device in bursts, and wait until it has everything."""
        self._boot += 1
        folder = self._house.broker.folder
        publishers = [
            Publisher(folder.host, folder.port, device, password)
            for device, password in self._house.passwords.items()
        ]
        each = n_messages // len(publishers)
        at_ms = round(time.time() * 1000)
        for start in range(0, each, BURST):
            for publisher in publishers:
                numbers = range(start, min(start + BURST, each))
                publisher.send(
                    b"".join(
                        publish_packet(
                            publisher.topic,
                            event_payload(self._boot, number * events + 1, events, at_ms),
                            number % 65_535 + 1,
                        )
                        for number in numbers
                    )
                )
        for publisher in publishers:
            wait_until(lambda p=publisher: p.acknowledged >= each, "the broker's word")  # type: ignore[misc]
            publisher.close()

    def _remember_session(self, client: Client) -> None:
        client.on_subscribe = lambda *_: client.disconnect()
        client.on_connect = lambda c, *_: c.subscribe(topics.subscription("event"), qos=1)
        self._connect(client)
        client.loop_forever()

    def _timed(self, client: Client, received: "_Counter") -> float:
        self._connect(client)
        client.loop_start()
        received.done.wait()
        client.unsubscribe(topics.subscription("event"))
        client.disconnect()
        client.loop_stop()
        return received.rate

    def _client(self, name: str) -> Client:
        settings = self._house.settings
        return mqtt_client(
            settings,
            name,
            username=settings.mqtt_username,
            password=settings.mqtt_password,
            is_persistent=True,
            of_class=Client,
        )

    def _connect(self, client: Client) -> None:
        folder = self._house.broker.folder
        client.connect(folder.host, folder.port)

    def _row(self, number: int) -> EventRow:
        return EventRow(
            self._house.shop_id,
            f"d-{number % DEVICES}",
            self._boot,
            number // DEVICES + 1,
            self._house.site_id,
            "passage",
            round(time.time() * 1000),
            "device",
            number,
            '{"sensor":0,"direction":"in","confidence":95}',
        )


class _Counter:
    """Counts messages, and the time from the first to the last."""

    def __init__(self, expected: int) -> None:
        self.done = threading.Event()
        self._left = self._expected = expected
        self._start = 0.0
        self.rate = 0.0

    def count(self, _client: Client, _data: object, _message: MQTTMessage) -> None:
        if self._left == self._expected:
            self._start = time.perf_counter()
        self._left -= 1
        if self._left == 0:
            self.rate = self._expected / (time.perf_counter() - self._start)
            self.done.set()


def fill(found: House, n_rows: int) -> None:
    """Fill the table with a year of events of a device that is not measured."""
    with found.connect() as connection:
        with ThreadPoolExecutor(FILLERS) as pool:
            parts = range(1, FILLERS + 1)
            list(pool.map(lambda first: _fill_part(found, first, n_rows), parts))
        connection.execute("VACUUM ANALYZE event")
        connection.execute("CHECKPOINT")


def _fill_part(found: House, first: int, n_rows: int) -> None:
    with found.connect() as connection:
        # the rows are right by construction; checking 20 million keys is not what is measured
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            """
            INSERT INTO event (shop_id, device_id, boot, sequence, site_id, kind, occurred_at,
                               time_source, up_ms, body)
            SELECT %s, 'd-' || n %% %s, 1, n, %s, 'passage',
                   now() - (%s * (1 - n::float8 / %s)) * interval '1 second', 'device', n,
                   '{"sensor": 0, "direction": "in", "confidence": 95}'
            FROM generate_series(%s, %s, %s) AS n
            """,
            (found.shop_id, DEVICES, found.site_id, YEAR_S, n_rows, first, n_rows, FILLERS),
        )


def _wait_for_events(connection: psycopg.Connection, above: int) -> float:
    wait_until(lambda: _count(connection) > above, f"more than {above} events", within_s=60)
    return time.perf_counter()


def _count(connection: psycopg.Connection) -> int:
    # what the boots have recorded: counting the events themselves would take the worker's time
    query = "SELECT coalesce(sum(highest_sequence), 0) FROM device_boot"
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    main("ingest_rate", measure)
