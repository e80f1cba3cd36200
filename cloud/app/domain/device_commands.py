"""What a device can be asked to do, and what has become of it."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cloud.app.domain.errors import Invalid

# of wire/README.md
NAMES = ("identify", "recalibrate", "reboot", "configure", "update")
# what the firmware lets the cloud change: never how the board reaches it
CONFIGURABLE: Mapping[str, tuple[type, str]] = {
    "invert": (bool, "true or false"),
    "pins": (dict, "an object of pin numbers"),
    "ntp": (dict, "an object with host and port"),
    "sensor": (str, "vl53l1x or vl53l0x"),
    "home_assistant": (bool, "true or false"),
}
# a board that is away longer would be surprised by it
LIFETIME = dt.timedelta(minutes=15)
# the firmware remembers the ids of so many, and so knows a copy from a new one
OPEN_MAX = 8

State = Literal["waiting", "sent", "done", "refused", "expired"]
Args = Mapping[str, object]

_HMAC = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Progress:
    """What is known of a command. `reply` is (whether it was done, the device's own words)."""

    expires_at: dt.datetime
    sent_at: dt.datetime | None
    reply: tuple[bool, str] | None


def state(progress: Progress, now: dt.datetime) -> State:
    """Return how far a command has come. A reply counts also when it comes late."""
    if progress.reply is not None:
        return "done" if progress.reply[0] else "refused"
    if now >= progress.expires_at:
        return "expired"
    return "waiting" if progress.sent_at is None else "sent"


def outcome(progress: Progress, now: dt.datetime) -> str:
    """Return the sentence for the owner."""
    if progress.reply is not None:
        return progress.reply[1]
    found = state(progress, now)
    if found == "waiting":
        return "Waiting until the board is online."
    if found == "sent":
        return "Sent; the board has not answered yet."
    if progress.sent_at is None:
        return "Not sent: the board was not online in time. Ask again when it is."
    return (
        "Sent and never answered: it is not known whether the board did it."
        " It is not sent again by itself."
    )


def check_args(name: str, args: Args) -> None:
    """Check what comes with a command before it travels to a shop. Raises Invalid."""
    if name == "configure":
        _check_configuration(args)
    elif name == "update":
        _check_update(args)
    elif args:
        raise Invalid("args", f"nothing with {name}", ", ".join(sorted(args))[:60])


def _check_configuration(args: Args) -> None:
    if not args:
        raise Invalid("args", f"one of {', '.join(CONFIGURABLE)}", "nothing")
    for key, value in args.items():
        if key not in CONFIGURABLE:
            raise Invalid(f"args.{key}"[:60], f"one of {', '.join(CONFIGURABLE)}", "another name")
        kind, expected = CONFIGURABLE[key]
        if not isinstance(value, kind):
            raise Invalid(f"args.{key}", expected, type(value).__name__)


def _check_update(args: Args) -> None:
    url, digest = args.get("url"), args.get("hmac")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise Invalid("args.url", "the address of a bundle", type(url).__name__)
    if not isinstance(digest, str) or not _HMAC.fullmatch(digest):
        raise Invalid("args.hmac", "64 hexadecimal digits in small letters", type(digest).__name__)
