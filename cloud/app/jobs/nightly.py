"""Scores every shop of the database, many at once."""

import datetime as dt
import logging
import uuid
from functools import lru_cache, partial

from sqlalchemy.orm import Session, sessionmaker

from cloud.app import settings as app_settings
from cloud.app.jobs import scoring
from cloud.app.jobs.parallel import Backend, score_shops
from cloud.app.store import roles
from cloud.app.store.connection import engine_for

_log = logging.getLogger(__name__)


def score_all_shops(
    sessions: sessionmaker[Session], now: dt.datetime, backend: Backend | None = None
) -> tuple[int, int]:
    """Score every shop; return how many succeeded and how many did not."""
    shop_ids = scoring.shop_ids(sessions)
    failed = 0
    for done, outcome in enumerate(score_shops(shop_ids, partial(_score, now), backend), start=1):
        if outcome.error:
            failed += 1
            _log.error("shop %s: not scored: %s", outcome.shop_id, outcome.error)
        _log.info("%d of %d shops scored", done, len(shop_ids))
    return len(shop_ids) - failed, failed


def _score(now: dt.datetime, shop_id: uuid.UUID) -> None:
    scoring.score_shop(_sessions(), shop_id=shop_id, now=now)


@lru_cache(maxsize=1)
def _sessions() -> sessionmaker[Session]:
    """This process's own connections, by its own settings: no secret travels with a task."""
    engine = engine_for(app_settings.from_environment(), roles.JOBS)
    return sessionmaker(engine, expire_on_commit=False)
