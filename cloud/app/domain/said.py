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
        "no_such_field": r"one of the fields (?P<choices>.+)",
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
        "one_channel": r"at least one channel",
        "your_name": r"your name, because this is a new account",
        "email_no_texts": r"an email address: no texts are sent from here",
        "own_customer": r"a customer of this shop",
        "own_purchase": r"a purchase of this shop",
        "buyer": r"the customer who bought it",
        "other_customer": r"another customer than \w+",
        "past_month": r"a month that is over",
        "month": r"a month such as \d{4}-\d\d",
        "whole_number": r"a whole number, or a customer_id with a score",
        # what a table's columns and rows were expected to be
        "table": r"a table",
        "table_text": (
            r"an XLSX workbook or delimited text|delimited (?:text|cells)|text|"
            r"text as UTF-8 or Windows-125x|[\w-]+ text|a workbook (?:of different parts|"
            r"without entities of its own)|elements within at most \d+ others"
        ),
        "table_columns": r"columns between commas, semicolons, tabs or spaces",
        "columns_most": r"at most (?P<most>\d+) columns",
        "whole_gzip": r"a whole gzip file",
        "file_size": (
            r"at most (?P<megabytes>\d+) MB (?:of cells|when unpacked|of texts and formats in a "
            r"workbook)"
        ),
        "line_size": r"lines of at most (?P<megabytes>\d+) MB",
        "workbook_small": (r"a workbook of at most \d+ parts|a sheet that is read within [\d.]+ s"),
        "cells": r"(?P<least>\d+) or more cells",
        "column": r"a column(?: \d+\.\.\d+)?",
        "column_amount": r"a column for amount, or for price",
        "column_product": r"a column for the product's name, or its sku",
        "column_once": r"each column once",
        "ask_date_order": r"dmy or mdy, because the dates do not tell",
        "ask_decimal": r"'\.' or ',', because the amounts do not tell",
        "one_date_order": r"day and month in one order in every row",
        "telling_date": r"some date with a day above 12",
        "one_decimal": r"one mark in every row",
        "telling_amount": r"some amount with other than three digits after the mark",
        "date_such_as": r"a (?:date|day) such as (?P<day>\d{4}-\d\d-\d\d)",
        "years": r"a year from (?P<least>\d+) to (?P<most>\d+)",
        "until_today": r"a da(?:te|y) between 1970 and today",
        "amount_point": r"an amount such as 12\.50",
        "amount_comma": r"an amount such as 12,50",
        "amount_below": r"an amount below [\d,]+",
        "amount_not_negative": r"an amount of 0 or more",
        "pieces": r"0 pieces or more",
        "most": r"at most (?P<most>-?\d+)",
        "name_or_sku": r"a name or a sku",
        "product_once": r"each product once",
        "product_name": r"a name that no other product has",
        "product_sku": r"'(?P<sku>.*)', as the product of this name has",
    }
)

