"""The owner's word, other hours, corrections, the day behind, and boards in use."""

import datetime as dt
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from cloud.app.api import public_cache
from cloud.app.services import openings
from cloud.app.settings import Settings
from tests.api.conftest import API, Somebody, body, made, move_to_noon, problem
from tests.api.test_closing import run_sql
from tests.api.test_meetings import meanwhile


def soon(minutes: float = 15) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)).isoformat()


def live(somebody: Somebody) -> dict[str, Any]:
    return dict(somebody.get(f"{somebody.url}/live").json or {})


def test_the_owner_says_back_in_15_minutes_and_takes_it_back(owner: Somebody) -> None:
    said = {"is_open": False, "until": soon(), "message": "Back in 15 minutes"}
    answer = owner.post(f"{owner.url}/override", said)

    assert answer.status_code == 201, answer.text
    state = live(owner)
    assert (state["is_open"], state["source"]) == (False, "override")
    assert state["message"] == "Back in 15 minutes"
    assert state["until"] is not None

    assert owner.delete(f"{owner.url}/override").status_code == 204
    assert live(owner)["source"] != "override"


@pytest.mark.parametrize("minutes", [-1, 60 * 24 * 32])
def test_a_word_that_never_ends_or_has_ended_is_refused(owner: Somebody, minutes: float) -> None:
    answer = owner.post(f"{owner.url}/override", {"is_open": True, "until": soon(minutes)})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "until"  # type: ignore[index]


def test_a_day_may_have_hours_of_its_own(owner: Somebody) -> None:
    owner.patch(owner.url, {"opening_hours": "24/7"})
    today = dt.datetime.now(dt.UTC).date()
    for ahead in (-1, 0, 1):
        day = {"date": str(today + dt.timedelta(days=ahead)), "hours": None, "note": "Holiday"}
        assert owner.post(f"{owner.url}/exceptions", day).status_code == 201
    assert (live(owner)["is_open"], live(owner)["source"]) == (False, "hours")

    days = owner.get(f"{owner.url}/exceptions").json["items"]  # type: ignore[index]
    assert [day["note"] for day in days] == ["Holiday"] * 3
    for day in days:
        assert owner.delete(f"{owner.url}/exceptions/{day['date']}").status_code == 204
    assert live(owner)["is_open"] is True
    assert owner.delete(f"{owner.url}/exceptions/{today}").status_code == 404
    assert owner.delete(f"{owner.url}/exceptions/tomorrow").status_code == 422


@pytest.mark.parametrize(
    "hours", ["when I feel like it", "25:00-26:00", "Mo 10:00-12:00", "10:00-12:00; PH off", "10"]
)
def test_hours_of_a_day_that_are_no_times_are_refused(owner: Somebody, hours: str) -> None:
    found = problem(
        owner.post(f"{owner.url}/exceptions", {"date": "2126-12-24", "hours": hours}), 422
    )
    [error] = found["errors"]
    assert (error["field"], error["code"]) == ("hours", "day_hours")
    assert error["found"] == repr(hours)


@pytest.mark.parametrize("hours", ["10:00-13:00", "09:00-12:30, 14:00-18:00", "20:00-02:00", "off"])
def test_hours_of_a_day_are_times(owner: Somebody, hours: str) -> None:
    day = {"date": "2126-12-24", "hours": hours}
    assert made(owner.post(f"{owner.url}/exceptions", day))["hours"] == hours


def test_of_two_hours_of_a_day_set_at_the_same_moment_the_later_hold(
    app: Flask, owner: Somebody
) -> None:
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)

    def setting(session: Session) -> None:
        openings.set_exception(
            session, uuid.UUID(owner.shop_id), date=tomorrow, hours=None, note="Holiday",
            now=dt.datetime.now(dt.UTC),
        )  # fmt: skip

    later = {"date": str(tomorrow), "hours": "10:00-13:00", "note": None}
    answer = meanwhile(app, owner, setting, lambda: owner.post(f"{owner.url}/exceptions", later))
    assert made(answer) == later
    assert body(owner.get(f"{owner.url}/exceptions"))["items"] == [later]


