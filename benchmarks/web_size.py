"""Compressed size of what a phone loads first: Today, and the public page with everything."""

import gzip
import re
import urllib.request
from urllib.parse import urljoin

from benchmarks.report import Figure, Options, at_most, main, plain
from benchmarks.web_house import web_house

TODAY_KB = 170
PUBLIC_KB = 50
KB = 1000
# what a page names and a browser loads at once
_NAMED = re.compile(r'<(?:script|link|img)\b[^>]*?\b(?:src|href)="([^"]+)"')
_NOT_LOADED = re.compile(r'rel="(?:manifest|icon|canonical|alternate)"')


def measure(options: Options) -> list[Figure]:
    """Both pages, as a running server sends them."""
    del options  # there is one size only
    with web_house(0) as site:
        today, n_today = _first_load(site.shop_url)
        public, n_public = _first_load(site.public_url)
    return [
        at_most("first load of Today, gzip", today / KB, "kB", TODAY_KB),
        plain("files of the first load of Today", n_today, "files"),
        at_most("public page with everything, gzip", public / KB, "kB", PUBLIC_KB),
        plain("files of the public page", n_public, "files"),
    ]


def _first_load(url: str) -> tuple[int, int]:
    """Return the compressed bytes of a page with what it names, and the number of files."""
    page = _read(url)
    text = page.decode()
    tags = [match for match in _NAMED.finditer(text) if not _NOT_LOADED.search(match[0])]
    files = [page, *(_read(urljoin(url, tag[1])) for tag in tags)]
    return sum(len(gzip.compress(file, 6)) for file in files), len(files)


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


if __name__ == "__main__":
    main("web_size", measure)
