"""Names that are written almost alike."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import combinations
from typing import TypeVar

ALIKE = 0.87
# so many people share a beginning only where it says nothing
BLOCK_MAX = 40
BEGINNING = 3

Key = TypeVar("Key", bound=Hashable)


def similar_names(
    names: Mapping[Key, str], most: int, may_be_one: Callable[[Key, Key], bool]
) -> list[tuple[Key, Key, float]]:
    """Return pairs whose names are alike, with how much (0 to 1), the likest first.

    Only names that share the beginning of a word are compared, which keeps ten thousand names to
    a second or so. The order of the words does not matter, nor do case, accents and signs.
    """
    plain = {key: _plain(name) for key, name in names.items()}
    seen: set[tuple[Key, Key]] = set()
    found = []
    for first, second in _candidates(plain):
        if (first, second) in seen:
            continue
        seen.add((first, second))
        ratio = _ratio(plain[first], plain[second])
        if ratio >= ALIKE and may_be_one(first, second):
            found.append((first, second, round(ratio, 3)))
    return sorted(found, key=lambda pair: -pair[2])[:most]


def _candidates(plain: Mapping[Key, str]) -> Iterator[tuple[Key, Key]]:
    blocks: dict[tuple[str, int], list[Key]] = defaultdict(list)
    for key, name in plain.items():
        words = name.split()
        for beginning in {word[:BEGINNING] for word in words}:
            blocks[beginning, len(words)].append(key)
    for block in blocks.values():
        if len(block) <= BLOCK_MAX:
            yield from combinations(block, 2)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    kept = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(sorted(kept.split()))


def _ratio(first: str, second: str) -> float:
    if first == second:
        return 1.0
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    # two bounds that cost little say of most pairs that they are not alike
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    return matcher.ratio()
