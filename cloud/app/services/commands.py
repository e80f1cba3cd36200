"""What the owner asks of a board."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from cloud.app.domain.device_commands import (
    LIFETIME,
    OPEN_MAX,
    Args,
    Progress,
    check_args,
    outcome,
    state,
)
from cloud.app.domain.errors import Conflict, Invalid
from cloud.app.services.broker import allow_home_assistant, forbid_home_assistant
from cloud.app.services.credentials import working_device
from cloud.app.settings import Settings
from cloud.app.store.device_commands import DeviceCommand, latest_commands, open_commands
from cloud.app.store.pages import Page
from wire import messages

# one packet of the firmware's MQTT client, less its topic
MESSAGE_MAX_BYTES = 3500


def ask(
    session: Session,
    shop_id: uuid.UUID,
    device_id: str,
    *,
    name: str,
    args: Args,
    person_id: uuid.UUID,
    now: dt.datetime,
) -> DeviceCommand:
    """Have a board do something as soon as it is online. Raises NotFound, Invalid and Conflict."""
    working_device(session, shop_id, device_id)
    check_args(name, args)
    command = DeviceCommand(
        shop_id=shop_id,
        id=uuid.uuid4(),
        device_id=device_id,
        name=name,
        args=dict(args),
        person_id=person_id,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    size = len(message(command.id, name, args))
    if size > MESSAGE_MAX_BYTES:
        raise Invalid("args", f"at most {MESSAGE_MAX_BYTES} bytes", f"{size}")
    if open_commands(session, device_id, now) >= OPEN_MAX:
        raise Conflict(f"expected at most {OPEN_MAX} commands that wait for an answer")
    session.add(command)
    session.flush()
    return command


def follow_configuration(settings: Settings, command: DeviceCommand) -> None:
    """Give a board the rights that its new configuration needs, or take them back."""
    wanted = command.args.get("home_assistant") if command.name == "configure" else None
    if wanted is not None:
        (allow_home_assistant if wanted else forbid_home_assistant)(settings, command.device_id)


def commands(
    session: Session, shop_id: uuid.UUID, device_id: str, *, limit: int, cursor: str | None
) -> Page[Row[Any]]:
    """Return a page of DeviceCommand, what a board was asked, the latest first. Raises NotFound."""
    working_device(session, shop_id, device_id)
    return latest_commands(session, shop_id, device_id, limit=limit, cursor=cursor)


def shown(command: DeviceCommand, now: dt.datetime) -> dict[str, object]:
    """Return a command with what has become of it, as its owner sees it."""
    progress = progress_of(command)
    return {
        "id": command.id,
        "device_id": command.device_id,
        "name": command.name,
        "args": command.args,
        "state": state(progress, now),
        "outcome": outcome(progress, now),
        "created_at": command.created_at,
        "expires_at": command.expires_at,
        "sent_at": command.sent_at,
        "answered_at": command.answered_at,
    }


def progress_of(command: DeviceCommand) -> Progress:
    """Return what the database knows of a command."""
    reply = None
    if command.is_ok is not None:
        reply = (command.is_ok, command.detail or "")
    return Progress(command.expires_at, command.sent_at, reply)


def message(id_: uuid.UUID, name: str, args: Args) -> bytes:
    """Return the message that the device gets."""
    payload: bytes = messages.encode({"id": str(id_), "name": name, "args": dict(args)})
    return payload
