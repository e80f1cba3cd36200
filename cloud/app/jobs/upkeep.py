"""What has to be done again and again: footfall, counts of closed shops, months of events."""

import datetime as dt
import logging
import uuid

import procrastinate
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.domain.errors import NotFound
from cloud.app.jobs.cleaning import clean
from cloud.app.jobs.closing import delete_closed_shops
from cloud.app.services.corrections import zero_closed_sites
from cloud.app.settings import Settings
from cloud.app.store import footfall
from cloud.app.store.jobs import COUNT_FOOTFALL_AGAIN, FOOTFALL_LOCK, QUEUE
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Shop

log = logging.getLogger(__name__)

EVERY_MINUTE = "* * * * *"
NIGHTLY = "40 1 * * *"
# more than there are: nothing is dropped
ALL_MONTHS = 1200
KEEP_REJECTIONS = dt.timedelta(days=90)


def register(queue: procrastinate.App, sessions: sessionmaker[Session], settings: Settings) -> None:
    """Add these jobs to the worker's queue."""

    @queue.periodic(cron=EVERY_MINUTE)
    @queue.task(
        name="roll_up_footfall", queue=QUEUE, queueing_lock="roll_up_footfall", lock=FOOTFALL_LOCK
    )
    def roll_up_every_minute(timestamp: int) -> None:
        roll_up_footfall(sessions)

    @queue.task(name=COUNT_FOOTFALL_AGAIN, queue=QUEUE)
    def count_again_when_asked(shop_id: str) -> None:
        count_footfall_again(sessions, uuid.UUID(shop_id))

    @queue.periodic(cron=EVERY_MINUTE)
    @queue.task(name="zero_closed_sites", queue=QUEUE, queueing_lock="zero_closed_sites")
    def zero_every_minute(timestamp: int) -> None:
        zero_all_closed_sites(sessions, dt.datetime.fromtimestamp(timestamp, dt.UTC))

    @queue.periodic(cron=NIGHTLY)
    @queue.task(name="keep_partitions", queue=QUEUE, queueing_lock="keep_partitions")
    def keep_nightly(timestamp: int) -> None:
        now = dt.datetime.fromtimestamp(timestamp, dt.UTC)
        keep_partitions(sessions, settings.event_retention_months, now)
        forget_rejections(sessions, now)
        delete_closed_shops(sessions, now)
        clean(sessions, now)


def roll_up_footfall(sessions: sessionmaker[Session]) -> int:
    """Count the hours anew of which events came; return how many quarters of an hour were due."""
    with sessions.begin() as session:
        shop_ids = footfall.shops_with_footfall_due(session)
    due = 0
    for shop_id in shop_ids:
        with sessions.begin() as session:
            act_for(session, shop_id=shop_id)
            shop = session.get_one(Shop, shop_id)
            due += footfall.roll_up(session, shop_id, shop.time_zone)
    return due


def count_footfall_again(sessions: sessionmaker[Session], shop_id: uuid.UUID) -> None:
    """Count all hours of a shop in its present time zone."""
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        shop = session.get(Shop, shop_id)
        if shop is not None:  # it was not deleted meanwhile
            footfall.count_again(session, shop_id, shop.time_zone)


def zero_all_closed_sites(sessions: sessionmaker[Session], now: dt.datetime) -> int:
    """Set the count of closed shops to zero; return how many doors were corrected."""
    with sessions.begin() as session:
        shop_ids = list(session.scalars(text("SELECT id FROM shop")))
    corrected = 0
    for shop_id in shop_ids:
        with sessions.begin() as session:
            act_for(session, shop_id=shop_id)
            try:
                corrected += zero_closed_sites(session, shop_id, now)
            except NotFound:
                continue  # the shop was deleted meanwhile
    return corrected


def keep_partitions(sessions: sessionmaker[Session], keep_months: int, now: dt.datetime) -> None:
    """Make the next months' tables of events, and drop those that are too old."""
    statement = text("SELECT partition, action FROM keep_event_partitions(:keep_months, :now)")
    # made in one transaction and dropped in another: who makes locks the devices, who drops the
    # events, and ingest has locked the one when it wants the other
    for months in (ALL_MONTHS, keep_months):
        with sessions.begin() as session:
            values = {"keep_months": months, "now": now}
            for partition, action in session.execute(statement, values):
                log.info("events: %s %s", action, partition)


def forget_rejections(sessions: sessionmaker[Session], now: dt.datetime) -> None:
    """Forget messages that were rejected long ago."""
    statement = text("DELETE FROM rejected_message WHERE last_received_at < :before")
    with sessions.begin() as session:
        session.execute(statement, {"before": now - KEEP_REJECTIONS})
