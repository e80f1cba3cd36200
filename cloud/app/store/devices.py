"""Devices and how far their boots are committed: the queries that run for every batch of messages.

They use psycopg 3 directly: array parameters are measured to be three times as fast there.
Rows that are changed are locked in the order of their keys, so that workers never wait in a circle.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from psycopg import Cursor
from psycopg.types.json import Jsonb
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from cloud.app.domain.sequence import SequenceLog
from cloud.app.store.direct import json_rows

BootKey = tuple[str, int]


@dataclass(slots=True)
class DeviceRow:
    """A device as the database knows it."""

    id: str
    shop_id: uuid.UUID
    site_id: uuid.UUID
    is_revoked: bool
    is_online: bool
    status: dict[str, object] | None
    status_at: dt.datetime | None
    seen_at: dt.datetime | None


@dataclass(slots=True)
class Boot:
    """One boot of a device: its sequence numbers, and when it began if that is known."""

    shop_id: uuid.UUID
    device_id: str
    number: int
    log: SequenceLog
    started_at_ms: int | None
    # how many of the recorded numbers were rejected
    rejected: int = 0


def find_devices(cursor: Cursor, device_ids: Collection[str]) -> dict[str, DeviceRow]:
    """Return the devices that exist, by id."""
    cursor.execute(
        "SELECT id, shop_id, site_id, revoked_at IS NOT NULL, is_online, status, status_at, seen_at"
        " FROM device WHERE id = ANY(%b)",
        (list(device_ids),),
    )
    return {row[0]: DeviceRow(*row) for row in cursor}


def lock_boots(cursor: Cursor, keys: dict[BootKey, uuid.UUID]) -> dict[BootKey, Boot]:
    """Return the boots with their rows locked until the transaction ends; make those that are
    missing. `keys` gives the shop of each."""
    found = _lock_existing(cursor, keys)
    if len(found) == len(keys):
        return found
    ordered = sorted(keys)
    cursor.execute(
        "INSERT INTO device_boot (shop_id, device_id, boot)"
        " SELECT * FROM unnest(%b::uuid[], %b::text[], %b::bigint[]) ON CONFLICT DO NOTHING",
        ([keys[key] for key in ordered], [key[0] for key in ordered], [key[1] for key in ordered]),
    )
    return _lock_existing(cursor, keys)


def save_boots(cursor: Cursor, boots: Iterable[Boot]) -> None:
    """Write what changed of locked boots."""
    cursor.execute(
        """
        UPDATE device_boot SET
            committed_sequence = new.committed, highest_sequence = new.highest, lost = new.lost,
            oldest_sequence = new.oldest, started_at_ms = new.started_at_ms,
            recorded = new.recorded, rejected = new.rejected
        FROM json_to_recordset(%s) AS new(
            shop_id uuid, device_id text, boot bigint, committed int, highest int, lost int,
            oldest int, started_at_ms bigint, recorded int8multirange, rejected int)
        WHERE device_boot.shop_id = new.shop_id AND device_boot.device_id = new.device_id
            AND device_boot.boot = new.boot
        """,
        (
            json_rows(
                {
                    "shop_id": boot.shop_id,
                    "device_id": boot.device_id,
                    "boot": boot.number,
                    "committed": boot.log.committed,
                    "highest": boot.log.highest,
                    "lost": boot.log.lost,
                    "oldest": boot.log.oldest,
                    "started_at_ms": boot.started_at_ms,
                    "recorded": multirange(boot.log.ranges),
                    "rejected": boot.rejected,
                }
                for boot in boots
            ),
        ),
    )


def known_boots(cursor: Cursor, keys: Collection[BootKey]) -> set[BootKey]:
    """Return those of the boots from which something was heard before."""
    cursor.execute(
        """
        SELECT device_id, boot FROM unnest(%b::text[], %b::bigint[]) AS wanted(device_id, boot)
        WHERE EXISTS (SELECT FROM device_boot AS known WHERE known.device_id = wanted.device_id
                      AND known.boot = wanted.boot)
            OR EXISTS (SELECT FROM device WHERE device.id = wanted.device_id
                       AND (device.status ->> 'boot')::bigint = wanted.boot)
        """,
        ([key[0] for key in keys], [key[1] for key in keys]),
    )
    return {(device_id, boot) for device_id, boot in cursor}


def boots_with_gaps(cursor: Cursor, oldest: dict[BootKey, uuid.UUID]) -> list[BootKey]:
    """Return the boots of devices before these of which something below their highest number has
    not arrived. `oldest` gives the shop of each."""
    cursor.execute(
        """
        SELECT device_id, device_boot.boot FROM device_boot
        JOIN unnest(%b::uuid[], %b::text[], %b::bigint[]) AS held(shop_id, device_id, boot)
            USING (shop_id, device_id)
        WHERE device_boot.boot < held.boot AND committed_sequence < highest_sequence
        """,
        (list(oldest.values()), [key[0] for key in oldest], [key[1] for key in oldest]),
    )
    return [(device_id, boot) for device_id, boot in cursor]


def forget_sequences(cursor: Cursor, device_id: str, boot: int, sequences: Multirange[int]) -> None:
    """Let numbers that were recorded as rejected be recorded again."""
    count = sum(last - first + 1 for first, last in map(_first_and_last, sequences))
    cursor.execute(
        "UPDATE device_boot SET recorded = recorded - %s::int8multirange,"
        " rejected = greatest(0, rejected - %s) WHERE device_id = %s AND boot = %s",
        (sequences, count, device_id, boot),
    )


def lock_devices(cursor: Cursor, device_ids: Collection[str]) -> dict[str, DeviceRow]:
    """Return devices with their rows locked until the transaction ends."""
    cursor.execute(
        "SELECT id, shop_id, site_id, revoked_at IS NOT NULL, is_online, status, status_at, seen_at"
        " FROM device WHERE id = ANY(%b) ORDER BY id FOR NO KEY UPDATE",
        (list(device_ids),),
    )
    return {row[0]: DeviceRow(*row) for row in cursor}


def save_devices(cursor: Cursor, devices: Collection[DeviceRow]) -> None:
    """Write the status and last sign of life of locked devices."""
    cursor.execute(
        """
        UPDATE device SET is_online = new.is_online, status = new.status,
            status_at = new.status_at, seen_at = new.seen_at
        FROM unnest(%b::uuid[], %b::text[], %b::bool[], %s::jsonb[], %b::timestamptz[],
                    %b::timestamptz[])
            AS new(shop_id, id, is_online, status, status_at, seen_at)
        WHERE device.shop_id = new.shop_id AND device.id = new.id
        """,
        (
            [device.shop_id for device in devices],
            [device.id for device in devices],
            [device.is_online for device in devices],
            [None if device.status is None else Jsonb(device.status) for device in devices],
            [device.status_at for device in devices],
            [device.seen_at for device in devices],
        ),
    )


def _lock_existing(cursor: Cursor, keys: dict[BootKey, uuid.UUID]) -> dict[BootKey, Boot]:
    cursor.execute(
        """
        SELECT shop_id, device_id, boot, recorded, oldest_sequence, started_at_ms, rejected
        FROM device_boot
        JOIN unnest(%b::uuid[], %b::text[], %b::bigint[]) AS wanted(shop_id, device_id, boot)
            USING (shop_id, device_id, boot)
        ORDER BY device_id, boot FOR UPDATE OF device_boot
        """,
        (list(keys.values()), [key[0] for key in keys], [key[1] for key in keys]),
    )
    return {
        (device_id, number): Boot(
            shop_id, device_id, number, _log(recorded, oldest), started_at_ms, rejected
        )
        for shop_id, device_id, number, recorded, oldest, started_at_ms, rejected in cursor
    }


def _log(recorded: Multirange[int], oldest: int) -> SequenceLog:
    return SequenceLog([_first_and_last(numbers) for numbers in recorded], oldest)


def _first_and_last(numbers: Range[int]) -> tuple[int, int]:
    # PostgreSQL keeps ranges of integers as [first, behind the last)
    if numbers.lower is None or numbers.upper is None:
        raise ValueError(f"recorded: expected bounded ranges, got {numbers}")
    return numbers.lower, numbers.upper - 1


def multirange(ranges: Iterable[tuple[int, int]]) -> str:
    """Return ranges (first, last) as PostgreSQL writes them."""
    return "{" + ",".join(f"[{first},{last}]" for first, last in ranges) + "}"
