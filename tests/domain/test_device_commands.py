"""How far a command has come, in a word and in a sentence."""

import datetime as dt

import pytest

from cloud.app.domain.device_commands import Progress, check_args, outcome, state
from cloud.app.domain.errors import Invalid

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SOON = NOON + dt.timedelta(minutes=1)
END = NOON + dt.timedelta(minutes=15)


@pytest.mark.parametrize(
    ("sent_at", "reply", "now", "found", "words"),
    [
        (None, None, SOON, "waiting", "Waiting until the board is online."),
        (NOON, None, SOON, "sent", "Sent; the board has not answered yet."),
        (NOON, (True, "blinking for 10 s"), SOON, "done", "blinking for 10 s"),
        (NOON, (False, "args: expected others"), SOON, "refused", "args: expected others"),
        (None, None, END, "expired", "Not sent: the board was not online in time."),
        (NOON, None, END, "expired", "Sent and never answered: it is not known"),
        # late, and still the truth
        (NOON, (True, "rebooting in 2 s"), END, "done", "rebooting in 2 s"),
    ],
)
def test_each_state_has_a_word_and_a_sentence(
    sent_at: dt.datetime | None,
    reply: tuple[bool, str] | None,
    now: dt.datetime,
    found: str,
    words: str,
) -> None:
    progress = Progress(END, sent_at, reply)
    assert state(progress, now) == found
    assert outcome(progress, now).startswith(words)


@pytest.mark.parametrize(
    ("name", "args", "field"),
    [
        ("identify", {"seconds": 5}, "args"),
        ("configure", {}, "args"),
        ("configure", {"wifi": {"ssid": "x"}}, "args.wifi"),
        ("configure", {"invert": "yes"}, "args.invert"),
        ("update", {"url": "ftp://example", "hmac": "0" * 64}, "args.url"),
        ("update", {"url": "https://example/bundle", "hmac": "0"}, "args.hmac"),
    ],
)
def test_what_a_board_would_refuse_is_refused_here(
    name: str, args: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_args(name, args)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("reboot", {}),
        ("configure", {"invert": True, "pins": {"door": 27}}),
        ("update", {"url": "https://example/bundle", "hmac": "a1" * 32}),
    ],
)
def test_what_the_firmware_knows_is_let_through(name: str, args: dict[str, object]) -> None:
    check_args(name, args)
