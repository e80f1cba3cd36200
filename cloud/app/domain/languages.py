"""The languages in which Shopbell writes to people."""

LANGUAGES = ("en", "de", "hi")
GERMAN_SPEAKING = frozenset({"AT", "CH", "DE", "LI"})


def language_of(chosen: str | None, country: str) -> str:
    """The language that a shop has chosen; else German where that is spoken, else English."""
    return chosen or ("de" if country in GERMAN_SPEAKING else "en")
