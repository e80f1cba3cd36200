"""Days that are not tidy: two doors, nights, boards that are silent, late, new or gone."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.ingest.handler import handle
from cloud.app.jobs import upkeep
from cloud.app.services.corrections import set_inside
from cloud.app.services.live import live_state, public_status
from cloud.app.services.openings import say as say_word
from cloud.app.services.past_weeks import weeks_behind
from cloud.app.services.shops import change_shop
from cloud.app.services.timeline import timeline
from cloud.app.services.today import today
from cloud.app.store.roles import act_for
from tests.ingest.conftest import Bakery
from tests.ingest.messages import batch, received, status

# a Friday; Berlin is an hour ahead
FRIDAY = dt.date(2026, 11, 20)
SATURDAY = FRIDAY + dt.timedelta(days=1)

Say = Callable[..., None]


def at(hour: int, minute: int = 0, date: dt.date = FRIDAY) -> dt.datetime:
    """Return a time of the shop's clock."""
    local = dt.datetime.combine(date, dt.time(hour, minute))
    return (local - dt.timedelta(hours=1)).replace(tzinfo=dt.UTC)


def door(when: dt.datetime, is_open: int) -> dict[str, Any]:
    return {"at": _ms(when), "kind": "door", "open": is_open}


def passage(when: dt.datetime, direction: str = "in") -> dict[str, Any]:
    return {
        "at": _ms(when), "kind": "passage", "sensor": 0, "direction": direction, "confidence": 95
    }  # fmt: skip


def _ms(when: dt.datetime) -> int:
    return round(when.timestamp() * 1000)


@pytest.fixture
def live(session: Session, bakery: Bakery) -> Callable[[dt.datetime], dict[str, object]]:
    """The live state at a moment, after everything that was committed until now."""

    def look(now: dt.datetime) -> dict[str, object]:
        session.rollback()
        act_for(session, shop_id=bakery.shop_id)
        return live_state(session, bakery.shop_id, now)

    return look


Look = Callable[[dt.datetime], dict[str, object]]


@pytest.fixture
def say(bakery: Bakery, ingest_connection: psycopg.Connection) -> Say:
    """Let a board tell of events, numbered in their order, when it is heard."""
    told: dict[str, int] = {}

    def run(*events: dict[str, Any], heard: dt.datetime, device: str = "d-1") -> None:
        first = told.get(device, 0) + 1
        told[device] = first + len(events) - 1
        numbered = [{"seq": first + n, "up": 60_000, **event} for n, event in enumerate(events)]
        alive = status(at=_ms(heard), up=_ms(heard) % 10**9)
        sent = [received(alive, "status", device)]
        if numbered:
            sent.append(received(batch(*numbered), device=device))
        handle(ingest_connection, sent, heard)

    return run


def publish(bakery: Bakery, hours: str) -> None:
    bakery.connection.execute("UPDATE shop SET opening_hours = %s", (hours,))


def second_door(bakery: Bakery, device_id: str = "d-2") -> uuid.UUID:
    site_id = uuid.uuid4()
    bakery.connection.execute(
        "INSERT INTO site (shop_id, id, name) VALUES (%s, %s, 'Back door')",
        (bakery.shop_id, site_id),
    )
    bakery.connection.execute(
        "INSERT INTO device (shop_id, id, site_id, name) VALUES (%s, %s, %s, 'Back door')",
        (bakery.shop_id, device_id, site_id),
    )
    return site_id


def hours(session: Session, bakery: Bakery, date: dt.date, now: dt.datetime) -> list[Any]:
    """Return the promises of a day as the day page shows them."""
    found = timeline(session, bakery.shop_id, date, now)["hours"]
    assert isinstance(found, list)
    return found


def week_of_friday(session: Session, bakery: Bakery, now: dt.datetime) -> dict[str, Any]:
    weeks = weeks_behind(session, bakery.shop_id, now)
    return next(week for week in weeks if week["week"] == dt.date(2026, 11, 16))


def test_a_shop_closes_with_the_last_of_its_doors(
    say: Say, session: Session, bakery: Bakery
) -> None:
    publish(bakery, "Mo-Fr 09:00-18:00")
    second_door(bakery)
    say(door(at(9), 1), door(at(18), 0), heard=at(18))
    say(door(at(9, 5), 1), door(at(12), 0), heard=at(18), device="d-2")

    (day,) = hours(session, bakery, FRIDAY, at(20))
    assert (day["closed_at"], day["minutes_early"]) == (at(18), 0)
    (promised,) = today(session, bakery.shop_id, at(20))["promised"]
    assert promised["minutes_early"] == 0
    assert week_of_friday(session, bakery, at(20))["kept"] == 1


