"""One listener for each process, which wakes the streams of the shop that has changed."""

import logging
import queue
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress

import psycopg
from sqlalchemy.engine import URL

from cloud.app.api import metrics
from cloud.app.domain.errors import Unavailable

CHANNEL = "live"
# each stream holds one thread of the server, and the rest must go on answering
STREAMS_MAX = 48
_PAUSE_S = 1.0
_PAUSE_MAX_S = 30.0

_log = logging.getLogger(__name__)


class Stream:
    """One browser that watches one shop. Several changes while it is busy wake it once."""

    def __init__(self, streams: "Streams", shop_id: uuid.UUID) -> None:
        self.shop_id = shop_id
        self._streams = streams
        self._signals: queue.Queue[None] = queue.Queue(maxsize=1)

    def wake(self) -> None:
        # when the queue is full it has not read yet, and will then read the newest state
        with suppress(queue.Full):
            self._signals.put_nowait(None)

    def wait(self, timeout_s: float) -> bool:
        """Wait for a change; tell whether there was one."""
        try:
            self._signals.get(timeout=timeout_s)
        except queue.Empty:
            return False
        return True

    @property
    def is_ending(self) -> bool:
        return self._streams.ending.is_set()

    def close(self) -> None:
        self._streams.remove(self)


class Streams:
    """All streams of this process. The listening thread starts with the first one."""

    def __init__(self, database_url: URL, *, streams_max: int = STREAMS_MAX) -> None:
        self.ending = threading.Event()
        self._conninfo = database_url.set(drivername="postgresql").render_as_string(
            hide_password=False
        )
        self._streams_max = streams_max
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def open(self, shop_id: uuid.UUID) -> Stream:
        """Return a new stream. Raises Unavailable when there are too many."""
        stream = Stream(self, shop_id)
        with self._lock:
            if len(self._streams) >= self._streams_max:
                metrics.REFUSED_LISTENERS.inc()
                raise Unavailable("too many live streams at once, ask for /live instead")
            self._streams.add(stream)
            metrics.LISTENERS.inc()
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()
        return stream

    def remove(self, stream: Stream) -> None:
        with self._lock:
            if stream in self._streams:
                self._streams.remove(stream)
                metrics.LISTENERS.dec()

    def end(self) -> None:
        """Let every stream finish, so that the process can stop."""
        self.ending.set()
        self._wake(None)

    def _listen(self) -> None:
        pause_s = _PAUSE_S
        while not self.ending.is_set():
            try:
                for shop_id in self._notifications():
                    pause_s = _PAUSE_S
                    self._wake(shop_id)
            except psycopg.Error:
                if pause_s == _PAUSE_S and not self.ending.is_set():
                    _log.warning("live: the database does not answer, trying again")
                self.ending.wait(pause_s)
                pause_s = min(2 * pause_s, _PAUSE_MAX_S)

    def _notifications(self) -> Iterator[uuid.UUID | None]:
        with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            # something may have changed while nobody listened
            yield None
            for notification in connection.notifies():
                yield uuid.UUID(notification.payload)

    def _wake(self, shop_id: uuid.UUID | None) -> None:
        with self._lock:
            woken = [s for s in self._streams if shop_id is None or s.shop_id == shop_id]
        for stream in woken:
            stream.wake()
