"""Waiting for what others do. How fast they are is for the benchmarks: a busy machine is slow."""

import time
from collections.abc import Callable

WITHIN_S = 90.0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds; fail when it does not within the deadline."""
    give_up_at = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < give_up_at, f"expected {what} within {WITHIN_S:g} s"
        time.sleep(0.01)
