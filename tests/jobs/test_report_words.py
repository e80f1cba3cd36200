"""Reports speak the shop's language, down to what the models say."""

import datetime as dt
import json
import re
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cloud.app.domain.languages import LANGUAGES, language_of
from cloud.app.jobs import report_words
from cloud.app.jobs.report import report_content, report_input
from cloud.app.jobs.report_words import Words
from cloud.app.jobs.typesetting import Fonts, readable_language, typeset
from cloud.ml.analysis import Analysis, analyse
from cloud.ml.drivers import GROUPS
from cloud.ml.segments import GUIDE, SEGMENTS, TIERS

CATALOGUE: dict[str, Any] = json.loads(
    (Path(report_words.__file__).with_name("texts") / "report.json").read_text(encoding="utf-8")
)
OTHERS = [language for language in LANGUAGES if language != "en"]
# What stays English on purpose: the names of models and the code of the currency.
NO_WORDS = re.compile(r"\b(logistic|recency|mbg_nbd|EUR|c\d+|CLV)\b")
ENGLISH = re.compile(r"\b(the|of|and|were|customers?|days?|is|are|with|than)\b")


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("part", ["labels", "texts"])
def test_every_text_is_there_in_every_language_with_the_same_fields(part: str) -> None:
    for key, texts in CATALOGUE[part].items():
        assert set(texts) == set(LANGUAGES), key
        assert len({frozenset(fields_of(text)) for text in texts.values()}) == 1, key


def test_every_sentence_of_the_models_keeps_its_fields() -> None:
    for texts in CATALOGUE["said"]:
        assert set(texts) == set(LANGUAGES), texts["en"]
        assert len({frozenset(fields_of(text)) for text in texts.values()}) == 1, texts["en"]


@pytest.mark.parametrize("language", OTHERS)
def test_every_segment_tier_and_driver_has_its_name(language: str) -> None:
    words = Words(language)
    for name in (*SEGMENTS, *TIERS):
        assert language in CATALOGUE["names"][name]
    for text in (*(text for pair in GUIDE.values() for text in pair), *GROUPS):
        assert words.said(text) != text


def test_numbers_and_days_are_written_as_people_do() -> None:
    day = dt.date(2024, 3, 5)
    written = [
        (words.number(1234567.5, 1), words.number(-123456), words.percent(0.314), words.date(day))
        for words in map(Words, LANGUAGES)
    ]
    assert written == [
        ("1,234,567.5", "-123,456", "31%", "5 March 2024"),
        ("1.234.567,5", "-123.456", "31 %", "5. März 2024"),
        ("12,34,567.5", "-1,23,456", "31%", "5 मार्च 2024"),
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("usually every 9 days, now 26 (closed on 3 of them)",
         "sonst alle 9 Tage, jetzt 26 (an 3 davon geschlossen)"),
        ("one visit so far, 1 day ago", "bisher ein Besuch, vor 1 Tag"),
        ("recent visits clearly lower the risk", "letzte Besuche senken das Risiko deutlich"),
        ("Days of customers after 2024-01-31 are not known yet and left out: 12.",
         "Kundentage nach dem 31. Januar 2024 sind noch nicht bekannt und bleiben außen vor: 12."),
        # a full stop within a product's name ends no sentence
        ("Nothing is bought with Dr. Oat often enough to know. Tea is on more receipts than "
         "anything else: a try, not a finding.",
         "Mit Dr. Oat wird nichts oft genug gekauft, um es zu wissen. Tea steht auf mehr Bons als "
         "alles andere: ein Versuch, kein Befund."),
        ("Something new that nobody has translated.", "Something new that nobody has translated."),
    ],
)  # fmt: skip
def test_what_the_models_say_is_told_in_german(said: str, told: str) -> None:
    assert Words("de").said(said) == told
    assert Words("en").said(said) == said


def test_a_language_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(ValueError, match="language: expected one of"):
        Words("fr")


@pytest.mark.parametrize(
    ("chosen", "country", "language"),
    [(None, "DE", "de"), (None, "AT", "de"), (None, "IN", "en"), ("hi", "IN", "hi"),
     ("en", "DE", "en")],
)  # fmt: skip
def test_language_is_the_chosen_one_or_that_of_the_country(
    chosen: str | None, country: str, language: str
) -> None:
    assert language_of(chosen, country) == language


def sales(n_customers: int, *, is_random: bool = False) -> pd.DataFrame:
    """A year of purchases; with chance alone nothing can be foretold."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(n_customers):
        gap = 20.0 if is_random else rng.gamma(2.0, 8.0) + 2
        day = rng.uniform(0, 200)
        while day < 400:
            rows.append((f"c{number:03}", day, rng.uniform(5, 50)))
            if not is_random and rng.random() < 0.15:
                break
            day += rng.exponential(gap) + 1
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta([row[1] for row in rows], unit="D")
    frame = pd.DataFrame({"customer_id": [row[0] for row in rows], "occurred_at": days})
    amounts = [row[2] for row in rows]
    amounts[0] = 1_000_000.0  # a typo, for its note
    return frame.assign(purchase_id=None, amount=amounts)


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts_in(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    return [value] if isinstance(value, str) else []


@pytest.fixture(scope="module")
def analyses() -> list[tuple[Analysis, pd.DataFrame]]:
    """A shop with a signal, one without, one that is too small, and one where nobody bought."""
    shops = [sales(150), sales(150, is_random=True), sales(4), sales(4).iloc[:0]]
    return [(analyse(shop), shop) for shop in shops]


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_in_a_report_of_another_language(
    language: str, analyses: list[tuple[Analysis, pd.DataFrame]]
) -> None:
    verdicts = set()
    for found, shop in analyses:
        verdicts.add(found.summary["verdict"])
        made = report_input(found.summary, found.customers, shop, currency="EUR")
        content = report_content({**made, "shop": "Café", "currency": "EUR"}, Words(language))
        left = [text for text in texts_in(content) if ENGLISH.search(NO_WORDS.sub("", text))]
        assert left == []
    assert len(verdicts) > 2


def test_german_report_is_typeset(analyses: list[tuple[Analysis, pd.DataFrame]]) -> None:
    found, shop = analyses[0]
    made = report_input(found.summary, found.customers, shop, currency="EUR")
    content = report_content({**made, "shop": "Bäckerei", "currency": "EUR"}, Words("de"))

    pdf, shown = typeset(content, Fonts(with_installed=False))

    assert pdf.startswith(b"%PDF-")
    assert shown["title"].startswith("Bäckerei: Kundenbericht, Stand ")


def test_hindi_is_english_where_no_font_joins_its_letters_and_that_is_said() -> None:
    language, notes = readable_language("hi", Fonts(with_installed=False))

    assert language == "en"
    assert "in English, not in Hindi" in notes[0]
    assert readable_language("de", Fonts(with_installed=False)) == ("de", [])
