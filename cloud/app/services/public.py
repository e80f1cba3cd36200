"""What anybody may know of a shop, kept for a moment: a poster in a busy street asks very often."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cloud.app.domain.errors import NotFound

# a door that opens is on the page a second later, however many ask
KEEP_S = 1.0
KEPT_MAX = 10_000


@dataclass(frozen=True)
class Answer:
    """A finished answer, and what tells it from others."""

    body: bytes
    etag: str


class Kept:
    """Answers by slug, each made once in a while; that there is none is remembered as well."""

    def __init__(self, make: Callable[[str], Answer]) -> None:
        self._make = make
        self._answers: dict[str, tuple[float, Answer | None]] = {}
        self._lock = threading.Lock()

    def get(self, slug: str) -> Answer:
        """Return the answer for a slug. Raises NotFound."""
        found = self._answers.get(slug)
        if found is None or time.monotonic() >= found[0]:
            # one asks the database, the others wait for its answer
            with self._lock:
                found = self._answers.get(slug)
                if found is None or time.monotonic() >= found[0]:
                    found = self._renewed(slug)
        if found[1] is None:
            raise NotFound("there is no such shop")
        return found[1]

    def _renewed(self, slug: str) -> tuple[float, Answer | None]:
        if len(self._answers) >= KEPT_MAX:
            self._answers.clear()
        try:
            answer: Answer | None = self._make(slug)
        except NotFound:
            answer = None
        found = (time.monotonic() + KEEP_S, answer)
        self._answers[slug] = found
        return found
