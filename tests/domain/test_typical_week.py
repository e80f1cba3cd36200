"""What is usual at an hour of the week."""

import datetime as dt

from cloud.app.domain.typical_week import (
    DAYS_MIN,
    HourCount,
    UsualHour,
    quiet_hours,
    typical_week,
)

FRIDAYS = [dt.date(2026, 11, 20) - dt.timedelta(weeks=week) for week in range(1, 5)]
FRIDAY = 4


def test_the_mean_of_the_same_hour_of_the_week() -> None:
    entries = (4, 6, 8, 6)
    counts = [HourCount(day, 9, came, 0) for day, came in zip(FRIDAYS, entries, strict=True)]
    (usual,) = typical_week(counts).values()
    assert (usual.weekday, usual.hour, usual.entries, usual.days) == (FRIDAY, 9, 6.0, 4)


def test_people_inside_are_those_who_came_and_did_not_leave() -> None:
    counts = [
        count for day in FRIDAYS for count in (HourCount(day, 9, 5, 1), HourCount(day, 11, 2, 4))
    ]
    week = typical_week(counts)
    assert [(usual.hour, usual.inside) for usual in week.values()] == [(9, 4), (10, 4), (11, 2)]


def test_an_hour_without_enough_days_is_not_usual() -> None:
    counts = [HourCount(day, 9, 1, 1) for day in FRIDAYS[: DAYS_MIN - 1]]
    assert typical_week(counts) == {}


def friday(**entries: float) -> dict[tuple[int, int], UsualHour]:
    """A usual Friday: who comes at h9, h10 and so on; half of them stay to the end of the hour."""
    hours = {int(name[1:]): people for name, people in entries.items()}
    return {(FRIDAY, h): UsualHour(FRIDAY, h, came, came / 2, 5) for h, came in hours.items()}


def test_a_quiet_time_takes_in_its_neighbours_that_are_as_quiet() -> None:
    week = friday(h9=8.0, h10=2.2, h11=2.0, h12=2.8, h13=9.0, h14=2.0, h15=8.0)
    assert quiet_hours(week, FRIDAY, range(9, 16)) == range(10, 13)
    assert quiet_hours(week, FRIDAY, [13, 14]) == range(14, 15)


def test_who_stays_is_met_too() -> None:
    week = friday(h9=4.0, h10=6.0) | {(FRIDAY, 11): UsualHour(FRIDAY, 11, 1.0, 9.0, 5)}
    assert quiet_hours(week, FRIDAY, range(9, 12)) == range(9, 10)


def test_a_quiet_time_ends_where_the_shop_closes_or_nothing_is_known() -> None:
    week = friday(h9=2.0, h10=2.0, h12=2.0, h13=9.0, h14=9.0)
    assert quiet_hours(week, FRIDAY, [10, 12, 13, 14]) == range(10, 11)


def test_no_time_is_the_best_where_most_are_alike_or_unknown() -> None:
    assert quiet_hours(friday(h9=4.0, h10=4.5), FRIDAY, [9, 10]) is None
    assert quiet_hours(friday(h9=2.0, h10=2.0, h11=9.0), FRIDAY, [9, 10, 11]) is None
    assert quiet_hours(friday(h9=2.0), FRIDAY, [9, 10]) is None
    assert quiet_hours({}, FRIDAY, [9, 10]) is None


def test_who_leaves_in_the_night_was_inside_at_midnight() -> None:
    nights = [
        count
        for day in FRIDAYS
        for count in (HourCount(day, 0, 2, 6), HourCount(day, 1, 0, 5), HourCount(day, 18, 7, 0))
    ]
    week = typical_week(nights)
    # nine stayed from the evening before
    assert [week[FRIDAY, hour].inside for hour in (0, 1, 2, 17, 18)] == [5, 0, 0, 0, 7]


def test_a_day_that_begins_in_the_morning_begins_with_nobody() -> None:
    counts = [
        count for day in FRIDAYS for count in (HourCount(day, 9, 1, 3), HourCount(day, 10, 4, 0))
    ]
    assert typical_week(counts)[FRIDAY, 10].inside == 4
