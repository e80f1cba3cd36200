"""People inside, and the word for it."""

import pytest

from cloud.app.domain.occupancy import crowd, margin_of_error, people_inside


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


def test_who_was_inside_at_the_last_correction_counts() -> None:
    assert people_inside(entries=2, exits=1, starting_inside=4) == 5


@pytest.mark.parametrize(("ambiguous", "margin"), [(0, 0), (1, 2), (6, 4), (150, 20)])
def test_the_margin_grows_with_the_root_of_the_ambiguous(ambiguous: int, margin: int) -> None:
    assert margin_of_error(ambiguous) == margin


@pytest.mark.parametrize(
    ("inside", "capacity", "usual", "word"),
    [
        (8, 20, 8.0, "moderate"),
        (8, 20, 3.0, "busy"),
        (8, 20, 20.0, "quiet"),
        (20, 20, 40.0, "full"),
        (2, 20, 0.5, "quiet"),
        (0, 20, 9.0, "empty"),
        (9, None, 3.0, "full"),
        (3, None, 3.0, "moderate"),
        (1, None, 3.0, "quiet"),
        (1, None, None, None),
    ],
)
def test_the_word_weighs_what_is_usual_at_this_hour(
    inside: int, capacity: int | None, usual: float | None, word: str | None
) -> None:
    assert crowd(inside, capacity, usual) == word
