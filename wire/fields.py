"""What messages are made of: the kinds of fields, and the reading and checking of an object."""

import json

PAYLOAD_MAX_BYTES = 16384
TEXT_MAX_LENGTH = 200

MAX_INT = 2**53 - 1
MAX_SEQUENCE = 2**31 - 1


class MessageError(ValueError):
    """The payload is not a valid message; the text names field, expected and found."""


class Integer:
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
                "%s: expected %d..%d, got %s" % (name, self.low, self.high, shown(value))
            )


class Word:
    def __init__(self, *words):
        self.words = words

    def check(self, name, value):
        if value not in self.words:
            raise MessageError(
                "%s: expected one of %s, got %s" % (name, ", ".join(self.words), shown(value))
            )


class Text:
    def check(self, name, value):
        if type(value) is not str or not 1 <= len(value) <= TEXT_MAX_LENGTH:
            raise MessageError(
                "%s: expected a text of 1..%d characters, got %s"
                % (name, TEXT_MAX_LENGTH, shown(value))
            )
        for character in value:
            if not " " <= character <= "~":
                raise MessageError("%s: expected printable ASCII, got another character" % name)


class Object:
    def check(self, name, value):
        if type(value) is not dict:
            raise MessageError("%s: expected an object, got %s" % (name, shown(value)))


def encode(message):
    """Return a message as compact JSON bytes."""
    return json.dumps(message, separators=(",", ":")).encode()


def read_object(payload):
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
        raise MessageError("payload: expected a JSON object, got %s" % shown(value))
    return value


def checked(message, fields):
    # keys that we do not know are left alone: a newer device may say more
    for name in fields:
        if name not in message:
            raise MessageError("%s: expected a value, got none" % name)
        fields[name].check(name, message[name])
    return message


def shown(value):
    # never the whole value: it may be long, and it comes from outside
    if value is None or type(value) in (int, bool):
        return str(value)[:24]
    if type(value) is str:
        return repr(value[:24])
    return "a value of type " + type(value).__name__
