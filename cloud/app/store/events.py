"""Events and rejected messages: what ingest writes for every batch of messages."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Cursor

from cloud.app.domain.dating import TimeSource
from cloud.app.domain.site import Site


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


def insert_events(cursor: Cursor, rows: Sequence[EventRow]) -> None:
    """Store events; one that is stored already is left as it is."""
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
        ON CONFLICT DO NOTHING
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


def date_events_again(
    cursor: Cursor, shop_id: uuid.UUID, device_id: str, boot: int, started_at_ms: int
) -> set[uuid.UUID]:
    """Date the events of a boot whose clock became known; return the sites they belong to."""
    cursor.execute(
        """
        UPDATE event SET time_source = 'boot',
            occurred_at = timestamptz 'epoch' + (%(start)s + up_ms) * interval '1 millisecond'
        WHERE shop_id = %(shop)s AND device_id = %(device)s AND boot = %(boot)s
            AND time_source = 'received'
            AND timestamptz 'epoch' + (%(start)s + up_ms) * interval '1 millisecond' <= received_at
        RETURNING site_id
        """,
        {"start": started_at_ms, "shop": shop_id, "device": device_id, "boot": boot},
    )
    return {site_id for (site_id,) in cursor}


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
    """Record what can never succeed, with its reason."""
    cursor.execute(
        """
        INSERT INTO rejected_message (topic, payload, reason, shop_id, device_id, boot, sequence)
        SELECT * FROM unnest(%b::text[], %b::bytea[], %b::text[], %b::uuid[], %b::text[],
                             %b::bigint[], %b::int[])
        """,
        (
            [rejection.topic for rejection in rejections],
            [rejection.payload for rejection in rejections],
            [rejection.reason for rejection in rejections],
            [rejection.shop_id for rejection in rejections],
            [rejection.device_id for rejection in rejections],
            [rejection.boot for rejection in rejections],
            [rejection.sequence for rejection in rejections],
        ),
    )
