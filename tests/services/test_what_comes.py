"""When a shop opens or closes next, and when it is quiet until then."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from cloud.app.domain.typical_week import UsualHour
from cloud.app.services.footfall import next_quiet_time
from cloud.app.services.openings import next_change, open_spans, promised_hours
from cloud.app.store.openings import OpeningException
from cloud.app.store.shops import Shop

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = "Mo-Fr 09:00-18:00; Sa 09:00-13:00"
# two people at nine, none at noon, five otherwise, on each day of the week
WEEK = {
    (day, hour): UsualHour(day, hour, 3.0, {9: 2.0, 12: 0.0}.get(hour, 5.0), 8)
    for day in range(7)
    for hour in range(9, 18)
}
BAKERY = Shop(time_zone="Europe/Berlin", country="DE")


def friday(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 20, hour, minute, tzinfo=BERLIN)


def monday(hour: int) -> dt.datetime:
    return friday(hour) + dt.timedelta(days=3)


@pytest.mark.parametrize(
    ("hours", "now", "change"),
    [
        (HOURS, friday(8, 59), (True, friday(9))),
        (HOURS, friday(9), (False, friday(18))),
        (HOURS, friday(17, 59), (False, friday(18))),
        ("Mo 09:00-18:00", friday(12), (True, monday(9))),
        (f"{HOURS}; 2026 Nov 20 off", friday(12), (True, friday(9) + dt.timedelta(days=1))),
        ("Fr 20:00-02:00", friday(23), (False, friday(2) + dt.timedelta(days=1))),
        ("24/7", friday(12), None),
        ("off", friday(12), None),
        (None, friday(12), None),
    ],
)
def test_the_hours_say_what_comes_next(
    hours: str | None, now: dt.datetime, change: tuple[bool, dt.datetime] | None
) -> None:
    assert next_change(hours, "Europe/Berlin", "DE", now.astimezone(dt.UTC)) == change


@pytest.mark.parametrize(
    ("now", "begin", "end"),
    [
        (friday(8), friday(12), friday(13)),
        (friday(12, 59), friday(12), friday(13)),
        # what is left of the day is busy throughout: no time is the best
        (friday(13), None, None),
        # today is over: Saturday is short, and noon is its quietest hour, too
        (friday(18), friday(12) + dt.timedelta(days=1), friday(13) + dt.timedelta(days=1)),
    ],
)
def test_the_quiet_time_is_that_of_the_next_open_day(
    now: dt.datetime, begin: dt.datetime | None, end: dt.datetime | None
) -> None:
    found = next_quiet_time(BAKERY, HOURS, WEEK, now.astimezone(dt.UTC))
    assert found == (None if begin is None else (begin, end))


def test_a_day_on_which_it_is_shut_has_no_quiet_time() -> None:
    hours = f"{HOURS}; 2026 Nov 20 off; 2026 Nov 21 off"
    assert next_quiet_time(BAKERY, hours, WEEK, friday(8)) == (monday(12), monday(13))


def test_without_published_hours_history_says_when_it_is_open() -> None:
    assert next_quiet_time(BAKERY, None, WEEK, friday(8)) == (friday(12), friday(13))
    assert next_quiet_time(BAKERY, None, {}, friday(8)) is None


BAR = Shop(time_zone="Europe/Berlin", country="DE", opening_hours="Fr-Sa 18:00-02:00")
FRIDAY = friday(0).date()
SATURDAY = FRIDAY + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("date", "hours", "evenings"),
    [
        (FRIDAY, None, ["21 18:00–22 02:00"]),
        (SATURDAY, None, ["20 18:00–21 02:00"]),
        (SATURDAY, "16:00-03:30", ["20 18:00–21 02:00", "21 16:00–22 03:30"]),
        (SATURDAY, "10:00-12:00", ["20 18:00–21 02:00", "21 10:00–21 12:00"]),
        (FRIDAY - dt.timedelta(days=1), "20:00-01:00",
         ["19 20:00–20 01:00", "20 18:00–21 02:00", "21 18:00–22 02:00"]),
    ],
)  # fmt: skip
def test_other_hours_of_a_day_are_those_of_its_evening(
    date: dt.date, hours: str | None, evenings: list[str]
) -> None:
    promised = promised_hours(BAR, [OpeningException(date=date, hours=hours)])
    begin, end = friday(0) - dt.timedelta(days=2), friday(0) + dt.timedelta(days=4)
    spans = open_spans(promised, BAR.time_zone, BAR.country, begin, end)
    assert [f"{start:%d %H:%M}–{stop:%d %H:%M}" for start, stop in spans] == evenings


def test_two_days_with_other_hours_follow_each_other() -> None:
    days = [
        OpeningException(date=FRIDAY, hours="20:00-04:00"),
        OpeningException(date=SATURDAY, hours=None),
    ]
    promised = promised_hours(BAR, days)
    assert next_change(promised, BAR.time_zone, BAR.country, friday(21)) == (
        False, friday(4) + dt.timedelta(days=1)
    )  # fmt: skip
    assert promised_hours(Shop(time_zone="Europe/Berlin", country="DE", opening_hours=HOURS),
                          days[1:]) == f"{HOURS}; 2026 Nov 21 off"  # fmt: skip