def test_a_day_that_is_over_gets_no_other_hours(owner: Somebody) -> None:
    found = problem(
        owner.post(f"{owner.url}/exceptions", {"date": "2025-12-24", "hours": None}), 422
    )
    assert [error["code"] for error in found["errors"]] == ["day_from"]


@pytest.mark.parametrize("noun", ["footfall", "timeline"])
@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31", "tomorrow"])
def test_a_day_from_which_one_cannot_count_is_refused(
    owner: Somebody, noun: str, date: str
) -> None:
    found = problem(owner.get(f"{owner.url}/{noun}", date=date), 422)
    assert found["detail"].startswith("date: expected a day such as 2026-03-14, got ")


def test_a_door_that_counted_nobody_cannot_be_corrected(owner: Somebody) -> None:
    (site,) = owner.get(f"{owner.url}/sites").json["items"]  # type: ignore[index]
    answer = owner.post(f"{owner.url}/sites/{site['id']}/corrections", {"inside": 3})
    assert answer.status_code == 404


def test_an_empty_day_has_a_timeline_and_hours(owner: Somebody) -> None:
    timeline = owner.get(f"{owner.url}/timeline", date="2026-11-20").json
    assert timeline == {
        "date": "2026-11-20", "moments": [], "people": [], "sessions": [], "hours": []
    }  # fmt: skip
    footfall: dict[str, Any] = owner.get(f"{owner.url}/footfall", date="2026-11-20").json  # type: ignore[assignment]
    assert len(footfall["hours"]) == 24
    assert footfall["hours"][9] == {"hour": 9, "entries": 0, "exits": 0, "usual_entries": None}
    week = owner.get(f"{owner.url}/typical-week").json
    assert week == {"hours": [], "best": []}


def test_promised_hours_without_a_door_are_shown_and_not_judged(owner: Somebody) -> None:
    owner.patch(owner.url, {"opening_hours": "Mo-Fr 09:00-12:00"})
    timeline: dict[str, Any] = owner.get(f"{owner.url}/timeline", date="2026-11-19").json  # type: ignore[assignment]
    (hours,) = timeline["hours"]
    assert hours["promised_from"] == "2026-11-19T08:00:00Z"
    assert (hours["is_known"], hours["opened_at"], hours["minutes_late"]) == (False, None, 0)

    # nobody is late on Whit Monday, where the hours are off on public holidays
    holiday = {"date": "2026-05-25"}
    assert len(body(owner.get(f"{owner.url}/timeline", **holiday))["hours"]) == 1
    owner.patch(owner.url, {"opening_hours": "Mo-Fr 09:00-12:00; PH off"})
    assert body(owner.get(f"{owner.url}/timeline", **holiday))["hours"] == []


def test_past_weeks_tell_how_many_bought_and_whether_the_hours_were_kept(
    settings: Settings, owner: Somebody
) -> None:
    owner.patch(owner.url, {"opening_hours": "Mo-Su 09:00-12:00"})
    door = made(owner.post(f"{owner.url}/devices", {"name": "Front door"}))["device"]
    zone = move_to_noon(owner)
    last_week = dt.datetime.now(zone).date() - dt.timedelta(days=7)
    week = last_week - dt.timedelta(days=last_week.weekday())

    def at(days: int, hour: int, minute: int = 0) -> dt.datetime:
        date = week + dt.timedelta(days=days)
        return dt.datetime.combine(date, dt.time(hour, minute), zone)

    moves = [(at(0, 9), True), (at(0, 12), False), (at(1, 9, 15), True), (at(1, 12), False)]
    for number, (moved_at, is_open) in enumerate(moves):
        run_sql(
            settings,
            "INSERT INTO event (shop_id, device_id, boot, sequence, site_id, kind, occurred_at,"
            " received_at, time_source, up_ms, body) VALUES (:shop, :device, 1, :number, :site,"
            " 'door', :at, :at, 'device', 1, jsonb_build_object('open', CAST(:open AS boolean)))",
            shop=owner.shop_id, device=door["id"], site=door["site_id"], number=number,
            at=moved_at, open=is_open,
        )  # fmt: skip
    run_sql(
        settings,
        "INSERT INTO footfall_hour (shop_id, site_id, starts_at, date, hour, entries, exits,"
        " ambiguous) VALUES (:shop, :site, :at, :date, 10, 25, 25, 0)",
        shop=owner.shop_id, site=door["site_id"], at=at(0, 10), date=week,
    )  # fmt: skip
    for minute in range(10):
        sale = {"id": str(uuid.uuid4()), "amount_minor": 450}
        made(owner.post(f"{owner.url}/purchases", {**sale, "occurred_at": str(at(0, 10, minute))}))

    weeks = owner.get(f"{owner.url}/past-weeks").json["items"]  # type: ignore[index]
    assert len(weeks) == 13
    assert (weeks[-1]["is_partial"], weeks[-2]["is_partial"]) == (True, False)
    assert weeks[-2] == {
        "week": str(week), "is_partial": False, "visitors": 25, "purchases": 10, "conversion": 0.4,
        "promised": 2, "kept": 1, "minutes_missed": 15,
    }  # fmt: skip
    assert (weeks[0]["visitors"], weeks[0]["conversion"], weeks[0]["promised"]) == (0, None, 0)


