"""Events and rejected messages: what ingest writes for every batch of messages."""

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from psycopg import Cursor

from cloud.app.domain.dating import TimeSource
from cloud.app.domain.site import Site
from cloud.app.store.devices import multirange

# shop, site, Unix time in ms
SiteTime = tuple[uuid.UUID, uuid.UUID, int]
# every time zone's hours begin with a quarter of an hour
QUARTER_MS = 15 * 60 * 1000


@dataclass(slots=True)
class EventRow:
    """An event, ready to be stored."""

    shop_id: uuid.UUID
    device_id: str
    boot: int
    sequence: int
    site_id: uuid.UUID
    kind: str
    occurred_ms: int
    time_source: TimeSource
    up_ms: int
    body: str


@dataclass(slots=True)
class Rejection:
    """A message, or one event of it, that can never succeed."""

    topic: str
    payload: bytes
    reason: str
    shop_id: uuid.UUID | None = None
    device_id: str | None = None
    boot: int | None = None
    sequence: int | None = None
    times: int = 1
    # the numbers that are settled by this record, as (first, last)
    sequences: Sequence[tuple[int, int]] = ()

    @property
    def digest(self) -> bytes:
        """What tells this rejection from others: the same message again has the same."""
        parts = (self.topic.encode(), self.payload, self.reason.encode(), str(self.boot).encode())
        return hashlib.sha256(b"\0".join(parts)).digest()


def insert_events(cursor: Cursor, rows: Sequence[EventRow]) -> None:
    """Store events whose numbers were not recorded before."""
    cursor.execute(
        """
        INSERT INTO event (shop_id, device_id, boot, sequence, site_id, kind, occurred_at,
                           time_source, up_ms, body)
        SELECT shop_id, device_id, boot, sequence, site_id, kind,
               timestamptz 'epoch' + occurred_ms * interval '1 millisecond',
               time_source, up_ms, body::jsonb
        FROM unnest(%b::uuid[], %b::text[], %b::bigint[], %b::int[], %b::uuid[], %b::text[],
                    %b::bigint[], %b::text[], %b::bigint[], %b::text[])
            AS new(shop_id, device_id, boot, sequence, site_id, kind, occurred_ms, time_source,
                   up_ms, body)
        """,
        (
            [row.shop_id for row in rows],
            [row.device_id for row in rows],
            [row.boot for row in rows],
            [row.sequence for row in rows],
            [row.site_id for row in rows],
            [row.kind for row in rows],
            [row.occurred_ms for row in rows],
            [row.time_source for row in rows],
            [row.up_ms for row in rows],
            [row.body for row in rows],
        ),
    )


def note_footfall(cursor: Cursor, times: Collection[SiteTime]) -> None:
    """Note of which sites and times the footfall has to be counted anew."""
    quarters = sorted({(shop_id, site_id, ms - ms % QUARTER_MS) for shop_id, site_id, ms in times})
    cursor.execute(
        """
        INSERT INTO footfall_due (shop_id, site_id, starts_at)
        SELECT shop_id, site_id, timestamptz 'epoch' + starts_ms * interval '1 millisecond'
        FROM unnest(%b::uuid[], %b::uuid[], %b::bigint[]) AS new(shop_id, site_id, starts_ms)
        -- an update locks the row, so that nobody takes the note away before this commits
        ON CONFLICT (shop_id, site_id, starts_at) DO UPDATE SET times = footfall_due.times + 1
        """,
        ([q[0] for q in quarters], [q[1] for q in quarters], [q[2] for q in quarters]),
    )


