"""The topics of version 1: `shopbell/1/<device>/<channel>`."""

_PREFIX = "shopbell/1/"

DEVICE_ID_MAX_LENGTH = 32

# What a device publishes, and what it listens to.
UP = ("event", "status", "reply")
DOWN = ("ack", "command")


class TopicError(ValueError):
    """The topic is not one of ours."""


def topic(device, channel):
    """Return the topic of a device's channel; raise TopicError when either is not valid."""
    if channel not in UP + DOWN and channel != "home":  # which only Home Assistant hears
        raise TopicError("channel: expected one of %s, got %r" % (", ".join(UP + DOWN), channel))
    if not is_device_id(device):
        raise TopicError(
            "device: expected 1 to %d of a-z 0-9 -, got %r" % (DEVICE_ID_MAX_LENGTH, device)
        )
    return _PREFIX + device + "/" + channel


def subscription(channel):
    """Return the filter that matches a channel of every device."""
    return _PREFIX + "+/" + channel


def parse(text):
    """Return (device, channel) of a topic; raise TopicError when it is not one of ours."""
    if not text.startswith(_PREFIX):
        raise TopicError("topic: expected %s..., got %r" % (_PREFIX, text[:64]))
    device, _, channel = text[len(_PREFIX) :].partition("/")
    if topic(device, channel) != text:
        raise TopicError("topic: expected one level after the channel, got %r" % text[:64])
    return device, channel


def is_device_id(text):
    """Tell whether a text can be a device's id: 1 to 32 of a-z, 0-9 and hyphen."""
    if not 1 <= len(text) <= DEVICE_ID_MAX_LENGTH:
        return False
    for character in text:
        if character not in "abcdefghijklmnopqrstuvwxyz0123456789-":
            return False
    return True
