"""What is known of a shop, in the words of its public page: English, German, Hindi."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

TEXTS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "texts" / "shop.json").read_text()
)

# (is_open, source) -> what stands in large letters; a guess by the clock never sounds like a fact
HEADLINES = {
    (True, "door"): "open",
    (False, "door"): "closed",
    (True, "override"): "open",
    (False, "override"): "closed",
    (True, "hours"): "hoursOpen",
    (False, "hours"): "hoursClosed",
}
CROWDS = ("empty", "quiet", "moderate", "busy", "full")


def headline_key(state: Mapping[str, Any]) -> str:
    """Return the key of the text in large letters for a status."""
    return HEADLINES.get((state["is_open"], state["source"]), "unknown")


@dataclass(frozen=True)
class ShopWords:
    """Writes a shop's public status at one moment, in one language and in the shop's time."""

    language: str
    zone: ZoneInfo
    now: dt.datetime

    @property
    def texts(self) -> dict[str, Any]:
        return TEXTS[self.language]

    def page(self, shop: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the page shows of a public status, as `services.live` tells it."""
        state = shop["status"]
        headline = self.texts[headline_key(state)]
        crowd = shop["crowd"]
        summary = [f"{headline}.", *([f"{self.texts[crowd]}."] if crowd else [])]
        return {
            "headline": headline,
            "times": " · ".join(self._times(shop)),
            "promise": self._promise(shop),
            "crowd": self.texts[crowd] if crowd else "",
            "crowd_level": CROWDS.index(crowd) + 1 if crowd else 0,
            "best": self._best(shop),
            "source": self._source(state),
            "summary": " ".join([*summary, shop["address"] or ""]).strip(),
        }

    def week(self, days: list[tuple[dt.date, list[str]]]) -> list[tuple[str, str]]:
        """Return each day's name and its open times, each in a line of its own."""
        all_day = self.texts["allDay"]
        return [
            (
                self.texts["weekdays"][day.weekday()],
                ",\n".join(all_day if time == "all day" else time for time in times)
                or self.texts["shut"],
            )
            for day, times in days
        ]

    def when(self, moment: dt.datetime) -> str:
        """Return a time as one says it today: 14:05, tomorrow 09:00, Monday 09:00."""
        local = moment.astimezone(self.zone)
        days = (local.date() - self.now.astimezone(self.zone).date()).days
        if days == 0:
            key = "today"
        elif days == 1:
            key = "tomorrow"
        else:
            key = "onDay" if abs(days) < 7 else "onDate"
        text: str = self.texts[key]
        return text.format(
            time=f"{local:%H:%M}",
            day=self.texts["weekdays"][local.weekday()],
            date=local.day,
            month=self.texts["months"][local.month - 1],
        )

    def _times(self, shop: Mapping[str, Any]) -> list[str]:
        """Since when it is as it is, and when that is to change."""
        state = shop["status"]
        next_change = self._next_change(shop)
        # who has been shut for weeks need not say since when
        is_recent = state["since"] and self.now - state["since"] < dt.timedelta(days=6)
        since = [self._say("since", state["since"])] if is_recent else []
        return since + ([self._say(*next_change)] if next_change else [])

    def _next_change(self, shop: Mapping[str, Any]) -> tuple[str, dt.datetime] | None:
        state = shop["status"]
        if state["until"] and not (state["is_open"] is False and shop["opens_at"]):
            return "until", state["until"]
        if state["is_open"] and shop["closes_at"]:
            return "closes", shop["closes_at"]
        if state["is_open"] is False and shop["opens_at"]:
            return "opens", shop["opens_at"]
        return None

    def _promise(self, shop: Mapping[str, Any]) -> str:
        """What the hours say where the door has told otherwise."""
        is_broken = shop["status"]["is_open"] is False and shop["closes_at"]
        return self._say("promised", shop["closes_at"]) if is_broken else ""

    def _best(self, shop: Mapping[str, Any]) -> tuple[str, str] | None:
        if not shop["quiet_from"]:
            return None
        begin, end = (shop[key].astimezone(self.zone) for key in ("quiet_from", "quiet_until"))
        days = (begin.date() - self.now.astimezone(self.zone).date()).days
        weekday = self.texts["weekdays"][begin.weekday()]
        if days == 0:
            title = self.texts["best"]
        elif days == 1:
            title = self.texts["bestNext"].format(day=self.texts["tomorrowDay"])
        else:
            title = self.texts["bestNext"].format(day=self.texts["dayOf"].format(day=weekday))
        span = self.texts["bestSpan"]
        return title, span.format_map({"from": f"{begin:%H:%M}", "until": f"{end:%H:%M}"})

    def _source(self, state: Mapping[str, Any]) -> str:
        text: str
        if state["source"] == "override":
            return self._say("byOverride", state["until"])
        if state["source"] == "door":
            return self._say("byDoor", state["sensor_seen_at"])
        if state["source"] == "unknown":
            text = self.texts["byNothing"]
            return text
        if state["sensor_seen_at"]:
            return self._say("bySilent", state["sensor_seen_at"])
        text = self.texts["byHours"]
        return text

    def _say(self, key: str, moment: dt.datetime) -> str:
        text: str = self.texts[key]
        return text.format(time=self.when(moment))
