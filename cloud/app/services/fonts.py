"""Fonts that Typst needs beyond its own: it brings letters of Devanagari, but not the forms that
join them, which no reader should be given."""

import re
from collections.abc import Iterable

OF_TYPST = "Libertinus Serif"
_JOINING = re.compile("devanagari|nirmala|mangal|kokila|lohit|gargi", re.IGNORECASE)


def joining_devanagari(families: Iterable[str]) -> list[str]:
    """Return those of some fonts that join Devanagari letters."""
    return [family for family in families if _JOINING.search(family)]
