"""What the door of a simulated shop saw in the weeks before: so that there is something usual.

It matches the sales of the town: whoever bought something had come in before and left afterwards.
"""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from simulators.street import BUYER_SHARE
from simulators.town import ShopPlan, SimulatedShop

WEEKS = 8
LATE_SHARE = 0.1
EARLY_SHARE = 0.6
MISSED_DIRECTION_SHARE = 0.01
STAYS_MINUTES = (2, 12)

Event = dict[str, object]


@dataclass(frozen=True)
class Past:
    """The events of one long boot, and when it began, in Unix milliseconds."""

    began_ms: int
    events: list[Event]


def past_of(shop: SimulatedShop, today: dt.date, *, seed: int) -> Past:
    """Return what the door saw until the evening before `today`."""
    chance = random.Random(f"past/{shop.plan.slug}/{seed}")
    zone = ZoneInfo(shop.plan.time_zone)
    first = today - dt.timedelta(weeks=WEEKS)
    began_ms = _ms(dt.datetime.combine(first, dt.time(), zone))
    happened = [
        (_ms(at.replace(tzinfo=zone)), body)
        for date in (first + dt.timedelta(days=number) for number in range(7 * WEEKS))
        if date.weekday() not in shop.plan.closed_weekdays
        for at, body in _day(shop, date, chance)
    ]
    return Past(
        began_ms,
        [
            {"seq": number, "up": at_ms - began_ms, "at": at_ms, **body}
            for number, (at_ms, body) in enumerate(happened, start=1)
        ],
    )


def _day(
    shop: SimulatedShop, date: dt.date, chance: random.Random
) -> list[tuple[dt.datetime, Event]]:
    """The door opens, people come and go, the last leaves, the door closes; in local time."""
    opens, closes = _opens(shop.plan, date, chance), _at(date, 60 * shop.plan.closes_hour)
    people = [passage for visit in _visits(shop, date, chance) for passage in _passages(*visit)]
    in_time = [(at, body) for at, body in people if opens <= at]
    last = max([closes, *(at for at, _ in in_time)])
    inside: list[tuple[dt.datetime, Event]] = [
        (at, _seen(body, chance)) for at, body in sorted(in_time, key=lambda pair: pair[0])
    ]
    door = {"kind": "door"}
    shut = last + dt.timedelta(minutes=chance.randint(1, 8))
    return [(opens, {**door, "open": 1}), *inside, (shut, {**door, "open": 0})]


def _opens(plan: ShopPlan, date: dt.date, chance: random.Random) -> dt.datetime:
    late = chance.random() < LATE_SHARE
    return _at(date, 60 * plan.opens_hour + (chance.randint(12, 40) if late else -3))


def _visits(
    shop: SimulatedShop, date: dt.date, chance: random.Random
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Everybody's entry and exit: of those who buy around their sale, of the others at any time."""
    sales = [s.at for c in shop.customers for s in c.sales if s.at.date() == date]
    looking = round(len(sales) * (1 / BUYER_SHARE - 1))
    others = [_in_the_rush(shop.plan, date, chance) for _ in range(looking)]
    for paid_at in sorted([*sales, *others]):
        came = paid_at - dt.timedelta(minutes=chance.randint(*STAYS_MINUTES))
        yield came, paid_at + dt.timedelta(seconds=chance.randint(20, 90))


def _in_the_rush(plan: ShopPlan, date: dt.date, chance: random.Random) -> dt.datetime:
    """A time of the day: many come in the first hours, and after work."""
    opens, closes = 60 * plan.opens_hour, 60 * plan.closes_hour
    peak = opens + 90 if chance.random() < EARLY_SHARE else closes - 60
    return _at(date, round(min(max(chance.gauss(peak, 45), opens), closes - 1)))


def _passages(came: dt.datetime, left: dt.datetime) -> list[tuple[dt.datetime, Event]]:
    passage = {"kind": "passage", "sensor": 0, "confidence": 95}
    return [(came, {**passage, "direction": "in"}), (left, {**passage, "direction": "out"})]


def _seen(passage: Event, chance: random.Random) -> Event:
    """The passage, or now and then only that somebody was there."""
    if chance.random() < MISSED_DIRECTION_SHARE:
        return {"kind": "ambiguous_passage", "sensor": 0, "duration_ms": 900}
    return passage


def _at(date: dt.date, minute: int) -> dt.datetime:
    return dt.datetime.combine(date, dt.time()) + dt.timedelta(minutes=minute)


def _ms(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)
