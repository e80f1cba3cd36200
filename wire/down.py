"""What a device reads: apart from `messages`, so that a board need not hold the rest."""

from wire.fields import MAX_INT, MAX_SEQUENCE, Integer, Object, Text, Word, checked, read_object

BOOT = Integer(0, MAX_INT)
TEXT = Text()

_ACK_FIELDS = {"boot": BOOT, "seq": Integer(0, MAX_SEQUENCE)}
_COMMAND_FIELDS = {
    "id": TEXT,
    "name": Word("configure", "identify", "recalibrate", "update", "reboot"),
    "args": Object(),
}


def decode_ack(payload):
    """Return an `ack` payload: everything of `boot` up to and with `seq` is committed."""
    return checked(read_object(payload), _ACK_FIELDS)


def decode_command(payload):
    """Return a `command` payload: id, name and args."""
    return checked(read_object(payload), _COMMAND_FIELDS)
