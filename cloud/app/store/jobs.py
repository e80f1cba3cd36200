"""Enqueueing jobs in the transaction that needs them.

The API knows the names of the jobs only; the worker that has the code is another process.
"""

import json

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

QUEUE = "shopbell"
RUN_IMPORT = "run_import"
UNDO_IMPORT = "undo_import"
SCORE_SHOP = "score_shop"
MAKE_REPORT = "make_report"
COUNT_FOOTFALL_AGAIN = "count_footfall_again"
# whoever counts hours counts alone: a count that began earlier would overwrite a later one
FOOTFALL_LOCK = "footfall"

_DEFER = text("""
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW(:queue, :task, 0, :lock, :waiting_lock, CAST(:args AS jsonb), NULL)
    ]::procrastinate_job_to_defer_v1[])
""")

# workers pass over what is locked
_KEEP_WAITING = text("""
    SELECT id FROM procrastinate_jobs WHERE queueing_lock = :waiting_lock AND status = 'todo'
    FOR SHARE
""")


def enqueue(session: Session, task: str, *, lock: str, **args: object) -> None:
    """Enqueue a job; jobs with the same lock run one after the other."""
    session.execute(_DEFER, _values(task, lock, None, args))


def enqueue_once(session: Session, task: str, *, lock: str, **args: object) -> None:
    """Enqueue a job unless the same one is waiting already, which then begins after this
    transaction has ended and sees what it has stored."""
    values = _values(task, lock, f"{task}:{lock}", args)
    is_enqueued = False
    while not is_enqueued:
        try:
            with session.begin_nested():
                session.execute(_DEFER, values)
            is_enqueued = True
        except IntegrityError:
            # unless a worker has begun with it in this moment
            is_enqueued = session.scalar(_KEEP_WAITING, values) is not None


def _values(
    task: str, lock: str, waiting_lock: str | None, args: dict[str, object]
) -> dict[str, object]:
    encoded = json.dumps(args, default=str)
    return {
        "queue": QUEUE, "task": task, "lock": lock, "waiting_lock": waiting_lock, "args": encoded
    }  # fmt: skip
