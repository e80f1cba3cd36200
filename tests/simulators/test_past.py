"""What the door of a simulated shop saw in the weeks before."""

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

from simulators.past import WEEKS, Event, past_of
from simulators.town import BAKERY, make_shop
from wire import messages

TODAY = dt.date(2026, 3, 2)
BERLIN = ZoneInfo("Europe/Berlin")
SHOP = make_shop(BAKERY, today=TODAY, seed=1)
PAST = past_of(SHOP, TODAY, seed=1)


def at(event: Event) -> dt.datetime:
    """The local time of an event."""
    return dt.datetime.fromtimestamp(int(str(event["at"])) / 1000, BERLIN)


def test_the_door_opens_and_closes_once_on_each_open_day_with_all_people_between() -> None:
    days: dict[dt.date, list[Event]] = {}
    for event in PAST.events:
        days.setdefault(at(event).date(), []).append(event)
    assert len(days) == 6 * WEEKS
    for date, events in days.items():
        assert date.weekday() not in BAKERY.closed_weekdays
        assert [e["open"] for e in events if e["kind"] == "door"] == [1, 0]
        assert (events[0]["kind"], events[-1]["kind"]) == ("door", "door")
        assert [e["at"] for e in events] == sorted(int(str(e["at"])) for e in events)


def test_whoever_bought_was_inside_and_others_only_looked() -> None:
    seen = Counter(e.get("direction") for e in PAST.events if e["kind"] != "door")
    first = TODAY - dt.timedelta(weeks=WEEKS)
    sales = sum(s.at.date() >= first for c in SHOP.customers for s in c.sales)
    assert 0.5 < sales / seen["in"] < 0.62
    assert abs(seen["in"] - seen["out"]) < 0.02 * seen["in"]


def test_the_wire_takes_it_as_one_boot() -> None:
    boot = PAST.began_ms // 1000
    sent = {"boot": boot, "oldest": 1, "events": PAST.events[:32]}
    batch, rejected = messages.decode_events(messages.encode(sent))
    assert (batch["boot"], len(batch["events"]), rejected) == (boot, 32, [])
    assert [e["seq"] for e in PAST.events] == list(range(1, len(PAST.events) + 1))
    assert past_of(SHOP, TODAY, seed=1) == PAST
