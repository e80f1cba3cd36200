"""Past weeks of a shop: how many of those who came in bought, and how often its hours were kept."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cloud.app.domain.kept_hours import Kept

# a share of fewer visitors says nothing
LEAST_VISITORS = 20


@dataclass(frozen=True)
class SoldDay:
    """A day on which the doors counted and the till recorded; other days say nothing of a share."""

    date: dt.date
    visitors: int
    purchases: int


@dataclass(frozen=True)
class KeptDay:
    """A promised span, on a day on which the door was heard of."""

    date: dt.date
    kept: Kept


@dataclass(frozen=True)
class PastWeek:
    """A week from Monday on. `kept` of `promised` spans began and ended as the hours say."""

    week: dt.date
    visitors: int
    purchases: int
    promised: int
    kept: int
    minutes_missed: int

    @property
    def conversion(self) -> float | None:
        """Purchases for each visitor; None where too few came in."""
        return self.purchases / self.visitors if self.visitors >= LEAST_VISITORS else None


def conversion(purchases: int, visitors: float) -> float | None:
    """Return the share of visitors who bought; None where the doors cannot have counted all."""
    return purchases / visitors if 0 < visitors >= purchases else None


def monday(date: dt.date) -> dt.date:
    """Return the first day of a date's week."""
    return date - dt.timedelta(days=date.weekday())


def past_weeks(
    mondays: Iterable[dt.date], sold: Sequence[SoldDay], kept: Sequence[KeptDay]
) -> list[PastWeek]:
    """Sum the days up by their weeks; a week without any stays, empty."""
    return [
        _week(
            week,
            [day for day in sold if monday(day.date) == week and _was_counted(day)],
            [day.kept for day in kept if monday(day.date) == week],
        )
        for week in mondays
    ]


def _was_counted(day: SoldDay) -> bool:
    return conversion(day.purchases, day.visitors) is not None


def _week(week: dt.date, sold: Sequence[SoldDay], spans: Sequence[Kept]) -> PastWeek:
    missed = [span.minutes_late + span.minutes_early for span in spans]
    return PastWeek(
        week,
        visitors=sum(day.visitors for day in sold),
        purchases=sum(day.purchases for day in sold),
        promised=len(spans),
        kept=missed.count(0),
        minutes_missed=sum(missed),
    )