def test_what_is_usual_is_told_as_soon_as_it_is_known(settings: Settings, owner: Somebody) -> None:
    owner.patch(owner.url, {"opening_hours": "Mo-Su 09:00-12:00"})
    door = made(owner.post(f"{owner.url}/devices", {"name": "Front door"}))["device"]
    assert owner.get(f"{owner.url}/typical-week").json == {"hours": [], "best": []}
    zone = move_to_noon(owner)
    last_week = dt.datetime.now(zone).date() - dt.timedelta(days=7)
    for weeks in range(3):
        date = last_week - dt.timedelta(weeks=weeks)
        for hour, came in ((9, 8), (10, 1), (11, 6)):
            run_sql(
                settings,
                "INSERT INTO footfall_hour (shop_id, site_id, starts_at, date, hour, entries,"
                " exits, ambiguous) VALUES (:shop, :site, :at, :date, :hour, :came, :came, 0)",
                shop=owner.shop_id, site=door["site_id"], date=date, hour=hour, came=came,
                at=dt.datetime.combine(date, dt.time(hour), zone),
            )  # fmt: skip
    week = body(owner.get(f"{owner.url}/typical-week"))
    assert [(usual["hour"], usual["entries"]) for usual in week["hours"]] == [
        (9, 8.0), (10, 1.0), (11, 6.0)
    ]  # fmt: skip
    assert week["best"] == [{"weekday": last_week.weekday(), "hours": [10]}]


def test_an_outsider_sees_and_changes_nothing(owner: Somebody, outsider: Somebody) -> None:
    asked = [
        outsider.get(f"{owner.url}/{noun}")
        for noun in (
            "timeline",
            "footfall",
            "typical-week",
            "past-weeks",
            "exceptions",
            "rejections",
        )
    ]
    asked.append(outsider.post(f"{owner.url}/override", {"is_open": True, "until": soon()}))
    asked.append(outsider.post(f"{owner.url}/devices/d-1/credential"))
    asked.append(outsider.delete(f"{owner.url}/devices/d-1"))
    assert {answer.status_code for answer in asked} == {404}


def test_the_public_answer_may_be_cached_and_has_an_etag(
    app: Flask, monkeypatch: pytest.MonkeyPatch, owner: Somebody
) -> None:
    monkeypatch.setattr(public_cache, "KEEP_S", 0.0)
    slug = owner.get(owner.url).json["slug"]  # type: ignore[index]
    client = app.test_client()
    first = client.get(f"{API}/public/shops/{slug}")
    assert first.headers["Cache-Control"] == "public, max-age=5"

    again = client.get(
        f"{API}/public/shops/{slug}", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")

    owner.post(f"{owner.url}/override", {"is_open": True, "until": soon()})
    changed = client.get(
        f"{API}/public/shops/{slug}", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert changed.status_code == 200
    assert changed.json["status"]["source"] == "override"  # type: ignore[index]
    assert client.get(f"{API}/public/shops/nobody-there").status_code == 404
