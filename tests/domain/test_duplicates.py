"""Names that are written almost alike, in shops of any size."""

from itertools import product

from cloud.app.domain.duplicates import BLOCK_MAX, similar_names

FIRST = ("Asha", "Bernd", "Cleo", "Dora", "Emil", "Fatima", "Georg", "Hanna", "Ivan", "Jonas")
LAST = [f"{begin}{end}" for begin, end in product(
    ("Acker", "Birn", "Dorn", "Eich", "Falk", "Gold", "Holz", "Kraut", "Linden", "Stein"),
    ("bach", "dorf", "feld", "garten", "hofer"),
)]  # fmt: skip


def alike(names: dict[int, str]) -> set[frozenset[int]]:
    return {frozenset(pair[:2]) for pair in similar_names(names, 1000, lambda *_: True)}


def test_the_likest_come_first_and_only_so_many() -> None:
    names = {1: "Asha Rao", 2: "Rao, Ásha", 3: "Asha Raoh", 4: "Dora Klein"}
    found = similar_names(names, 2, lambda *_: True)
    assert [(first, second) for first, second, _ in found] == [(1, 2), (1, 3)]
    assert found[0][2] == 1.0


def test_who_cannot_be_one_is_left_out() -> None:
    assert similar_names({1: "Asha Rao", 2: "Asha Rao"}, 9, lambda *_: False) == []


def test_names_that_share_nothing_but_a_common_beginning_are_found_in_a_large_shop() -> None:
    names = dict(enumerate(f"{first} {last}" for first, last in product(FIRST, LAST)))
    assert sum(name.startswith("Asha") for name in names.values()) > BLOCK_MAX
    before = alike(names)
    slips = {1001: "Asha Ackerbahc", 1002: "Berndd Holzgarten", 1003: "Cleo Xteinhofer"}
    meant = {1001: "Asha Ackerbach", 1002: "Bernd Holzgarten", 1003: "Cleo Steinhofer"}
    where = {name: key for key, name in names.items()}
    found = alike(names | slips) - before
    assert {frozenset((key, where[name])) for key, name in meant.items()} <= found


def test_many_of_one_name_are_found_though_all_begin_alike() -> None:
    names = dict.fromkeys(range(2 * BLOCK_MAX), "Asha Rao")
    assert len(alike(names)) == len(names) - 1
