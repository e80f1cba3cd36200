"""The ingest worker: a network thread that receives, and a writer that stores and acknowledges.

The writer takes whatever arrived while it was committing, so batches grow with the load and a
lonely event is stored at once. A message is acknowledged to the broker after the commit, and the
device is then told how far it is committed. While the database is away nothing is acknowledged: the
broker's in-flight window fills and it keeps the rest.
"""

import contextlib
import datetime as dt
import logging
import queue
import threading
import time

import psycopg
from paho.mqtt.client import Client, MQTTMessage

from cloud.app.ingest import metrics
from cloud.app.ingest.decode import Received
from cloud.app.ingest.handler import Outcome, handle
from cloud.app.ingest.old_sessions import end_sessions, session_id, try_lock
from cloud.app.ingest.reader import ReadingAhead
from cloud.app.services.commands import message
from cloud.app.services.mqtt import KEEPALIVE_S, REFUSED_TOPIC, SHARE, mqtt_client
from cloud.app.settings import Settings
from cloud.app.store.device_commands import DueCommand, take_due_commands
from cloud.app.store.direct import direct_connection
from cloud.app.store.roles import INGEST
from wire import messages, topics

log = logging.getLogger(__name__)

BATCH_MAX_MESSAGES = 1000
# Mosquitto stops at max_inflight_messages; a broker without such a limit is stopped here.
QUEUE_MAX_MESSAGES = 4000
RETRY_AFTER_S = 1.0
WAKE_EVERY_S = 0.5
COMMANDS_EVERY_S = 0.5
WORKERS_MAX = 16


class Worker:
    """Worker `number` of `workers` side by side. It holds its number by a lock in the database: a
    second process with the same number waits, and takes over the session when the first ends."""

    def __init__(self, settings: Settings, number: int = 0, workers: int = 1) -> None:
        self._settings = settings
        self._number = number
        # the first worker looks after the sessions of those that there are no more
        self._unused = range(workers, WORKERS_MAX) if number == 0 else range(0)
        if settings.metrics_port is not None:
            # workers side by side on one machine have ports side by side
            metrics.serve(settings.metrics_port + number)
        self._link = Link(settings, number, is_shared=workers > 1)
        self._connection: psycopg.Connection | None = None
        self._stopping = threading.Event()
        self._is_database_away = False
        self._is_standing_by = False
        self._commands_due_s = 0.0

    def run(self) -> None:
        """Store what arrives until `stop()`."""
        try:
            while not self._stopping.is_set():
                batch = self._link.take() if self._is_signed_in() else []
                if batch:
                    self._store(batch)
                self._send_commands()
                self._end_unused_sessions()
        finally:
            self._link.close()
            if self._connection is not None:
                self._connection.close()

    def stop(self) -> None:
        """Finish the batch in hand and end; what is not acknowledged stays with the broker."""
        self._stopping.set()

    def _store(self, batch: list[Received]) -> None:
        while not self._stopping.is_set() and self._is_signed_in():
            assert self._connection is not None
            try:
                outcome = handle(self._connection, batch, dt.datetime.now(dt.UTC))
            except psycopg.Error as error:
                self._lose_database(error)
            else:
                metrics.count(outcome, len(batch), time.monotonic() - batch[0].arrived_s)
                self._link.acknowledge(batch, outcome)
                return

    def _send_commands(self) -> None:
        """Send what the owners ask of boards that are online. That it is sent is committed first:
        whatever happens to this process, nothing is sent twice."""
        now_s = time.monotonic()
        if self._connection is None or now_s < self._commands_due_s or not self._link.is_up:
            return
        self._commands_due_s = now_s + COMMANDS_EVERY_S
        try:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                due = take_due_commands(cursor, dt.datetime.now(dt.UTC))
        except psycopg.Error as error:
            self._lose_database(error)
        else:
            self._link.command(due)

    def _end_unused_sessions(self) -> None:
        if not self._unused or self._connection is None or not self._link.is_up:
            return
        try:
            end_sessions(self._settings, self._connection, self._unused)
        except psycopg.Error as error:
            self._lose_database(error)
        except OSError:
            log.debug("the broker is away: the sessions of former workers wait")
        else:
            self._unused = range(0)

    def _is_signed_in(self) -> bool:
        """Return whether the database answers and this worker's number is ours."""
        if self._connection is not None:
            return True
        try:
            connection = direct_connection(self._settings, INGEST)
            is_ours = try_lock(connection, self._number)
        except psycopg.Error as error:
            self._lose_database(error)
            return False
        if not is_ours:
            connection.close()
            self._stand_by()
            return False
        if self._is_database_away:
            log.info("the database is back")
            self._is_database_away = False
        metrics.DATABASE.set(1)
        self._is_standing_by = False
        self._connection = connection
        self._link.open()
        return True

    def _lose_database(self, error: psycopg.Error) -> None:
        if not self._is_database_away:
            log.warning("the database is away, waiting: %s", _first_line(error))
            self._is_database_away = True
            metrics.DATABASE.set(0)
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
        self._stopping.wait(RETRY_AFTER_S)

    def _stand_by(self) -> None:
        if not self._is_standing_by:
            log.info("another process is worker %d: standing by", self._number)
            self._is_standing_by = True
        self._link.close()
        self._stopping.wait(RETRY_AFTER_S)


