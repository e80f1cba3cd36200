"""The messages of version 1: compact JSON objects whose numbers are integers.

CPython and MicroPython judge alike (`wire/examples.json`). A message that is not valid raises
MessageError, which names the field, what was expected and what was found. In a batch of events one
bad event does not spoil the others: it comes back among the rejected.
"""

import json

BATCH_MAX_EVENTS = 64
PAYLOAD_MAX_BYTES = 16384
TEXT_MAX_LENGTH = 200

_MAX_INT = 2**53 - 1
_MAX_SEQUENCE = 2**31 - 1
_MAX_MM = 65535


class MessageError(ValueError):
    """The payload is not a valid message; the text names field, expected and found."""


class _Integer:
    def __init__(self, low, high, nullable=False):
        self.low = low
        self.high = high
        self.nullable = nullable

    def check(self, name, value):
        if value is None and self.nullable:
            return
        # type() and not isinstance(): True is an int on CPython and not on MicroPython
        if type(value) is not int or not self.low <= value <= self.high:
            raise MessageError(
                "%s: expected %d..%d, got %s" % (name, self.low, self.high, _shown(value))
            )


class _Word:
    def __init__(self, *words):
        self.words = words

    def check(self, name, value):
        if value not in self.words:
            raise MessageError(
                "%s: expected one of %s, got %s" % (name, ", ".join(self.words), _shown(value))
            )


class _Text:
    def check(self, name, value):
        if type(value) is not str or not 1 <= len(value) <= TEXT_MAX_LENGTH:
            raise MessageError(
                "%s: expected a text of 1..%d characters, got %s"
                % (name, TEXT_MAX_LENGTH, _shown(value))
            )
        for character in value:
            if not " " <= character <= "~":
                raise MessageError("%s: expected printable ASCII, got another character" % name)


class _Pair:
    def check(self, name, value):
        if type(value) is not list or len(value) != 2:
            raise MessageError("%s: expected a list of 2, got %s" % (name, _shown(value)))
        for number in value:
            _DISTANCE.check(name, number)


class _Object:
    def check(self, name, value):
        if type(value) is not dict:
            raise MessageError("%s: expected an object, got %s" % (name, _shown(value)))


_BOOT = _Integer(0, _MAX_INT)
_SEQUENCE = _Integer(1, _MAX_SEQUENCE)
_COMMITTED = _Integer(0, _MAX_SEQUENCE)
_MILLISECONDS = _Integer(0, _MAX_INT)
_UNIX_MS = _Integer(0, _MAX_INT, nullable=True)
_COUNT = _Integer(0, _MAX_SEQUENCE)
_FLAG = _Integer(0, 1)
_PERCENT = _Integer(0, 100)
_SENSOR = _Integer(0, 7)
_DISTANCE = _Integer(0, _MAX_MM)
_TEXT = _Text()

_EVENT_FIELDS = {"seq": _SEQUENCE, "up": _MILLISECONDS, "at": _UNIX_MS}

# What each kind of event carries beside seq, up, at and kind.
EVENT_KINDS = {
    "door": {"open": _FLAG},
    "passage": {"sensor": _SENSOR, "direction": _Word("in", "out"), "confidence": _PERCENT},
    "ambiguous_passage": {"sensor": _SENSOR, "duration_ms": _MILLISECONDS},
    "motion": {"active": _FLAG},
    "sensor_blocked": {"sensor": _SENSOR},
    "sensor_cleared": {"sensor": _SENSOR, "duration_ms": _MILLISECONDS},
    "calibrated": {"sensor": _SENSOR, "idle_mm": _Pair()},
    "zeroed": {"count": _Integer(-_MAX_SEQUENCE, _MAX_SEQUENCE)},
}

_BATCH_FIELDS = {"boot": _BOOT, "oldest": _SEQUENCE}

