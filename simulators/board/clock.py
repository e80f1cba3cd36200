"""The time of a board's world: the board's own while it runs, so that nothing happens unseen.

A machine under load lets the board wait for a processor. People do not walk on meanwhile: each
request of the board says how late it is (`modules/_clock.py`), and the world follows.
"""

import time


class Clock:
    """Microseconds that never run back; without a running board they are the machine's."""

    def __init__(self) -> None:
        self._started_unix_s = time.time()
        self._board_us: int | None = None
        self._ahead_us = self._began_us = -_machine_us()

    def now_us(self) -> int:
        """Return the present moment."""
        return self._ahead_us + (_machine_us() if self._board_us is None else self._board_us)

    def now_s(self) -> float:
        """Return the present moment in seconds."""
        return self.now_us() / 1e6

    def now_ms(self) -> int:
        """Return the present moment in milliseconds."""
        return self.now_us() // 1000

    def unix_s(self) -> float:
        """Return the time of day in this world."""
        return self._started_unix_s + self.now_us() / 1e6

    def follow(self, board_us: int) -> None:
        """Take the time since the board's start from the board."""
        if self._board_us is None:
            self._ahead_us = self.now_us() - board_us
        self._board_us = board_us

    def let_go(self) -> None:
        """Pass with the machine's time: the board is off, or about to start.

        The world makes up what it has waited for the board: nobody sees it jump.
        """
        self._ahead_us = max(self._began_us, self.now_us() - _machine_us())
        self._board_us = None


def _machine_us() -> int:
    return time.monotonic_ns() // 1000