def date_events_again(
    cursor: Cursor, shop_id: uuid.UUID, device_id: str, boot: int, started_at_ms: int
) -> set[SiteTime]:
    """Date the events of a boot whose clock became known; return the sites they belong to, each
    with its times before and now."""
    cursor.execute(
        """
        UPDATE event SET time_source = 'boot',
            occurred_at = timestamptz 'epoch' + (%(start)s + event.up_ms) * interval '1 millisecond'
        FROM event AS old
        WHERE event.shop_id = %(shop)s AND event.device_id = %(device)s AND event.boot = %(boot)s
            AND old.shop_id = event.shop_id AND old.device_id = event.device_id
            AND old.boot = event.boot AND old.sequence = event.sequence
            AND event.time_source = 'received'
            AND timestamptz 'epoch' + (%(start)s + event.up_ms) * interval '1 millisecond'
                <= event.received_at
        RETURNING event.site_id, old.occurred_at, event.occurred_at
        """,
        {"start": started_at_ms, "shop": shop_id, "device": device_id, "boot": boot},
    )
    return {
        (shop_id, site_id, round(moment.timestamp() * 1000))
        for site_id, *moments in cursor
        for moment in moments
    }


def recount(cursor: Cursor, site: Site) -> None:
    """Count the passages of a site anew from its history."""
    cursor.execute(
        """
        SELECT count(*) FILTER (WHERE kind = 'passage' AND body ->> 'direction' = 'in'),
               count(*) FILTER (WHERE kind = 'passage' AND body ->> 'direction' = 'out'),
               count(*) FILTER (WHERE kind = 'ambiguous_passage')
        FROM event WHERE shop_id = %s AND site_id = %s AND occurred_at > %s
            AND kind IN ('passage', 'ambiguous_passage')
        """,
        (site.shop_id, site.id, site.counted_since or dt.datetime.min.replace(tzinfo=dt.UTC)),
    )
    ((site.entries, site.exits, site.ambiguous),) = cursor
    site.needs_recount = False


def door_moved_at(cursor: Cursor, site: Site) -> dt.datetime | None:
    """Return when the door came to stand as it does, within the boot that said so last."""
    cursor.execute(
        """
        WITH door AS (
            SELECT sequence, occurred_at, (body ->> 'open')::int = 1 AS is_open FROM event
            WHERE shop_id = %(shop)s AND device_id = %(device)s AND boot = %(boot)s
                AND kind = 'door' AND sequence <= %(sequence)s
        )
        SELECT occurred_at FROM door
        WHERE sequence > coalesce((SELECT max(sequence) FROM door WHERE is_open <> %(open)s), 0)
        ORDER BY sequence LIMIT 1
        """,
        {
            "shop": site.shop_id,
            "device": site.door_device_id,
            "boot": site.door_boot,
            "sequence": site.door_sequence,
            "open": site.is_open,
        },
    )
    row = cursor.fetchone()
    return row[0] if row else None


def insert_rejections(cursor: Cursor, rejections: Sequence[Rejection]) -> None:
    """Record what can never succeed, with its reason; count what was recorded before."""
    times: Counter[bytes] = Counter()
    for rejection in rejections:
        times[rejection.digest] += rejection.times
    rows = list({rejection.digest: rejection for rejection in rejections}.values())
    cursor.execute(
        """
        INSERT INTO rejected_message (topic, payload, reason, shop_id, device_id, boot, sequence,
                                      digest, times, sequences)
        SELECT topic, payload, reason, shop_id, device_id, boot, sequence, digest, times,
            sequences::int8multirange
        FROM unnest(%b::text[], %b::bytea[], %b::text[], %b::uuid[], %b::text[],
                    %b::bigint[], %b::int[], %b::bytea[], %b::int[], %b::text[])
            AS new(topic, payload, reason, shop_id, device_id, boot, sequence, digest, times,
                   sequences)
        -- in one order everywhere, so that workers never wait in a circle
        ORDER BY digest
        ON CONFLICT (digest) DO UPDATE SET
            times = rejected_message.times + excluded.times, last_received_at = now(),
            sequences = coalesce(excluded.sequences, rejected_message.sequences)
        """,
        (
            [row.topic for row in rows],
            [row.payload for row in rows],
            [row.reason for row in rows],
            [row.shop_id for row in rows],
            [row.device_id for row in rows],
            [row.boot for row in rows],
            [row.sequence for row in rows],
            [row.digest for row in rows],
            [times[row.digest] for row in rows],
            [multirange(row.sequences) if row.sequences else None for row in rows],
        ),
    )
