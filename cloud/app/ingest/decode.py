"""From an MQTT message to what it says, or to the reason why it can never succeed."""

import itertools
import json
import logging
import re
from dataclasses import dataclass, replace
from typing import Any

from cloud.app.domain.sequence import SEQUENCE_MAX
from cloud.app.ingest import fast
from cloud.app.services.mqtt import REFUSED_TOPIC
from cloud.app.store.events import Rejection
from wire import messages, topics

Event = dict[str, Any]

log = logging.getLogger(__name__)

# twice what the broker lets through: a record holds the whole message
REJECTED_MAX_BYTES = 65_536
# as devices write them: the head of a batch, and the number of each event
_HEAD = re.compile(rb'\s*{\s*"boot"\s*:\s*(\d{1,15})\s*,')
_NUMBER = re.compile(rb'"seq"\s*:\s*(\d{1,10})\s*[,}]')


@dataclass(slots=True)
class Received:
    """A message as it came, and what is needed to acknowledge it."""

    topic: str
    payload: bytes
    is_retained: bool = False
    message_id: int = 0
    # message ids mean nothing on another connection
    connection_number: int = 0
    # by the clock that never jumps
    arrived_s: float = 0.0


@dataclass(slots=True)
class EventBatch:
    """Events of one boot; the rejected ones are (event, reason)."""

    received: Received
    device_id: str
    boot: int
    oldest: int
    events: list[Event]
    rejected: list[tuple[object, str]]


@dataclass(slots=True)
class Status:
    """A birth, a heartbeat or a last will."""

    received: Received
    device_id: str
    body: Event


@dataclass(slots=True)
class Reply:
    """How a command went."""

    received: Received
    device_id: str
    body: Event


def decode(received: Received) -> EventBatch | Status | Reply | Rejection:
    """Read a message; what cannot be read comes back as a rejection."""
    try:
        return _decode(received)
    except Exception as error:
        log.exception("a message cannot be read")
        return reject(received, f"internal error: {type(error).__name__}")


def _decode(received: Received) -> EventBatch | Status | Reply | Rejection:
    if received.topic == REFUSED_TOPIC:
        return _refusal(received)
    try:
        device_id, channel = topics.parse(received.topic)
    except topics.TopicError as error:
        return reject(received, str(error))
    try:
        if channel == "event":
            return _event_batch(received, device_id)
        if channel == "status":
            return Status(received, device_id, messages.decode_status(received.payload))
        if channel == "reply":
            return Reply(received, device_id, messages.decode_reply(received.payload))
    except messages.MessageError as error:
        rejection = reject(received, str(error), device_id)
        return with_numbers(rejection) if channel == "event" else rejection
    return reject(received, f"channel: expected event, status or reply, got {channel}", device_id)


def _event_batch(received: Received, device_id: str) -> EventBatch:
    batch = fast.decode_events(received.payload)
    rejected: list[tuple[object, str]] = []
    if batch is None:
        batch, rejected = messages.decode_events(received.payload)
    return EventBatch(
        received, device_id, batch["boot"], batch["oldest"], batch["events"], rejected
    )


def _refusal(received: Received) -> Rejection:
    """Return the record of what the broker did not let a device do; its watch says so."""
    try:
        said = json.loads(received.payload)
        device_id, topic, times = said["device"], said["topic"], said["times"]
        is_readable = type(device_id) is type(topic) is str and topics.is_device_id(device_id)
    except (ValueError, TypeError, KeyError, RecursionError):
        is_readable = False
    if not is_readable or type(times) is not int or not 1 <= times <= SEQUENCE_MAX:
        return reject(received, "refusal: expected device, topic and times, got something else")
    reason = f"topic: expected one of this device, got {topic!r}"
    # without the times: the same again is counted with it
    payload = messages.encode({"device": device_id, "topic": topic})
    return replace(reject(received, reason, device_id), payload=payload, times=times)


def reject(received: Received, reason: str, device_id: str | None = None) -> Rejection:
    """Return the record of a message that can never succeed."""
    return Rejection(
        # PostgreSQL keeps no NUL in a text
        topic=received.topic.replace("\0", "\ufffd"),
        payload=received.payload[:REJECTED_MAX_BYTES],
        reason=reason.replace("\0", "\ufffd"),
        device_id=device_id,
    )


def with_numbers(rejection: Rejection) -> Rejection:
    """Add to the record of an unreadable batch which numbers it holds, if that much can be read.

    The record keeps the whole message, so its device need not: without the numbers it could never
    be told, and would send the same again and hold back all that follows.
    """
    head = _HEAD.match(rejection.payload)
    numbers = [int(found) for found in _NUMBER.findall(rejection.payload)]
    is_ascending = all(a < b for a, b in itertools.pairwise([0, *numbers, SEQUENCE_MAX + 1]))
    if head and is_ascending and len(rejection.payload) < REJECTED_MAX_BYTES:
        rejection.boot = int(head[1])
        rejection.sequences = [(number, number) for number in numbers]
    return rejection


def one_by_one(received: Received) -> list[Received]:
    """Return a batch as batches of one event; a message that is no batch, or of one, alone."""
    batch = decode(received)
    if not isinstance(batch, EventBatch) or len(batch.events) + len(batch.rejected) < 2:
        return [received]
    events = [*batch.events, *(event for event, _ in batch.rejected)]
    return [
        replace(
            received,
            payload=messages.encode(
                {"boot": batch.boot, "oldest": batch.oldest, "events": [event]}
            ),
        )
        for event in events
    ]


def readable_sequence(event: object) -> int | None:
    """Return the sequence number of a rejected event, if that much of it can be read."""
    sequence = event.get("seq") if isinstance(event, dict) else None
    if type(sequence) is int and 1 <= sequence <= SEQUENCE_MAX:
        return sequence
    return None
