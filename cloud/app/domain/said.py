"""What the server says in one English sentence, as a code with values for other languages.

Models and rules say what they found in a sentence, and so it is kept and printed. A client that
speaks another language words the code; what has none it shows as it is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

OTHER = "other"
Value = int | float | str
KEPT_MAX = 10_000


class Patterns(dict[str, re.Pattern[str]]):
    """Patterns by their code; never changed, so that what was found with them can be kept."""

    __hash__ = object.__hash__  # type: ignore[assignment] # a dict has none


def _compiled(patterns: Mapping[str, str]) -> Patterns:
    return Patterns({code: re.compile(pattern) for code, pattern in patterns.items()})


_REST = r"(?: \(closed on (?P<closed_days>\d+) of them\))?"
_WORTH = (
    r"; lost with (?P<lost_percent>\d+)%, worth (?P<worth>-?\d+\.\d\d) if kept\. An? "
    r"(?P<action>[a-z ]+) prevents (?P<prevented_percent>\d+)% of losses "
    r"\((?:an assumption|measured on (?P<measured>\d+) customers)\)\."
)

# why a score is what it is
DRIVERS = _compiled(
    {
        "rhythm": r"usually every (?P<gap_days>\d+) days?, now (?P<away_days>\d+)" + _REST,
        "one_visit": r"one visit so far, (?P<away_days>\d+) days? ago" + _REST,
        "raises_clearly": r"(?P<input>[a-z ]+) clearly raises? the risk",
        "lowers_clearly": r"(?P<input>[a-z ]+) clearly lowers? the risk",
        "raises": r"(?P<input>[a-z ]+) raises? the risk",
        "lowers": r"(?P<input>[a-z ]+) lowers? the risk",
    }
)

# what a scoring left out, or took for a slip
_DAY = r"\d{4}-\d\d-\d\d"
_AMOUNT = r"[\d,]+\.\d\d"
NOTES = _compiled(
    {
        "closed": (
            rf"From (?P<first>{_DAY}) to (?P<last>{_DAY}) nothing was sold to anybody: these "
            r"(?P<closed_days>\d+) days count for nobody's absence\."
        ),
        "later": (
            rf"Days of customers after (?P<day>{_DAY}) are not known yet and left out: "
            r"(?P<count>\d+)\."
        ),
        "never_paid": (
            r"Customers who never paid more on a day than was refunded are left out: "
            r"(?P<count>\d+)\."
        ),
        "typing_errors": (
            rf"(?P<count>\d+) day\(s\) of a customer with more than (?P<limit>{_AMOUNT}) "
            rf"\(the usual is (?P<usual>{_AMOUNT})\) look like typing errors and count as "
            rf"{_AMOUNT} in CLV; the largest is (?P<largest>{_AMOUNT})\."
        ),
        "few": (r"Below (?P<least>\d+) customers, future visits and value are not estimated\."),
        "visits_unknown": r"Future visits cannot be estimated: .+\.",
        "value_unknown": r"Future value cannot be estimated: .+\.",
    }
)

# why something is best done now, or nothing
ADVICE = _compiled(
    {
        "due": r"Usually every (?P<gap_days>\d+) days, now (?P<away_days>\d+)" + _WORTH,
        "away": r"Away for (?P<away_days>\d+) days" + _WORTH,
        "no_consent": r"No consent on any channel; ask at the next visit\.",
        "unknown": r"Risk and value are not known well enough to weigh a cost\.",
        "wrote_lately": r"Got a message (?P<days>\d+) days ago; wait (?P<wait_days>\d+) days\.",
        "wrote_often": r"Got (?P<messages>\d+) messages in 90 days; that is enough\.",
        "not_due": r"Not due yet: usually every (?P<gap_days>\d+) days, now (?P<away_days>\d+)\.",
        "not_possible": r"No action is possible on the channels that are allowed\.",
        "not_worth_it": (
            r"Nothing is worth it: the best, an? (?P<action>[a-z ]+), would bring "
            r"(?P<worth>-?\d+\.\d\d)\."
        ),
        "gone": (
            r"Away for (?P<away_days>\d+) days, longer than the (?P<horizon_days>\d+) that the "
            r"forecast looks ahead: mostly gone already\."
        ),
        "too_early": r"One visit so far, and not long ago: too early to write\.",
        "seen_to": r"Somebody saw to it, or put it off\.",
        "consent_ended": r"The consent has ended since the scores were made\.",
    }
)

# what a field was expected to be
EXPECTED = _compiled(
    {
        "value": r"a value",
        "no_such_field": r"no such field",
        "text_length": r"a text of (?P<least>\d+) to (?P<most>\d+) characters",
        "password_length": r"a password of (?P<least>\d+) to (?P<most>\d+) characters",
        "range": r"(?:between )?(?P<least>-?\d+)(?: and |\.\.)(?P<most>-?\d+)",
        "least": r"(?P<least>-?\d+) or more",
        "one_of": r"one of:? (?P<choices>.+?)\.?",
        "printable": r"printable text",
        "number": r"a (?:whole )?number",
        "date": r"a day such as .+",
        "time": r"a time with its offset such as .+",
        "day_up_to": r"a day up to (?P<day>\d{4}-\d\d-\d\d)",
        "day_from": r"a day from (?P<day>\d{4}-\d\d-\d\d) on",
        "not_future": r"a time that is not in the future",
        "since": r"a time since (?P<year>\d{4})",
        "within_days": r"a time within (?P<days>\d+) days",
        "email": r"an address such as asha@example\.com",
        "phone": r"a phone number",
        "phone_with_country": r"a phone number with its country, such as \+49…",
        "contact": r"an email address or a phone number",
        "who": r"a name, phone, email or reference",
        "opening_hours": r"OSM opening hours such as .+",
        "day_hours": r"hours such as .+",
        "shop_name": r'"(?P<name>.+)", the name of the shop',
        "currency": r"an ISO 4217 code such as EUR",
        "country": r"an ISO 3166 code such as DE",
        "time_zone": r"an IANA time zone such as Europe/Berlin",
        "slug": r"a-z, 0-9 and single hyphens, such as corner-shop",
        "refund": r"at most 0 for a refund",
        "refund_left": r"a refund of at most (?P<left>\d+)",
        "tenure": (
            r"(?P<least>\d+) or more: (?P<visits>\d+) visits on different days, the last "
            r"(?P<away_days>\d+) days ago"
        ),
        "tenure_once": r"(?P<away_days>\d+), the age of the only visit",
        "mood": r"a mood, a text, or that the shop was closed",
    }
)


@dataclass(frozen=True)
class Said:
    """A sentence with its code and what stands in it; `other` where it has none."""

    code: str
    values: dict[str, Value]
    text: str


def told(drivers: Iterable[str]) -> list[Said]:
    """What a score's drivers say."""
    return [said(driver, DRIVERS) for driver in drivers]


def noted(notes: Iterable[str]) -> list[Said]:
    """What a scoring's notes say."""
    return [said(note, NOTES) for note in notes]


@lru_cache(KEPT_MAX)
def said(text: str, patterns: Patterns) -> Said:
    """Find the code of a sentence among the patterns of its kind."""
    for code, pattern in patterns.items():
        if found := pattern.fullmatch(text):
            values = {name: _value(part) for name, part in found.groupdict().items() if part}
            return Said(code, values, text)
    return Said(OTHER, {}, text)


def _value(part: str) -> Value:
    if re.fullmatch(_AMOUNT, part):
        part = part.replace(",", "")
    if re.fullmatch(r"-?\d+", part):
        return int(part)
    return float(part) if re.fullmatch(r"-?\d+\.\d+", part) else part
