"""What a device has lost, as its owner sees it: exact over all boots."""

import datetime as dt

import psycopg
from sqlalchemy.orm import Session

from cloud.app.domain.sequence import EventCounts
from cloud.app.ingest.handler import handle
from cloud.app.settings import Settings
from cloud.app.store.connection import engine_for
from cloud.app.store.device_queries import devices_with_counts
from cloud.app.store.roles import APP, act_for
from tests.ingest.conftest import Bakery
from tests.ingest.messages import BOOT, batch, passage, received


def test_twelve_of_4310_events_are_missing(
    bakery: Bakery, ingest_connection: psycopg.Connection, ingest_settings: Settings
) -> None:
    now = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)

    def send(first: int, last: int, boot: int = BOOT, oldest: int = 1) -> None:
        batches = [
            received(
                batch(*map(passage, range(at, min(at + 64, last + 1))), boot=boot, oldest=oldest)
            )
            for at in range(first, last + 1, 64)
        ]
        handle(ingest_connection, batches, now)

    send(1, 300)
    # twelve were dropped while the link was down, two were overtaken, and one is of no use
    send(313, 1000, oldest=313)
    send(1003, 1300, oldest=313)
    send(1, 3010 - 1, boot=BOOT + 1)
    useless = batch({"seq": 3010, "up": 1, "at": None, "kind": "teapot"}, boot=BOOT + 1)
    handle(ingest_connection, [received(useless)], now)

    counts = counted(bakery, ingest_settings)
    assert counts == EventCounts(known=4310, stored=4295, rejected=1, lost=12)
    assert (counts.awaited, counts.sentence) == (2, "12 of 4,310 events missing")
    assert len(bakery.sequences()) == counts.stored


def counted(bakery: Bakery, settings: Settings) -> EventCounts:
    engine = engine_for(settings, APP)
    with Session(engine) as session:
        act_for(session, shop_id=bakery.shop_id)
        (row,) = devices_with_counts(session, bakery.shop_id)
    engine.dispose()
    return EventCounts(int(row.known), int(row.stored), int(row.rejected), int(row.lost))
