"""Scores are made by the worker; here they are only asked for."""

import uuid

from sqlalchemy.orm import Session

from cloud.app.store.jobs import SCORE_SHOP, enqueue_once
from cloud.app.store.scoring_queries import note_asked


def ask_for_scores(session: Session, shop_id: uuid.UUID) -> None:
    """Let the worker score a shop, once for all who ask before it begins."""
    note_asked(session, shop_id)
    enqueue_once(session, SCORE_SHOP, lock=f"shop:{shop_id}", shop_id=shop_id)