def test_an_evening_that_runs_past_midnight_is_one_promise(
    say: Say, session: Session, bakery: Bakery
) -> None:
    publish(bakery, "Fr-Sa 18:00-02:00")
    say(door(at(17, 58), 1), door(at(2, 10, SATURDAY), 0), heard=at(2, 10, SATURDAY))

    now = at(12, 0, SATURDAY)
    (friday,) = hours(session, bakery, FRIDAY, now)
    assert (friday["promised_from"], friday["promised_to"]) == (at(18), at(2, 0, SATURDAY))
    assert (friday["opened_at"], friday["closed_at"]) == (at(17, 58), at(2, 10, SATURDAY))
    assert (friday["minutes_late"], friday["minutes_early"]) == (0, 0)
    assert hours(session, bakery, SATURDAY, now) == []
    (tonight,) = today(session, bakery.shop_id, now)["promised"]
    assert (tonight["promised_from"], tonight["opened_at"]) == (at(18, 0, SATURDAY), None)
    # half an hour after midnight that evening is still the one that is promised
    running, _ = today(session, bakery.shop_id, at(0, 30, SATURDAY))["promised"]
    assert (running["promised_from"], running["opened_at"]) == (at(18), at(17, 58))
    week = week_of_friday(session, bakery, now)
    assert (week["promised"], week["kept"]) == (1, 1)


def test_a_shop_that_is_open_all_day_is_judged_by_the_day(
    say: Say, session: Session, bakery: Bakery
) -> None:
    publish(bakery, "24/7")
    thursday = FRIDAY - dt.timedelta(days=1)
    say(door(at(8, 0, thursday), 1), door(at(14), 0), door(at(16), 1), heard=at(16))

    (day,) = hours(session, bakery, FRIDAY, at(12, 0, SATURDAY))
    assert (day["promised_from"], day["promised_to"]) == (at(0), at(0, 0, SATURDAY))
    assert (day["minutes_late"], day["minutes_early"]) == (0, 0)

    # of 25 hours, the first of which are in summer time
    (long_day,) = hours(session, bakery, dt.date(2026, 10, 25), at(12))
    assert long_day["promised_from"] == dt.datetime(2026, 10, 24, 22, tzinfo=dt.UTC)
    assert long_day["promised_to"] == dt.datetime(2026, 10, 25, 23, tzinfo=dt.UTC)


def test_the_first_day_of_a_board_is_not_called_late(
    say: Say, session: Session, bakery: Bakery
) -> None:
    publish(bakery, "Mo-Fr 09:00-18:00")
    say(door(at(14), 1), heard=at(14))

    (day,) = hours(session, bakery, FRIDAY, at(20))
    assert (day["is_known"], day["minutes_late"], day["opened_at"]) == (False, 0, None)
    (promised,) = today(session, bakery.shop_id, at(15))["promised"]
    assert promised["is_known"] is False


THURSDAY = FRIDAY - dt.timedelta(days=1)
WEDNESDAY = FRIDAY - dt.timedelta(days=2)


def test_a_day_on_which_the_shop_stayed_shut_is_told_from_one_without_a_board(
    say: Say, session: Session, bakery: Bakery
) -> None:
    publish(bakery, "Mo-Fr 09:00-18:00")
    say(door(at(9, 0, WEDNESDAY), 1), door(at(18, 0, WEDNESDAY), 0), heard=at(18, 0, WEDNESDAY))
    now = at(20)
    (silent,) = hours(session, bakery, THURSDAY, now)
    assert (silent["is_known"], silent["minutes_late"]) == (False, 0)
    assert week_of_friday(session, bakery, now)["promised"] == 1

    # the same start of the board tells on Friday: it was awake on Thursday, and the door shut
    say(door(at(9), 1), door(at(18), 0), heard=at(18))
    (shut,) = hours(session, bakery, THURSDAY, now)
    assert (shut["is_known"], shut["opened_at"], shut["minutes_late"]) == (True, None, 9 * 60)
    week = week_of_friday(session, bakery, now)
    assert (week["promised"], week["kept"], week["minutes_missed"]) == (3, 2, 9 * 60)


def remove(bakery: Bakery, device_id: str, when: dt.datetime) -> None:
    bakery.connection.execute("UPDATE device SET revoked_at = %s WHERE id = %s", (when, device_id))


