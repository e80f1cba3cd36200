"""Sessions at the broker of workers that there are no more.

A persistent session goes on collecting messages when nobody comes for it: after two workers have
become one, the broker would keep a copy of everything for the second, until it has no room left.
"""

from collections.abc import Iterable

import psycopg
from paho.mqtt.client import Client

from cloud.app.services.mqtt import KEEPALIVE_S, mqtt_client
from cloud.app.settings import Settings

# the first half of the advisory lock that a worker holds, the second is its number
LOCK_CLASS = 7406718


def session_id(number: int) -> str:
    """The client id of a worker's session."""
    return f"shopbell-ingest-{number}"


def try_lock(connection: psycopg.Connection, number: int) -> bool:
    """Make a worker's number ours until the connection ends; False when it is another's."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCK_CLASS, number)).fetchone()
    return bool(row and row[0])


def end_sessions(
    settings: Settings, connection: psycopg.Connection, numbers: Iterable[int]
) -> None:
    """End the sessions of these workers, but not of one that still runs.

    Raises psycopg.Error, or OSError when the broker cannot be reached.
    """
    for number in numbers:
        if not try_lock(connection, number):
            continue
        try:
            _end(settings, session_id(number))
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s, %s)", (LOCK_CLASS, number))


def _end(settings: Settings, client_id: str) -> None:
    client = mqtt_client(
        settings,
        client_id,
        username=settings.mqtt_username,
        password=settings.mqtt_password,
        of_class=Client,
    )
    # a clean session takes the place of the kept one, and ends with its connection
    client.on_connect = lambda client, *_: client.disconnect()
    client.connect(settings.mqtt_host, settings.mqtt_port, KEEPALIVE_S)
    client.loop_forever()