class Link:
    """The worker's persistent session at the broker."""

    def __init__(self, settings: Settings, number: int, *, is_shared: bool) -> None:
        self._settings = settings
        self._number = number
        self._is_shared = is_shared
        self._queue: queue.SimpleQueue[Received] = queue.SimpleQueue()
        self._connection_number = 0
        self._is_closing = False
        self._is_lost = False
        self._client: ReadingAhead | None = None
        # asked for when it is read: while a commit hangs, nobody else would count
        metrics.WAITING.set_function(lambda: self._queue.qsize())

    def open(self) -> None:
        """Connect, and connect again whenever the connection is lost."""
        if self._client is not None:
            return
        self._is_closing = False
        self._client = self._make_client()
        self._client.connect_async(self._settings.mqtt_host, self._settings.mqtt_port, KEEPALIVE_S)
        self._client.loop_start()

    def close(self) -> None:
        """Leave the session to whoever comes next. What waits here is not acknowledged."""
        if self._client is None:
            return
        self._is_closing = True
        self._client.disconnect()
        self._client.loop_stop()
        self._client = None
        self._queue = queue.SimpleQueue()

    def take(self) -> list[Received]:
        """Return whatever has arrived, at most a batch; wait a moment for the first."""
        batch: list[Received] = []
        with contextlib.suppress(queue.Empty):
            batch.append(self._queue.get(timeout=WAKE_EVERY_S))
            while len(batch) < BATCH_MAX_MESSAGES:
                batch.append(self._queue.get_nowait())
        return batch

    def acknowledge(self, batch: list[Received], outcome: Outcome) -> None:
        """Let the broker forget committed messages, and tell the devices how far they are."""
        client = self._client
        if client is None or not client.is_connected():
            return
        client.acknowledge(
            received.message_id
            for received in batch
            if received.connection_number == self._connection_number
        )
        for (device_id, boot), committed in outcome.committed.items():
            ack = messages.encode({"boot": boot, "seq": committed})
            client.publish(topics.topic(device_id, "ack"), ack, qos=1)

    @property
    def is_up(self) -> bool:
        """Whether the broker is there now."""
        return self._client is not None and self._client.is_connected()

    def command(self, commands: list[DueCommand]) -> None:
        """Send commands to their devices."""
        if self._client is None:
            return
        for due in commands:
            payload = message(due.id, due.name, due.args)
            self._client.publish(topics.topic(due.device_id, "command"), payload, qos=1)

    def _make_client(self) -> ReadingAhead:
        client = mqtt_client(
            self._settings,
            session_id(self._number),
            username=self._settings.mqtt_username,
            password=self._settings.mqtt_password,
            is_persistent=True,
            acknowledges_itself=True,
            of_class=ReadingAhead,
        )
        # acks to the devices: a lost one is repeated, because the device sends again
        client.max_inflight_messages_set(BATCH_MAX_MESSAGES)
        client.max_queued_messages_set(10 * BATCH_MAX_MESSAGES)
        client.reconnect_delay_set(min_delay=1, max_delay=5)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            while self._queue.qsize() >= QUEUE_MAX_MESSAGES and not self._is_closing:
                time.sleep(0.01)
            self._queue.put(
                Received(
                    _topic(message),
                    bytes(message.payload),
                    message.retain,
                    message.mid,
                    self._connection_number,
                    time.monotonic(),
                )
            )
        except Exception:
            # an exception here would end the network thread
            log.exception("a message could not be received")

    def _on_connect(self, client: Client, _data: object, _flags: object, *details: object) -> None:
        reason = details[0]
        if getattr(reason, "is_failure", False):
            self._lose(f"refused: {reason}")
            return
        self._connection_number += 1
        plain = [*(topics.subscription(channel) for channel in topics.UP), REFUSED_TOPIC]
        shared = [f"{SHARE}{filter_}" for filter_ in plain]
        # the session remembers how this worker subscribed when it was started otherwise
        client.unsubscribe(plain if self._is_shared else shared)
        client.subscribe([(filter_, 1) for filter_ in (shared if self._is_shared else plain)])

    def _on_connect_fail(self, *_details: object) -> None:
        self._lose("cannot be reached")

    def _on_disconnect(self, *_details: object) -> None:
        if not self._is_closing:
            self._lose("connection lost")

    def _lose(self, reason: str) -> None:
        if not self._is_lost:
            log.warning("the broker is away, waiting: %s", reason)
            self._is_lost = True
        metrics.BROKER.set(0)

    def _on_subscribe(self, _client: Client, _data: object, _mid: int, *details: object) -> None:
        reasons = details[0]
        if isinstance(reasons, list) and any(reason.is_failure for reason in reasons):
            log.error("the broker refused a subscription: check the ingest's role at the broker")
            return
        log.info("connected to the broker")
        metrics.BROKER.set(1)
        self._is_lost = False


def _topic(message: MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return ""


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
