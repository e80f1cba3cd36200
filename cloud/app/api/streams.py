"""One listener for each process, which wakes the streams of the shop that has changed."""

import enum
import logging
import threading
import time
import uuid
from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar, cast

import psycopg
from sqlalchemy.engine import URL

from cloud.app.api import metrics
from cloud.app.domain.errors import Unavailable

# each stream holds one thread of the server, and the rest must go on answering
STREAMS_MAX = 48
# streams that nothing has woken look at different moments, and a sensor goes silent with time
SHARED_S = 1.0
_PAUSE_S = 1.0
_PAUSE_MAX_S = 30.0

Found = TypeVar("Found")


class News(enum.IntEnum):
    """What may have changed since a stream has last looked."""

    NOTHING = 0
    LIVE = 1
    ALL = 2


CHANNELS = {"live": News.LIVE, "shop": News.ALL}

_log = logging.getLogger(__name__)


class Shared:
    """What the streams of one shop find out together: a change wakes them all at once, and one of
    them looks."""

    def __init__(self) -> None:
        self.changes = 0
        self.streams = 0
        self._lock = threading.Lock()
        self._found: dict[Hashable, tuple[int, float, Any]] = {}

    def get(self, key: Hashable, look: Callable[[], Found]) -> Found:
        """Return what was found since the last change, and at most a moment ago."""
        with self._lock:
            changes, until_s, found = self._found.get(key, (-1, 0.0, None))
            if changes != self.changes or time.monotonic() >= until_s:
                # what changes while it looks is looked at again
                changes = self.changes
                found = look()
                self._found[key] = (changes, time.monotonic() + SHARED_S, found)
            return cast(Found, found)


class Stream:
    """One browser that watches one shop. Several changes while it is busy wake it once."""

    def __init__(self, streams: "Streams", shop_id: uuid.UUID, shared: Shared) -> None:
        self.shop_id = shop_id
        self.shared = shared
        self._streams = streams
        self._news = News.NOTHING
        self._woken = threading.Condition()

    def wake(self, news: News) -> None:
        with self._woken:
            self._news = max(self._news, news)
            self._woken.notify()

    def wait(self, timeout_s: float) -> News:
        """Wait for a change; return what may have changed, all that has come together."""
        with self._woken:
            self._woken.wait_for(lambda: self._news, timeout_s)
            news, self._news = self._news, News.NOTHING
        return news

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
        self._shops: dict[uuid.UUID, Shared] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def open(self, shop_id: uuid.UUID) -> Stream:
        """Return a new stream. Raises Unavailable when there are too many."""
        with self._lock:
            if len(self._streams) >= self._streams_max:
                metrics.REFUSED_LISTENERS.inc()
                raise Unavailable("too many live streams at once, ask for /live instead")
            shared = self._shops.setdefault(shop_id, Shared())
            shared.streams += 1
            stream = Stream(self, shop_id, shared)
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
                stream.shared.streams -= 1
                if not stream.shared.streams:
                    del self._shops[stream.shop_id]
                metrics.LISTENERS.dec()

    def end(self) -> None:
        """Let every stream finish, so that the process can stop."""
        self.ending.set()
        self._wake(None, News.ALL)

    def _listen(self) -> None:
        pause_s = _PAUSE_S
        while not self.ending.is_set():
            try:
                for shop_id, news in self._notifications():
                    pause_s = _PAUSE_S
                    self._wake(shop_id, news)
            except psycopg.Error:
                if pause_s == _PAUSE_S and not self.ending.is_set():
                    _log.warning("live: the database does not answer, trying again")
                self.ending.wait(pause_s)
                pause_s = min(2 * pause_s, _PAUSE_MAX_S)

    def _notifications(self) -> Iterator[tuple[uuid.UUID | None, News]]:
        with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as connection:
            for channel in CHANNELS:
                connection.execute(f"LISTEN {channel}")
            # something may have changed while nobody listened
            yield None, News.ALL
            for notification in connection.notifies():
                yield uuid.UUID(notification.payload), CHANNELS[notification.channel]

    def _wake(self, shop_id: uuid.UUID | None, news: News) -> None:
        with self._lock:
            woken = [s for s in self._streams if shop_id is None or s.shop_id == shop_id]
            for shared in {stream.shared for stream in woken}:
                shared.changes += 1
        for stream in woken:
            stream.wake(news)
