"""Sends messages behind the request, so that its time tells nothing."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import DBAPIError

from cloud.app.services.messengers import Messenger
from cloud.app.services.resets import Letter

_log = logging.getLogger(__name__)


class Post:
    """Hands messages over one after the other, in the background of this process."""

    def __init__(self, messenger: Messenger) -> None:
        self.messenger = messenger
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="post")

    def reaches(self, to: str) -> bool:
        """Tell whether contacts of this kind can be sent to."""
        return self.messenger.reaches(to)

    def send(self, to: str, subject: str, text: str) -> None:
        """Return at once; a message that cannot be sent is noted, and can be asked for again."""
        self._thread.submit(self._hand_over, to, subject, text)

    def later(self, write: Callable[[], Letter | None]) -> None:
        """Return at once; write the letter, if there is to be one, in the background."""
        self._thread.submit(self._write_and_hand_over, write)

    def wait(self) -> None:
        """Wait until what was given so far is handed over."""
        self._thread.submit(lambda: None).result()

    def close(self) -> None:
        """Wait until everything is handed over."""
        self._thread.shutdown()

    def _write_and_hand_over(self, write: Callable[[], Letter | None]) -> None:
        try:
            letter = write()
        except DBAPIError as error:
            _log.error("a message could not be written: %s", type(error).__name__)
            return
        if letter:
            self._hand_over(*letter)

    def _hand_over(self, to: str, subject: str, text: str) -> None:
        try:
            self.messenger.send(to, subject, text)
        except OSError as error:
            # its text may hold the address
            _log.error("a message could not be sent: %s", type(error).__name__)