# what the server would not do, and why
REFUSALS = _compiled(
    {
        "sign_in": r"Sign in first\.|The access token .+|this sign-in has ended",
        "role": r"only (?P<allowed>[a-z, ]+?) may do this, you are (?P<role>[a-z]+) here",
        "admins_only": r"only who looks after the installation may do this",
        "wrong_code": r"this code is wrong, used or too old: ask for a new one",
        "other_contact": r"the code must have been sent to this account's own email or phone",
        "prove_first": r"prove your email or phone by a code first",
        "no_address": r"There is nothing at this address\.",
        "no_membership": r"you are no customer of such a shop",
        "no_account": r"there is no such account any more",
        "no_scores": r"there are no scores yet: they come after the first import or overnight",
        "no_model": r"there is no model: the scores say why",
        "no_report": r"there is no report of this month",
        **{
            f"no_{thing}": rf"there is no such {thing}"
            for thing in (
                "customer",
                "device",
                "feedback",
                "import",
                "invitation",
                "merge",
                "note",
                "product",
                "shop",
                "site",
            )
        },
        "no_colleague": r"this person does not work here",
        "not_two_people": r"nobody has called these two people",
        "nothing_counted": r"nothing was counted at this door yet",
        "no_other_hours": r"there are no other hours on this day",
        "closed_for_good": r"this shop has closed",
        "shop_is_closed": r"this shop is closed: take that back first",
        "contact_taken": r"another account of yours has this email or phone: sign in there",
        "reference_taken": (
            r"another customer has this (?:reference|customer's reference (?:or account )?by now)"
        ),
        "product_taken": r"another product has this name or sku",
        "purchase_taken": r"this id belongs to another purchase",
        "slug_taken": r"this slug belongs to another shop",
        "last_owner": r"a shop keeps at least one owner",
        "close_first": r"close these shops first, or make somebody else their owner: (?P<shops>.+)",
        "forgotten": r"this contact asked to be forgotten: only they can agree, by joining again",
        "left": r"you left this shop: join it again to tell it something",
        "answered": r"the shop has answered what you said today: tell it more tomorrow",
        "two_accounts": r"both have an account of their own: they are two people",
        "merge_undone": r"this merge is undone already",
        "merged_again": r"the survivor was merged again since: undo that merge first",
        "import_at_work": r"an import is at work and .+: try again when it is done",
        "import_state": r"this import is (?P<state>[a-z]+) already",
        "undo_state": r"only an import that is done can be undone, this one is (?P<state>[a-z]+)",
        "undo_late": (
            r"an import can be undone for (?P<days>\d+) days, "
            r"this one was done (?P<days_ago>\d+) days ago"
        ),
        "upload_again": (
            r"a customer was erased, and with them the uploaded files: upload this one again"
        ),
        "commands_wait": r"expected at most (?P<most>\d+) commands that wait for an answer",
        "done_before": r"this was done before, and what it answered is shown only once",
        "still_at_work": r"a request with this [\w-]+ is still at work: try again soon",
        "changed": r"It has changed since you read it: .+",
        "too_large": r"Expected at most (?P<megabytes>[\d.]+) MB, got more\.",
        "too_slow": r"Expected the whole [a-z]+ within (?P<seconds>\d+) s, got a part of it\.",
        "too_often": r"Too many requests\. Try again later\.",
        "codes_sent": (
            r"too many codes were sent to this contact: wait an hour, or use the last one"
        ),
        "ours": r"Something went wrong on our side\. It has been noted\.",
        "broker": r"(?:the )?broker\b.+",
        "full": r"too many live streams at once, ask for /live instead",
    }
)
_INVALID = re.compile(r"(?P<field>.+?): expected (?P<expected>.+?), got (?P<found>.*)", re.DOTALL)


@dataclass(frozen=True)
class Said:
    """A sentence with its code and what stands in it; `other` where it has none."""

    code: str
    values: dict[str, Value]
    text: str


@dataclass(frozen=True)
class Expectation:
    """What a field was expected to be and what was found, with the code of the former."""

    field: str
    expected: str
    found: str
    code: str
    values: dict[str, Value]


def told(drivers: Iterable[str]) -> list[Said]:
    """What a score's drivers say."""
    return [said(driver, DRIVERS) for driver in drivers]


def noted(notes: Iterable[str]) -> list[Said]:
    """What a scoring's notes say."""
    return [said(note, NOTES) for note in notes]


def expectation(field: str, expected: str, found: str) -> Expectation:
    """Find the code of what a field was expected to be."""
    wanted = said(expected, EXPECTED)
    return Expectation(field, expected, found, wanted.code, wanted.values)


def expectation_in(sentence: str | None) -> Expectation | None:
    """Read back what `Invalid` said; None for any other sentence."""
    found = _INVALID.fullmatch(sentence or "")
    return expectation(**found.groupdict()) if found else None


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
