"""Stretches in which a shop sold nothing to anybody: it was shut, or its sales were not recorded.

Nobody could be seen then, so those days are taken out of the models' clock: a holiday of three
weeks would otherwise make every customer look lost. Days keep their distance to each other and to
`as_of`, less the days of closures between; without a closure nothing changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cloud.ml.features import EPOCH, day_numbers
from cloud.ml.signals import REQUIRED, Signals

Ints = npt.NDArray[np.int64]

# A shop that is shut on some days of the week is open within any seven.
LEAST_DAYS = 7
# Longer than so many of the pauses that the shop makes anyway, as markets do.
TIMES_USUAL_PAUSE = 2
# Visits that were to be expected in the meantime: none instead of 12 is no chance (exp -12).
LEAST_EXPECTED = 12
# The rate is that of the days just before, and just after; a day or two may be a lucky strike.
WINDOW_DAYS = 28
LEAST_DAYS_BEFORE = 14
LEAST_DAYS_AFTER = 3


@dataclass(frozen=True)
class Closure:
    """The first and the last day without a sale."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days, the first and the last included."""
        return (self.last - self.first).days + 1


def closures(days: pd.DataFrame, as_of: date) -> list[Closure]:
    """Closures of a shop up to the day `as_of`, from its `customer_days`; the earliest first.

    The last one may go on at `as_of`.
    """
    return list(_closures(days, as_of))


def open_days(days: pd.DataFrame, found: Sequence[Closure]) -> pd.DataFrame:
    """The same `customer_days` on the clock that stands still during closures."""
    return days.assign(day=on_open_clock(days["day"], found)) if found else days


def open_signals(signals: Signals | None, found: Sequence[Closure]) -> Signals | None:
    """The same signals on that clock."""
    if signals is None or not found:
        return signals
    moved = {}
    for name in signals.known:
        frame = getattr(signals, name)
        moments = [column for column in REQUIRED[name] if column.endswith("_at")]
        moved[name] = frame.assign(**{c: on_open_clock(frame[c], found) for c in moments})
    return replace(signals, **moved)


def on_open_clock(moments: "pd.Series[Any]", found: Sequence[Closure]) -> "pd.Series[Any]":
    """Moments moved towards the present by the days of closures that came after them."""
    known = moments.dropna()
    day = day_numbers(known)
    later = np.zeros(len(day), dtype=np.int64)
    for closure in found:
        later += np.clip((closure.last - EPOCH).days - day, 0, closure.days)
    return (known + pd.to_timedelta(later, unit="D")).reindex(moments.index)


def calendar_day(day: date, found: Sequence[Closure]) -> date:
    """The day of the calendar that is this day on that clock."""
    for closure in reversed(found):
        if day <= closure.last:
            day -= timedelta(days=closure.days)
    return day


def calendar_days_ago(days_ago: Ints, as_of: date, found: Sequence[Closure]) -> Ints:
    """So many days ago on that clock, in days of the calendar."""
    calendar: Ints = np.array(days_ago, dtype=np.int64)
    for closure in reversed(found):
        calendar += np.where(calendar >= (as_of - closure.last).days, closure.days, 0)
    return calendar


def _closures(days: pd.DataFrame, as_of: date) -> Iterator[Closure]:
    today = (as_of - EPOCH).days
    visits = day_numbers(days.loc[days["net_amount"] > 0, "day"])
    sold, counts = np.unique(visits[visits <= today], return_counts=True)
    if not len(sold):
        return
    ends = np.append(sold[1:], today + 1)
    usual_pause = float(np.quantile(ends - sold - 1, 0.9))
    for last_sale, end in zip(sold, ends, strict=True):
        pause = int(end - last_sale - 1)
        if pause < max(LEAST_DAYS, TIMES_USUAL_PAUSE * usual_pause + 1):
            continue
        rates = [_rate_before(sold, counts, last_sale)]
        if end <= today:
            rates.append(_rate_after(sold, counts, end, today))
        if pause * min(rates) >= LEAST_EXPECTED:
            yield Closure(_day(last_sale + 1), _day(end - 1))


def _rate_before(sold: Ints, counts: Ints, last_sale: int) -> float:
    """Visits a day in the weeks up to this day; none where the shop is too young to say."""
    span = min(last_sale - int(sold[0]) + 1, WINDOW_DAYS)
    inside = (sold > last_sale - span) & (sold <= last_sale)
    return float(counts[inside].sum()) / span if span >= LEAST_DAYS_BEFORE else 0.0


def _rate_after(sold: Ints, counts: Ints, first_sale: int, today: int) -> float:
    span = min(today - first_sale + 1, WINDOW_DAYS)
    inside = (sold >= first_sale) & (sold < first_sale + span)
    return float(counts[inside].sum()) / max(span, LEAST_DAYS_AFTER)


def _day(number: Any) -> date:
    return EPOCH + timedelta(days=int(number))
