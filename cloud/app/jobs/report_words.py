"""The report's words in the reader's language: English, German, Hindi.

`texts/report.json` holds each text in all three, side by side. The models say in English what they
found; what is under `said` there is found again in their sentences and told in the other language.
A sentence that is not known stays English: better than none.
"""

import datetime as dt
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from cloud.app.domain.languages import LANGUAGES

_CATALOGUE: dict[str, Any] = json.loads(
    (Path(__file__).with_name("texts") / "report.json").read_text(encoding="utf-8")
)
_FIELD = re.compile(r"\\{(\w+)\\}")
_NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})*|\d+)(\.\d+)?(%?)")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NEXT_SENTENCE = re.compile(r"(?<=\.) (?=[A-Z])")


class Words:
    """Texts, numbers and dates in one language."""

    def __init__(self, language: str = "en") -> None:
        if language not in LANGUAGES:
            raise ValueError(f"language: expected one of {LANGUAGES}, found {language!r}")
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The text of this key, with its values filled in."""
        text: str = _CATALOGUE["texts"][key][self.language]
        return text.format(**values)

    def labels(self) -> dict[str, str]:
        """Headings and the heads of tables."""
        return {key: texts[self.language] for key, texts in _CATALOGUE["labels"].items()}

    def name(self, english: str) -> str:
        """A segment or a tier."""
        name: str = _CATALOGUE["names"].get(english, {}).get(self.language, english)
        return name

    def number(self, value: float, decimals: int = 0) -> str:
        """1,234.5 in English, 1.234,5 in German, and 1,23,456 with Hindi's lakhs."""
        return self._punctuated(f"{value:,.{decimals}f}")

    def percent(self, share: float) -> str:
        """A share as a whole percentage."""
        return self("percent", number=self.number(share * 100))

    def date(self, day: dt.date) -> str:
        """A day, with the month in words."""
        return self("date", day=day.day, month=self.month(day), year=day.year)

    def month(self, day: dt.date, *, is_short: bool = False) -> str:
        """The month in words."""
        names: list[str] = _CATALOGUE["short_months" if is_short else "months"][self.language]
        return names[day.month - 1]

    def said(self, text: str) -> str:
        """What the models said in English, in this language as far as it is known."""
        if self.language == "en":
            return text
        parts = _NEXT_SENTENCE.split(text)
        told = [self._known(part) for part in parts]
        if None in told and (whole := self._known(text)) is not None:
            return whole  # what looked like its end belongs to a product's name
        return " ".join(known or part for known, part in zip(told, parts, strict=True))

    def _known(self, text: str) -> str | None:
        for pattern, told in _patterns(self.language):
            found = pattern.fullmatch(text)
            if found is not None:
                return told.format(
                    **{name: self._value(v) for name, v in found.groupdict().items()}
                )
        return None

    def _value(self, text: str) -> str:
        """Something within a sentence: a number, a day, or a part that is a sentence too."""
        if _ISO_DATE.fullmatch(text):
            return self.date(dt.date.fromisoformat(text))
        if number := _NUMBER.fullmatch(text):
            plain = self._punctuated(number[1] + (number[2] or ""))
            return self("percent", number=plain) if number[3] else plain
        return self._known(text) or text

    def _punctuated(self, english: str) -> str:
        if self.language == "de":
            return english.translate(str.maketrans(",.", ".,"))
        if self.language == "hi":
            whole, point, rest = english.replace(",", "").partition(".")
            sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
            thousands = re.sub(r"(?<=\d)(?=(\d\d)+$)", ",", digits[:-3])
            grouped = f"{thousands},{digits[-3:]}" if thousands else digits
            return f"{sign}{grouped}{point}{rest}"
        return english


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """What the models say, as patterns, and how that is told."""
    return [
        (re.compile(_FIELD.sub(r"(?P<\1>.+?)", re.escape(said["en"]))), said[language])
        for said in _CATALOGUE["said"]
    ]
