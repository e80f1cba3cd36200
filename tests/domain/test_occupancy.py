"""People inside, and the word for it."""

import pytest

from cloud.app.domain.occupancy import crowd, people_inside


def test_whoever_entered_and_did_not_leave_is_inside() -> None:
    assert people_inside(entries=12, exits=9) == 3


def test_missed_entries_never_make_a_negative_number() -> None:
    assert people_inside(entries=3, exits=5) == 0


@pytest.mark.parametrize(
    ("inside", "word"),
    [
        (0, "empty"),
        (1, "quiet"),
        (33, "quiet"),
        (34, "moderate"),
        (67, "busy"),
        (94, "busy"),
        (95, "full"),
        (140, "full"),
    ],
)
def test_the_crowd_in_words(inside: int, word: str) -> None:
    assert crowd(inside, 100) == word


def test_one_person_in_a_tiny_shop_fills_it() -> None:
    assert crowd(1, 1) == "full"


def test_without_capacity_or_count_there_is_no_word() -> None:
    assert crowd(5, None) is None
    assert crowd(None, 100) is None
