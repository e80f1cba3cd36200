"""The short names of shops in addresses: a-z, 0-9 and single hyphens."""

import re
import unicodedata

SLUG_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_MAX_LENGTH = 60


def slugify(name: str) -> str:
    """Return the slug of a name; "shop" when no letter of it has a plain form."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore")
    words = re.findall(r"[a-z0-9]+", plain.decode().lower())
    return "-".join(words)[:SLUG_MAX_LENGTH].strip("-") or "shop"
