"""Looks after every shop whose night has come, many at once: scores, and last month's report."""

import datetime as dt
import logging
import uuid
from functools import lru_cache, partial

from sqlalchemy.orm import Session, sessionmaker

from cloud.app import settings as app_settings
from cloud.app.jobs import monthly
from cloud.app.jobs.parallel import Backend, score_shops
from cloud.app.jobs.runs import Scorer, score_for_night
from cloud.app.jobs.sessions import job_sessions
from cloud.app.store.scoring_queries import due_shops
from cloud.ml.artifacts import key_from

_log = logging.getLogger(__name__)


def score_all_shops(
    sessions: sessionmaker[Session], now: dt.datetime, backend: Backend | None = None
) -> tuple[int, int]:
    """Score the shops whose night has begun; return how many succeeded and how many did not.

    Nights that were missed are caught up by one run. A shop that another process looks after
    meanwhile is left to it.
    """
    with sessions.begin() as session:
        shop_ids = due_shops(session, now)
    failed = 0
    for done, outcome in enumerate(score_shops(shop_ids, partial(_night, now), backend), start=1):
        if outcome.error:
            failed += 1
            _log.error("shop %s: not scored: %s", outcome.shop_id, outcome.error)
        _log.info("%d of %d shops scored", done, len(shop_ids))
    return len(shop_ids) - failed, failed


def _night(now: dt.datetime, shop_id: uuid.UUID) -> None:
    scorer = _scorer()
    if score_for_night(scorer, shop_id, now):
        monthly.make_due_report(scorer.sessions, shop_id, now)


@lru_cache(maxsize=1)
def _scorer() -> Scorer:
    """This process's own connections, by its own settings: no secret travels with a task."""
    settings = app_settings.from_environment()
    return Scorer(job_sessions(settings), key_from(settings.secret_key))