def test_a_door_whose_board_was_removed_has_no_say(
    say: Say, live: Look, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    second_door(bakery)
    say(door(at(9), 1), passage(at(9)), heard=at(9))
    say(door(at(9, 1), 1), heard=at(9, 1), device="d-2")
    remove(bakery, "d-2", at(10))
    assert live(at(9, 2))["source"] == "door"

    say(door(at(18), 0), heard=at(18, 20))
    state = live(at(18, 20))
    assert (state["is_open"], state["source"], state["since"]) == (False, "door", at(18))
    # nobody was at work to set the count to zero until the shop was open again
    say(door(at(9, 0, SATURDAY), 1), passage(at(9, 0, SATURDAY)), heard=at(9, 0, SATURDAY))
    assert upkeep.zero_all_closed_sites(jobs, at(9, 1, SATURDAY)) == 1
    assert live(at(9, 1, SATURDAY))["inside"] == 1


def test_a_door_that_opened_before_the_count_was_set_right_holds_the_shop_open(
    say: Say, live: Look, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    second_door(bakery)
    say(door(at(9), 1), passage(at(9)), heard=at(9))
    say(door(at(9, 1), 1), heard=at(9, 1), device="d-2")
    bakery.connection.execute("UPDATE site_state SET counted_since = %s", (at(12),))
    say(passage(at(12, 5)), door(at(12, 30), 0), door(at(13), 1), heard=at(13))
    say(heard=at(13), device="d-2")

    assert upkeep.zero_all_closed_sites(jobs, at(13, 1)) == 0


def test_people_counted_without_a_contact_are_not_added_up_over_the_nights(
    say: Say, live: Look, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    publish(bakery, "Mo-Fr 09:00-13:00,14:00-18:00")
    kept = [passage(at(10, 0, date)) for date in (WEDNESDAY, THURSDAY)]
    say(*kept, passage(at(9, 30)), heard=at(10))
    assert live(at(10))["inside"] == 3

    assert upkeep.zero_all_closed_sites(jobs, at(10)) == 1
    assert live(at(10))["inside"] == 1
    (row,) = bakery.rows("count_correction")
    assert row["corrected_at"] == at(9)
    assert upkeep.zero_all_closed_sites(jobs, at(10, 1)) == 0


def test_a_door_left_open_for_days_is_not_believed_against_the_hours(
    say: Say, live: Look, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    publish(bakery, "Mo-Fr 09:00-18:00")
    say(door(at(9, 0, THURSDAY), 1), passage(at(10, 0, THURSDAY)), heard=at(10, 0, THURSDAY))
    say(heard=at(22, 0, THURSDAY))
    assert live(at(22, 0, THURSDAY))["source"] == "door"

    say(heard=at(12))
    assert (live(at(12))["is_open"], live(at(12))["source"]) == (True, "door")
    say(heard=at(22))
    assert (live(at(22))["is_open"], live(at(22))["source"]) == (False, "hours")
    assert upkeep.zero_all_closed_sites(jobs, at(22)) == 1


MONDAY = FRIDAY + dt.timedelta(days=3)


@pytest.mark.parametrize(
    ("until", "opens_at", "closes_at"),
    [
        # back in 15 minutes, while it is open
        (at(17, 50), None, at(18)),
        # and when it would have closed meanwhile, or closed for today: on Monday
        (at(18, 10), at(9, 0, MONDAY), None),
        (at(0, 0, SATURDAY), at(9, 0, MONDAY), None),
    ],
)
def test_a_shop_that_will_be_closed_when_the_owner_s_word_ends_opens_with_its_hours(
    session: Session,
    bakery: Bakery,
    until: dt.datetime,
    opens_at: dt.datetime | None,
    closes_at: dt.datetime | None,
) -> None:
    publish(bakery, "Mo-Fr 09:00-18:00")
    act_for(session, shop_id=bakery.shop_id)
    word = {"message": None, "person_id": None, "now": at(17, 35)}
    say_word(session, bakery.shop_id, is_open=False, until=until, **word)  # type: ignore[arg-type]

    public = public_status(session, "bakery", at(17, 40))
    assert (public["opens_at"], public["closes_at"]) == (opens_at, closes_at)


def test_a_share_of_more_than_all_visitors_is_none(
    say: Say, session: Session, bakery: Bakery
) -> None:
    say(passage(at(16)), heard=at(16))
    for minute in (1, 2):
        bakery.connection.execute(
            "INSERT INTO purchase (shop_id, id, amount_minor, currency, occurred_at, source)"
            " VALUES (%s, gen_random_uuid(), 450, 'EUR', %s, 'till')",
            (bakery.shop_id, at(10, minute)),
        )
    found = today(session, bakery.shop_id, at(16, 5))
    assert (found["visitors"], found["purchases"], found["conversion"]) == (1, 2, None)


def test_another_time_zone_has_the_footfall_counted_again(session: Session, bakery: Bakery) -> None:
    for zone in ("Europe/Berlin", "Asia/Kolkata"):
        change_shop(session, bakery.shop_id, {"time_zone": zone})
    query = "SELECT task_name, args FROM procrastinate_jobs"
    (job,) = session.execute(text(query)).all()
    assert job == ("count_footfall_again", {"shop_id": str(bakery.shop_id)})


def test_the_owner_s_count_in_a_closed_shop_stands(
    say: Say, live: Look, session: Session, bakery: Bakery, jobs: sessionmaker[Session]
) -> None:
    say(door(at(9), 1), passage(at(9)), door(at(18), 0), heard=at(18, 20))
    assert upkeep.zero_all_closed_sites(jobs, at(18, 20)) == 1
    act_for(session, shop_id=bakery.shop_id)
    set_inside(
        session, bakery.shop_id, bakery.site_id,
        inside=2, reason="a late order", person_id=None, now=at(18, 21),  # type: ignore[arg-type]
    )  # fmt: skip
    session.commit()

    say(heard=at(18, 22))
    assert upkeep.zero_all_closed_sites(jobs, at(18, 22)) == 0
    assert live(at(18, 22))["inside"] == 2


def test_visitors_of_today_stand_at_their_hours_also_when_nobody_has_rolled_them_up(
    say: Say, session: Session, bakery: Bakery
) -> None:
    say(passage(at(9, 30)), passage(at(9, 50)), passage(at(11, 10)), heard=at(12))
    found = today(session, bakery.shop_id, at(12, 5))
    counted = {hour["hour"]: hour["entries"] for hour in found["hours"] if hour["entries"]}
    assert (found["visitors"], counted) == (3, {9: 2, 11: 1})


def test_a_word_that_holds_from_the_day_before_was_not_said_today(
    session: Session, bakery: Bakery
) -> None:
    word = {"message": "on holiday", "person_id": None, "now": at(17, 35)}
    say_word(session, bakery.shop_id, is_open=False, until=at(9, 0, MONDAY), **word)  # type: ignore[arg-type]
    days = {
        date: timeline(session, bakery.shop_id, date, at(20, 0, SATURDAY))["moments"]
        for date in (FRIDAY, SATURDAY)
    }
    said = {date: moment["at"] for date, (moment,) in days.items()}  # type: ignore[misc]
    assert said == {FRIDAY: at(17, 35), SATURDAY: at(0, 0, SATURDAY)}


def test_a_contact_that_is_known_to_be_stuck_is_not_believed_however_long(
    say: Say, live: Look, bakery: Bakery
) -> None:
    publish(bakery, "Mo-Fr 09:00-18:00")
    stuck = {"at": _ms(at(10, 0, MONDAY)), "kind": "contact_faulty", "fault": "stuck"}
    say(door(at(18), 0), stuck, heard=at(10, 0, MONDAY))
    state = live(at(10, 0, MONDAY))
    assert (state["is_open"], state["source"]) == (True, "hours")

    friday = MONDAY + dt.timedelta(days=4)
    say(heard=at(10, 0, friday))
    state = live(at(10, 0, friday))
    assert (state["is_open"], state["source"]) == (True, "hours")
    assert [device["condition"] for device in state["devices"]] == ["contact"]  # type: ignore[attr-defined]

    say(door(at(10, 30, friday), 1), heard=at(10, 30, friday))
    assert live(at(10, 31, friday))["source"] == "door"


@pytest.mark.parametrize("published", ["24/7", None])
def test_a_shop_that_never_closes_is_empty_when_nobody_has_passed_for_hours(
    say: Say, live: Look, bakery: Bakery, jobs: sessionmaker[Session], published: str | None
) -> None:
    bakery.connection.execute("UPDATE shop SET opening_hours = %s", (published,))
    say(passage(at(22)), heard=at(22))
    # a silent board may have missed who came
    assert upkeep.zero_all_closed_sites(jobs, at(2, 30, SATURDAY)) == 0
    say(heard=at(1, 59, SATURDAY))
    assert upkeep.zero_all_closed_sites(jobs, at(1, 59, SATURDAY)) == 0
    say(heard=at(2, 1, SATURDAY))
    assert upkeep.zero_all_closed_sites(jobs, at(2, 1, SATURDAY)) == 1
    assert live(at(2, 2, SATURDAY))["inside"] == 0
