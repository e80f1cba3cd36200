"""When a shop is scored: after its night, after an import or when somebody asks, never twice.

Only one process scores a shop at a time, and only what has changed is computed again: scores are
as of the last day with a purchase, so the same purchases give the same scores.
"""

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.jobs import models, scoring
from cloud.app.services.openings import ring
from cloud.app.services.shops import shop_by_id
from cloud.app.store.roles import act_for
from cloud.app.store.scoring_queries import claimed, fingerprint, night_of, note, scoring_of

# change it when the same purchases would give other scores or documents
VERSION = "5"


class Busy(Exception):
    """Another process scores this shop right now."""


@dataclass(frozen=True)
class Scorer:
    """What scoring needs: the jobs' sessions, and the key that seals models."""

    sessions: sessionmaker[Session]
    key: bytes


def score_for_night(scorer: Scorer, shop_id: uuid.UUID, now: dt.datetime) -> bool:
    """Look after a shop's night unless that is done or being done; return whether we did."""
    with claimed(_engine(scorer.sessions), shop_id) as is_ours:
        if not is_ours:
            return False
        with scorer.sessions.begin() as session:
            act_for(session, shop_id=shop_id)
            night = night_of(now, shop_by_id(session, shop_id).time_zone)
            kept = scoring_of(session, shop_id)
            if kept is not None and kept.night is not None and kept.night >= night:
                return False
        _score_if_changed(scorer, shop_id, now)
        with scorer.sessions.begin() as session:
            act_for(session, shop_id=shop_id)
            note(session, shop_id, night=night)
        return True


def score_when_asked(scorer: Scorer, shop_id: uuid.UUID, now: dt.datetime) -> None:
    """Score a shop whose data changed. Raises Busy while another process scores it."""
    with claimed(_engine(scorer.sessions), shop_id) as is_ours:
        if not is_ours:
            raise Busy
        _score_if_changed(scorer, shop_id, now)


def _score_if_changed(scorer: Scorer, shop_id: uuid.UUID, now: dt.datetime) -> None:
    sessions = scorer.sessions
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        found = fingerprint(session, shop_id, _versions(scorer.key))
        kept = scoring_of(session, shop_id)
        if kept is not None and kept.fingerprint == found:
            note(session, shop_id, state="done", step=None, error=None, finished_at=now)
            return
        note(session, shop_id, state="running", started_at=now, error=None)
    try:
        scoring.score_shop(sessions, shop_id=shop_id, now=now, key=scorer.key)
    except Exception as error:
        _end(sessions, shop_id, state="failed", error=type(error).__name__)
        raise
    _end(sessions, shop_id, state="done", fingerprint=found)


def _end(sessions: sessionmaker[Session], shop_id: uuid.UUID, **values: object) -> None:
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        note(session, shop_id, step=None, finished_at=dt.datetime.now(dt.UTC), **values)
        ring(session, shop_id)


def _versions(key: bytes) -> str:
    """What else scores depend on; with another key the kept models cannot be opened."""
    return " ".join([VERSION, models.versions(), hashlib.sha256(key).hexdigest()])


def _engine(sessions: sessionmaker[Session]) -> Engine:
    engine: Engine = sessions.kw["bind"]
    return engine
