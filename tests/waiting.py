"""Waiting for what others do. How fast they are is for the benchmarks: a busy machine is slow."""

import time
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

WITHIN_S = 90.0


def wait_until(condition: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until a condition holds; fail when it does not within the deadline."""
    give_up_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up_at, f"expected {what} within {within_s:g} s"
        time.sleep(0.01)


def wait_for_lock(session: Session, what: str, *, transactions: int = 1) -> None:
    """Wait until a transaction of the server, or as many, waits for what another one holds."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    wait_until(lambda: session.scalars(waiting).one() >= transactions, what)
