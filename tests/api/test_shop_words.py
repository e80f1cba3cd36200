"""The words of the public page, in each language."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cloud.app.domain.languages import LANGUAGES
from cloud.app.web.shop_words import CROWDS, TEXTS, ShopWords

BERLIN = ZoneInfo("Europe/Berlin")
# a Friday
NOW = dt.datetime(2026, 11, 20, 14, 10, tzinfo=BERLIN)
ENGLISH = ShopWords("en", BERLIN, NOW)


def shop(crowd: str | None = None, **state: Any) -> dict[str, Any]:
    """A public status; `opens_at` and the like are told among the state for short."""
    coming = ("opens_at", "closes_at", "quiet_from", "quiet_until")
    status = {
        "is_open": None, "since": None, "source": "unknown", "until": None, "message": None,
        "sensor_seen_at": None, "checked_at": NOW,
    }  # fmt: skip
    status |= {key: value for key, value in state.items() if key not in coming}
    comes = {key: state.get(key) for key in coming}
    return {"name": "Bakery", "address": None, "status": status, "crowd": crowd, **comes}


def at(hour: int, minute: int = 0, days: int = 0) -> dt.datetime:
    moment = NOW.replace(hour=hour, minute=minute) + dt.timedelta(days=days)
    return moment.astimezone(dt.UTC)


def test_an_open_door_says_since_when_and_the_hours_until_when() -> None:
    words = ENGLISH.page(
        shop("quiet", is_open=True, source="door", since=at(8, 58), closes_at=at(18),
             sensor_seen_at=at(14, 9))
    )  # fmt: skip
    assert words["headline"] == "Open now"
    assert words["times"] == "since 08:58 · closes 18:00"
    assert (words["crowd"], words["crowd_level"]) == ("Quiet", 2)
    assert words["source"] == "The door sensor says so, last heard 14:09."
    assert words["promise"] == ""


def test_a_door_that_is_shut_against_the_hours_says_what_they_promise() -> None:
    words = ENGLISH.page(
        shop(is_open=False, source="door", since=at(13), closes_at=at(18), sensor_seen_at=at(14))
    )
    assert words["times"] == "since 13:00"
    assert words["promise"] == "The published hours say open until 18:00."


def test_a_shut_shop_says_when_it_opens_next() -> None:
    for opens_at, said in (
        (at(15), "opens 15:00"),
        (at(7, days=1), "opens tomorrow 07:00"),
        (at(7, days=3), "opens Monday 07:00"),
        (at(7, days=12), "opens on 2 December, 07:00"),
    ):
        words = ENGLISH.page(shop(is_open=False, source="hours", opens_at=opens_at))
        assert words["times"] == said


def test_a_sensor_is_called_silent_only_where_there_is_one() -> None:
    without = ENGLISH.page(shop(is_open=True, source="hours"))
    silent = ENGLISH.page(shop(is_open=True, source="hours", sensor_seen_at=at(12, 5)))
    assert without["headline"] == silent["headline"] == "Hours say open"
    assert without["source"] == "By the published hours."
    assert silent["source"] == "By the published hours: the door sensor was last heard 12:05."


def test_the_owner_s_word_says_until_when() -> None:
    words = ENGLISH.page(
        shop(is_open=False, source="override", since=at(14), until=at(14, 25), closes_at=at(18))
    )
    assert words["times"] == "since 14:00 · until 14:25"
    assert words["source"] == "The shop says so, until 14:25."


def test_the_owner_s_word_that_ends_after_closing_says_when_it_opens() -> None:
    words = ENGLISH.page(
        shop(is_open=False, source="override", since=at(17, 55), until=at(18, 10),
             opens_at=at(9, days=3))
    )  # fmt: skip
    assert words["times"] == "since 17:55 · opens Monday 09:00"
    assert words["promise"] == ""


def test_the_best_time_is_today_s_or_that_of_the_next_open_day() -> None:
    for days, title in ((0, "Best time today"), (1, "Best time tomorrow"),
                        (3, "Best time on Monday")):  # fmt: skip
        quiet = {"quiet_from": at(15, days=days), "quiet_until": at(17, days=days)}
        words = ENGLISH.page(shop(is_open=True, source="hours", **quiet))
        assert words["best"] == (title, "15:00 to 17:00 is usually the quietest.")
    assert ENGLISH.page(shop())["best"] is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    words = ShopWords(language, BERLIN, NOW)
    assert TEXTS[language].keys() == TEXTS["en"].keys()
    assert (len(words.texts["weekdays"]), len(words.texts["months"])) == (7, 12)
    for source in ("door", "hours", "override", "unknown"):
        for crowd in (None, *CROWDS):
            page = words.page(
                shop(crowd, is_open=source != "unknown", source=source, since=at(9), until=at(15),
                     sensor_seen_at=at(14), closes_at=at(18), quiet_from=at(15, days=1),
                     quiet_until=at(16, days=1))
            )  # fmt: skip
            assert "{" not in str(page.values())
            assert page["source"]
    assert words.week([(NOW.date(), []), (NOW.date(), ["all day"])]) == [
        (words.texts["weekdays"][4], words.texts["shut"]),
        (words.texts["weekdays"][4], words.texts["allDay"]),
    ]
