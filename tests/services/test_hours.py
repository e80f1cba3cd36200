"""Opening hours written out for people."""

import datetime as dt

import pytest

from cloud.app.domain.errors import Invalid
from cloud.app.services.hours import checked_hours, week

FRIDAY = dt.datetime(2026, 11, 20, 13, 0, tzinfo=dt.UTC)


def times(hours: str, country: str = "DE", now: dt.datetime = FRIDAY) -> dict[str, list[str]]:
    return {f"{day:%a}": spans for day, spans in week(hours, "Europe/Berlin", country, now)}


def test_the_week_begins_today_and_has_each_day() -> None:
    found = times("Mo-Fr 09:00-12:30,14:00-18:00; Sa 09:00-13:00")
    assert list(found) == ["Fri", "Sat", "Sun", "Mon", "Tue", "Wed", "Thu"]
    assert found["Fri"] == ["09:00–12:30", "14:00–18:00"]
    assert found["Sat"] == ["09:00–13:00"]
    assert found["Sun"] == []


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    found = times("Th-Fr 20:00-02:00")
    assert found["Fri"] == ["20:00–02:00"]
    assert found["Sat"] == []


def test_always_open_is_all_day() -> None:
    assert set(map(tuple, times("24/7").values())) == {("all day",)}


def test_holidays_of_the_country_count_and_an_unknown_country_has_none() -> None:
    christmas = dt.datetime(2026, 12, 25, 9, 0, tzinfo=dt.UTC)
    assert times("Mo-Fr 09:00-18:00; PH off", now=christmas)["Fri"] == []
    assert times("Mo-Fr 09:00-18:00; PH off", "AQ", christmas)["Fri"] == ["09:00–18:00"]


def test_hours_that_cannot_be_read_are_refused() -> None:
    assert checked_hours("Mo-Fr 09:00-18:00") == "Mo-Fr 09:00-18:00"
    with pytest.raises(Invalid, match="opening_hours: expected OSM opening hours"):
        checked_hours("nine to five")
