"""The live state of sites, locked and written by ingest, and the bell that tells listeners."""

import uuid
from collections.abc import Collection

from psycopg import Cursor

from cloud.app.domain.site import Site
from cloud.app.store.direct import json_rows

CHANNEL = "live"
SiteKey = tuple[uuid.UUID, uuid.UUID]


def lock_sites(cursor: Cursor, keys: Collection[SiteKey]) -> dict[SiteKey, Site]:
    """Return sites with their state locked until the transaction ends; make what is missing."""
    found = _lock_existing(cursor, keys)
    if len(found) == len(keys):
        return found
    ordered = sorted(keys)
    cursor.execute(
        "INSERT INTO site_state (shop_id, site_id)"
        " SELECT * FROM unnest(%b::uuid[], %b::uuid[]) ON CONFLICT DO NOTHING",
        ([key[0] for key in ordered], [key[1] for key in ordered]),
    )
    return _lock_existing(cursor, keys)


def save_sites(cursor: Cursor, sites: Collection[Site]) -> None:
    """Write the state of locked sites, each with a new version."""
    cursor.execute(
        """
        UPDATE site_state SET
            is_open = new.is_open, door_changed_at = new.door_changed_at,
            door_device_id = new.door_device_id, door_boot = new.door_boot,
            door_sequence = new.door_sequence, counted_since = new.counted_since,
            entries = new.entries, exits = new.exits, ambiguous = new.ambiguous,
            last_event_at = new.last_event_at, starting_inside = new.starting_inside,
            version = version + 1
        FROM json_to_recordset(%s) AS new(
            shop_id uuid, id uuid, is_open bool, door_changed_at timestamptz, door_device_id text,
            door_boot bigint, door_sequence int, counted_since timestamptz, entries int, exits int,
            ambiguous int, last_event_at timestamptz, starting_inside int)
        WHERE site_state.shop_id = new.shop_id AND site_state.site_id = new.id
        """,
        (json_rows(sites),),
    )


def ring(cursor: Cursor, shop_ids: Collection[uuid.UUID]) -> None:
    """Tell whoever listens that the live state of these shops changed, when this commits."""
    cursor.execute(
        "SELECT pg_notify(%s, shop_id::text) FROM unnest(%b::uuid[]) AS shop_id",
        (CHANNEL, list(shop_ids)),
    )


def _lock_existing(cursor: Cursor, keys: Collection[SiteKey]) -> dict[SiteKey, Site]:
    cursor.execute(
        "SELECT shop_id, site_id, is_open, door_changed_at, door_device_id, door_boot,"
        " door_sequence, counted_since, entries, exits, ambiguous, last_event_at, starting_inside"
        " FROM site_state"
        " JOIN unnest(%b::uuid[], %b::uuid[]) AS wanted(shop_id, site_id)"
        " USING (shop_id, site_id) ORDER BY shop_id, site_id FOR UPDATE OF site_state",
        ([key[0] for key in keys], [key[1] for key in keys]),
    )
    return {(row[0], row[1]): Site(*row) for row in cursor}