_ONLINE_FIELDS = {
    "boot": _BOOT,
    "up": _MILLISECONDS,
    "at": _UNIX_MS,
    "firmware": _TEXT,
    "reset": _Word("power_on", "hard", "watchdog", "deep_sleep", "soft", "unknown"),
    "heap_free": _COUNT,
    "rssi": _Integer(-127, 0, nullable=True),
    "outbox_depth": _COUNT,
    "outbox_dropped": _COUNT,
}
_OFFLINE_FIELDS = {"boot": _BOOT}

_ACK_FIELDS = {"boot": _BOOT, "seq": _COMMITTED}
_COMMAND_FIELDS = {
    "id": _TEXT,
    "name": _Word("configure", "identify", "recalibrate", "update", "reboot"),
    "args": _Object(),
}
_REPLY_FIELDS = {"id": _TEXT, "ok": _FLAG, "detail": _TEXT}


def encode(message):
    """Return a message as compact JSON bytes."""
    return json.dumps(message, separators=(",", ":")).encode()


def decode_events(payload):
    """Return (batch, rejected) of an `event` payload.

    batch is {"boot", "oldest", "events"} with the valid events only; rejected is a list of
    (raw event, reason). `oldest` is the lowest sequence number of this boot that the device still
    holds: what lies below was committed or is lost for ever. Raises MessageError when the batch
    as a whole cannot be read.
    """
    batch = _checked(_object(payload), _BATCH_FIELDS)
    events = batch.get("events")
    if type(events) is not list or not 1 <= len(events) <= BATCH_MAX_EVENTS:
        raise MessageError(
            "events: expected a list of 1..%d events, got %s" % (BATCH_MAX_EVENTS, _shown(events))
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
    status = _object(payload)
    state = status.get("state")
    _Word("online", "offline").check("state", state)
    return _checked(status, _ONLINE_FIELDS if state == "online" else _OFFLINE_FIELDS)


def decode_ack(payload):
    """Return an `ack` payload: everything of `boot` up to and with `seq` is committed."""
    return _checked(_object(payload), _ACK_FIELDS)


def decode_command(payload):
    """Return a `command` payload: id, name and args."""
    return _checked(_object(payload), _COMMAND_FIELDS)


def decode_reply(payload):
    """Return a `reply` payload: id of the command, ok and detail."""
    return _checked(_object(payload), _REPLY_FIELDS)


DECODERS = {
    "event": decode_events,
    "status": decode_status,
    "ack": decode_ack,
    "command": decode_command,
    "reply": decode_reply,
}


def _object(payload):
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise MessageError(
            "payload: expected at most %d bytes, got %d" % (PAYLOAD_MAX_BYTES, len(payload))
        )
    try:
        # str() first: MicroPython's json takes bytes that are not UTF-8
        value = json.loads(str(payload, "utf-8"))
    except (ValueError, RuntimeError, MemoryError):  # RuntimeError: nested too deep
        raise MessageError("payload: expected a JSON object in UTF-8, got something else")
    if type(value) is not dict:
        raise MessageError("payload: expected a JSON object, got %s" % _shown(value))
    return value


def _checked_event(event):
    if type(event) is not dict:
        raise MessageError("event: expected an object, got %s" % _shown(event))
    _checked(event, _EVENT_FIELDS)
    kind = event.get("kind")
    if type(kind) is not str or kind not in EVENT_KINDS:
        raise MessageError(
            "kind: expected one of %s, got %s" % (", ".join(sorted(EVENT_KINDS)), _shown(kind))
        )
    return _checked(event, EVENT_KINDS[kind])


def _checked(message, fields):
    # keys that we do not know are left alone: a newer device may say more
    for name in fields:
        if name not in message:
            raise MessageError("%s: expected a value, got none" % name)
        fields[name].check(name, message[name])
    return message


def _shown(value):
    # never the whole value: it may be long, and it comes from outside
    if value is None or type(value) in (int, bool):
        return str(value)[:24]
    if type(value) is str:
        return repr(value[:24])
    return "a value of type " + type(value).__name__
