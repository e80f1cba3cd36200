"""Weeks summed up from their days."""

import datetime as dt

from cloud.app.domain.kept_hours import Kept
from cloud.app.domain.past_weeks import KeptDay, SoldDay, monday, past_weeks

MONDAY = dt.date(2026, 3, 2)
SPAN = (dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC), dt.datetime(2026, 3, 2, 17, tzinfo=dt.UTC))


def day(number: int) -> dt.date:
    return MONDAY + dt.timedelta(days=number)


def test_a_week_adds_up_its_days() -> None:
    sold = [SoldDay(day(0), 30, 12), SoldDay(day(6), 10, 8), SoldDay(day(7), 100, 90)]
    kept = [
        KeptDay(day(0), Kept(SPAN, SPAN[0], SPAN[1], 0, 0)),
        KeptDay(day(1), Kept(SPAN, SPAN[0], SPAN[1], 12, 0)),
        KeptDay(day(2), Kept(SPAN, SPAN[0], SPAN[1], 3, 5)),
    ]
    week, after = past_weeks([MONDAY, day(7)], sold, kept)
    assert (week.visitors, week.purchases, week.conversion) == (40, 20, 0.5)
    assert (week.promised, week.kept, week.minutes_missed) == (3, 1, 20)
    assert (after.visitors, after.promised, after.conversion) == (100, 0, 0.9)


def test_few_visitors_make_no_share_and_a_week_without_a_day_stays() -> None:
    few, none = past_weeks([MONDAY, day(7)], [SoldDay(day(3), 19, 19)], [])
    assert few.conversion is None
    assert (none.visitors, none.conversion, none.promised) == (0, None, 0)


def test_a_week_begins_on_monday() -> None:
    assert [monday(day(number)) for number in (0, 6, 7)] == [MONDAY, MONDAY, day(7)]


def test_a_day_on_which_more_bought_than_were_counted_says_nothing_of_a_share() -> None:
    # the board was without power from nine to four
    sold = [SoldDay(day(0), 30, 12), SoldDay(day(1), 5, 40)]
    (week,) = past_weeks([MONDAY], sold, [])
    assert (week.visitors, week.purchases, week.conversion) == (30, 12, 0.4)
