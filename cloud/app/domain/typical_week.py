"""What is usual in a shop: entries and people inside, for each hour of the week."""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# fewer days say nothing about what is usual
DAYS_MIN = 3
# hours that differ by less are alike to who comes: a quarter and half a person
ALIKE_RATIO = 1.25
ALIKE_PEOPLE = 0.5


@dataclass(frozen=True)
class HourCount:
    """Who came and went in one hour of a day."""

    date: dt.date
    hour: int
    entries: int
    exits: int


@dataclass(frozen=True)
class UsualHour:
    """An hour of the week; weekday 0 is Monday, `inside` is the mean at the end of the hour."""

    weekday: int
    hour: int
    entries: float
    inside: float
    days: int


HourOfWeek = tuple[int, int]


def typical_week(counts: Iterable[HourCount]) -> dict[HourOfWeek, UsualHour]:
    """Return the usual hours by (weekday, hour), those with enough days behind them.

    A day on which somebody came counts in every hour from its first to its last movement, so that a
    quiet hour in between weighs as much as a busy one.
    """
    entries: dict[HourOfWeek, list[int]] = defaultdict(list)
    inside: dict[HourOfWeek, list[int]] = defaultdict(list)
    for date, hours in _by_date(counts).items():
        people = _at_midnight(hours)
        for hour in range(min(hours), max(hours) + 1):
            came, left = hours.get(hour, (0, 0))
            people = max(0, people + came - left)
            entries[date.weekday(), hour].append(came)
            inside[date.weekday(), hour].append(people)
    return {
        key: UsualHour(*key, _mean(entries[key]), _mean(inside[key]), len(entries[key]))
        for key in sorted(entries)
        if len(entries[key]) >= DAYS_MIN
    }


def quiet_hours(
    week: Mapping[HourOfWeek, UsualHour], weekday: int, open_hours: Sequence[int]
) -> range | None:
    """Return the stretch of a day's open hours in which one meets the fewest people: who comes in
    an hour, and who is there at its end.

    Hours beside it that are as quiet belong to it. None where too little is known, or where most
    of the day is as quiet: then no time is the best.
    """
    met = {h: _met(week[weekday, h]) for h in open_hours if (weekday, h) in week}
    if not met:
        return None
    quietest = min(met, key=lambda hour: met[hour])
    alike = met[quietest] * ALIKE_RATIO + ALIKE_PEOPLE
    first = last = quietest
    while met.get(first - 1, math.inf) <= alike:
        first -= 1
    while met.get(last + 1, math.inf) <= alike:
        last += 1
    stretch = range(first, last + 1)
    return stretch if 2 * len(stretch) <= len(met) else None


def _met(usual: UsualHour) -> float:
    return usual.entries + usual.inside


def _at_midnight(hours: Mapping[int, tuple[int, int]]) -> int:
    """Return how many stayed from the evening before: who leaves in the night without having come
    in on that day."""
    most = balance = hour = 0
    while hour in hours:
        came, left = hours[hour]
        balance += left - came
        most = max(most, balance)
        hour += 1
    return most


def _by_date(counts: Iterable[HourCount]) -> dict[dt.date, dict[int, tuple[int, int]]]:
    dates: dict[dt.date, dict[int, tuple[int, int]]] = defaultdict(dict)
    for count in counts:
        if count.entries or count.exits:
            dates[count.date][count.hour] = (count.entries, count.exits)
    return dates


def _mean(numbers: Sequence[int]) -> float:
    return sum(numbers) / len(numbers)
