"""Names that are written almost alike."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import combinations, permutations
from typing import TypeVar

ALIKE = 0.87
# so many names share a beginning only where it says nothing by itself
BLOCK_MAX = 40
BEGINNING = 3
BIT = 2

Key = TypeVar("Key", bound=Hashable)


def similar_names(
    names: Mapping[Key, str], most: int, may_be_one: Callable[[Key, Key], bool]
) -> list[tuple[Key, Key, float]]:
    """Return pairs whose names are alike, with how much (0 to 1), the likest first.

    Only names that share the beginning of a word are compared, and where many do, those that
    share the beginning of another word, too: ten thousand names take less than a second. The
    order of the words does not matter, nor do case, accents and signs.
    """
    keys = list(names)
    plain = [_plain(name) for name in names.values()]
    matcher = SequenceMatcher(None, autojunk=False)
    found, before = [], -1
    for first, second in sorted(set(_candidates(plain))):
        if not may_be_one(keys[first], keys[second]):
            continue
        if first != before:
            matcher.set_seq2(plain[first])  # what it learns of a second text serves many first ones
            before = first
        matcher.set_seq1(plain[second])
        ratio = _ratio(matcher)
        if ratio >= ALIKE:
            found.append((round(ratio, 3), first, second))
    found.sort(key=lambda pair: (-pair[0], pair[1:]))
    return [(keys[first], keys[second], ratio) for ratio, first, second in found[:most]]


def _candidates(plain: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield pairs of places, some of them more than once."""
    words = [name.split() for name in plain]
    left: Collection[int] = range(len(words))
    for marks_of in (_beginnings, _pairs_of_beginnings, _words_with_beginnings):
        blocks: dict[Hashable, list[int]] = defaultdict(list)
        for place in left:
            for mark in marks_of(words[place]):
                blocks[mark, len(words[place])].append(place)
        for block in blocks.values():
            if len(block) <= BLOCK_MAX:
                yield from combinations(block, 2)
        left = sorted({place for b in blocks.values() if len(b) > BLOCK_MAX for place in b})
    yield from _namesakes(plain)


def _beginnings(words: Sequence[str]) -> set[Hashable]:
    return {word[:BEGINNING] for word in words}


def _pairs_of_beginnings(words: Sequence[str]) -> set[Hashable]:
    """One beginning with a bit of another word: its end, too, because one of both may be wrong."""
    return {
        (one[:BEGINNING], bit)
        for one, other in permutations(words, 2)
        for bit in (f"{other[:BIT]}-", f"-{other[-BIT:]}")
    }


def _words_with_beginnings(words: Sequence[str]) -> set[Hashable]:
    return {(one, other[:BEGINNING]) for one, other in permutations(words, 2)}


def _namesakes(plain: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield those of one name, each with the one before."""
    last: dict[str, int] = {}
    for place, name in enumerate(plain):
        if name in last:
            yield last[name], place
        last[name] = place


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    kept = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(sorted(kept.split()))


def _ratio(matcher: SequenceMatcher[str]) -> float:
    # two bounds that cost little say of most pairs that they are not alike
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    return matcher.ratio()
