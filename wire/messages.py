"""The messages of version 1: compact JSON objects whose numbers are integers.

CPython and MicroPython judge alike (`wire/examples.json`). A message that is not valid raises
MessageError, which names the field, what was expected and what was found. In a batch of events one
bad event does not spoil the others: it comes back among the rejected.
"""

from wire.down import BOOT, TEXT, decode_ack, decode_command
from wire.fields import (
    MAX_INT,
    MAX_SEQUENCE,
    PAYLOAD_MAX_BYTES,
    TEXT_MAX_LENGTH,
    Integer,
    MessageError,
    Word,
    checked,
    encode,
    read_object,
    shown,
)

__all__ = [
    "BATCH_MAX_EVENTS",
    "DECODERS",
    "EVENT_KINDS",
    "PAYLOAD_MAX_BYTES",
    "TEXT_MAX_LENGTH",
    "MessageError",
    "decode_ack",
    "decode_command",
    "decode_events",
    "decode_reply",
    "decode_status",
    "encode",
]

BATCH_MAX_EVENTS = 64

_MAX_MM = 65535
_MAX_SENSORS = 8
_MAX_GONE = 8


class _Pair:
    def check(self, name, value):
        if type(value) is not list or len(value) != 2:
            raise MessageError("%s: expected a list of 2, got %s" % (name, shown(value)))
        for number in value:
            _DISTANCE.check(name, number)


class _Sensors:
    def check(self, name, value):
        _check_list(name, value, _MAX_SENSORS)
        for sensor in value:
            if type(sensor) is not dict:
                raise MessageError("%s: expected objects, got %s" % (name, shown(sensor)))
            checked(sensor, _SENSOR_FIELDS)


class _Gone:
    def check(self, name, value):
        _check_list(name, value, _MAX_GONE)
        for pair in value:
            if type(pair) is not list or len(pair) != 2:
                raise MessageError(
                    "%s: expected pairs of a boot and a number, got %s" % (name, shown(pair))
                )
            BOOT.check(name, pair[0])
            _SEQUENCE.check(name, pair[1])


def _check_list(name, value, most):
    if type(value) is not list or len(value) > most:
        raise MessageError("%s: expected a list of 0..%d, got %s" % (name, most, shown(value)))


_SEQUENCE = Integer(1, MAX_SEQUENCE)
_MILLISECONDS = Integer(0, MAX_INT)
_UNIX_MS = Integer(0, MAX_INT, nullable=True)
_COUNT = Integer(0, MAX_SEQUENCE)
_FLAG = Integer(0, 1)
_PERCENT = Integer(0, 100)
_SENSOR = Integer(0, _MAX_SENSORS - 1)
_DISTANCE = Integer(0, _MAX_MM)

_EVENT_FIELDS = {"seq": _SEQUENCE, "up": _MILLISECONDS, "at": _UNIX_MS}

# What each kind of event carries beside seq, up, at and kind.
EVENT_KINDS = {
    "door": {"open": _FLAG},
    "passage": {"sensor": _SENSOR, "direction": Word("in", "out"), "confidence": _PERCENT},
    "ambiguous_passage": {"sensor": _SENSOR, "duration_ms": _MILLISECONDS},
    "motion": {"active": _FLAG},
    "sensor_blocked": {"sensor": _SENSOR},
    "sensor_cleared": {"sensor": _SENSOR, "duration_ms": _MILLISECONDS},
    "contact_faulty": {"fault": Word("chattering", "stuck")},
    "contact_cleared": {"duration_ms": _MILLISECONDS},
    "calibrated": {"sensor": _SENSOR, "idle_mm": _Pair()},
    "zeroed": {"count": Integer(-MAX_SEQUENCE, MAX_SEQUENCE)},
}

_BATCH_FIELDS = {"boot": BOOT, "oldest": _SEQUENCE}

_ONLINE_FIELDS = {
    "boot": BOOT,
    "up": _MILLISECONDS,
    "at": _UNIX_MS,
    "firmware": TEXT,
    "reset": Word("power_on", "hard", "watchdog", "deep_sleep", "soft", "unknown"),
    "heap_free": _COUNT,
    "rssi": Integer(-127, 0, nullable=True),
    "outbox_depth": _COUNT,
    "outbox_dropped": _COUNT,
}
# What older devices do not say; it is checked where it is said.
_SENSOR_FIELDS = {"pairs": _COUNT, "longest_gap_ms": _MILLISECONDS}
_OPTIONAL_FIELDS = {
    "safe_mode": _FLAG,
    "stall_ms": _MILLISECONDS,
    "sensors": _Sensors(),
    "oldest_boot": BOOT,
    "gone": _Gone(),
}
_OFFLINE_FIELDS = {"boot": BOOT}

_REPLY_FIELDS = {"id": TEXT, "ok": _FLAG, "detail": TEXT}


def decode_events(payload):
    """Return (batch, rejected) of an `event` payload.

    batch is {"boot", "oldest", "events"} with the valid events only; rejected is a list of
    (raw event, reason). `oldest` is the lowest sequence number of this boot that the device still
    holds: what lies below was committed or is lost for ever. Raises MessageError when the batch
    as a whole cannot be read.
    """
    batch = checked(read_object(payload), _BATCH_FIELDS)
    events = batch.get("events")
    if type(events) is not list or not 1 <= len(events) <= BATCH_MAX_EVENTS:
        raise MessageError(
            "events: expected a list of 1..%d events, got %s" % (BATCH_MAX_EVENTS, shown(events))
        )
    valid = []
    rejected = []
    for event in events:
        try:
            valid.append(_checked_event(event))
        except MessageError as error:
            rejected.append((event, str(error)))
    return {"boot": batch["boot"], "oldest": batch["oldest"], "events": valid}, rejected


def decode_status(payload):
    """Return a `status` payload: birth and heartbeat are online, the last will is offline."""
    status = read_object(payload)
    state = status.get("state")
    Word("online", "offline").check("state", state)
    if state == "offline":
        return checked(status, _OFFLINE_FIELDS)
    for name in _OPTIONAL_FIELDS:
        if name in status:
            _OPTIONAL_FIELDS[name].check(name, status[name])
    checked(status, _ONLINE_FIELDS)
    if status.get("oldest_boot", 0) > status["boot"]:
        raise MessageError(
            "oldest_boot: expected at most %d, got %d" % (status["boot"], status["oldest_boot"])
        )
    for boot, _ in status.get("gone", ()):
        if boot >= status["boot"]:  # of this boot the next batch says it
            raise MessageError("gone: expected boots before %d, got %d" % (status["boot"], boot))
    return status


def decode_reply(payload):
    """Return a `reply` payload: id of the command, ok and detail."""
    return checked(read_object(payload), _REPLY_FIELDS)


DECODERS = {
    "event": decode_events,
    "status": decode_status,
    "ack": decode_ack,
    "command": decode_command,
    "reply": decode_reply,
}


def _checked_event(event):
    if type(event) is not dict:
        raise MessageError("event: expected an object, got %s" % shown(event))
    checked(event, _EVENT_FIELDS)
    kind = event.get("kind")
    if type(kind) is not str or kind not in EVENT_KINDS:
        raise MessageError(
            "kind: expected one of %s, got %s" % (", ".join(sorted(EVENT_KINDS)), shown(kind))
        )
    return checked(event, EVENT_KINDS[kind])
