"""`shopbell replay`: handle rejected messages again, after what was wrong has been put right."""

import contextlib
import datetime as dt
import json
from dataclasses import dataclass

import click
import psycopg
from psycopg.types.multirange import Multirange

from cloud.app import settings as app_settings
from cloud.app.ingest.decode import Received
from cloud.app.ingest.handler import handle
from cloud.app.services.mqtt import REFUSED_TOPIC
from cloud.app.store import devices
from cloud.app.store.direct import direct_connection
from cloud.app.store.roles import INGEST
from wire import messages


@dataclass(frozen=True)
class Replayed:
    """How many rejected messages were tried again, and how many were accepted."""

    tried: int
    accepted: int


class _RejectedAgainError(Exception):
    pass


@click.command()
@click.option("--reason", default="", help="Only those whose reason contains this text.")
@click.option("--device", default=None, help="Only those of this device.")
def replay(reason: str, device: str | None) -> None:
    """Handle rejected messages again; what is rejected again stays where it is."""
    with direct_connection(app_settings.from_environment(), INGEST) as connection:
        done = replay_rejected(connection, reason=reason, device_id=device)
    click.echo(f"{done.accepted} of {done.tried} rejected messages were accepted")


def replay_rejected(
    connection: psycopg.Connection, *, reason: str = "", device_id: str | None = None
) -> Replayed:
    """Handle rejected messages again, each as if it came when it came."""
    rows = connection.execute(
        """
        SELECT id, topic, payload, device_id, boot, sequences, received_at
        FROM rejected_message
        WHERE replayed_at IS NULL AND strpos(reason, %s) > 0 AND topic <> %s
            AND (%s::text IS NULL OR device_id = %s)
        ORDER BY id
        """,
        # what the broker refused never was a message
        (reason, REFUSED_TOPIC, device_id, device_id),
    ).fetchall()
    return Replayed(len(rows), sum(_try_again(connection, *row) for row in rows))


def _try_again(
    connection: psycopg.Connection,
    id_: int,
    topic: str,
    payload: bytes,
    device_id: str | None,
    boot: int | None,
    sequences: Multirange[int] | None,
    received_at: dt.datetime,
) -> bool:
    with contextlib.suppress(_RejectedAgainError), connection.transaction():
        if sequences and boot is not None and device_id is not None:
            devices.forget_sequences(connection.cursor(), device_id, boot, sequences)
        if boot is not None and _is_event(payload):
            payload = messages.encode({"boot": boot, "oldest": 1, "events": [json.loads(payload)]})
        if handle(connection, [Received(topic, payload)], received_at).rejected:
            # everything is undone, and the record of the first time stays as it was
            raise _RejectedAgainError
        connection.execute("UPDATE rejected_message SET replayed_at = now() WHERE id = %s", (id_,))
        return True
    return False


def _is_event(payload: bytes) -> bool:
    """Tell a single event of a batch from a whole message."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "events" not in value
