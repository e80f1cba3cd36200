"""What is usual on days like this one."""

from cloud.app.domain.usual import Usual, usual


def test_the_usual_is_the_middle_and_the_range_of_four_days_in_five() -> None:
    assert usual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]) == Usual(10, 50, 90, 11)


def test_one_wild_day_moves_neither_the_middle_nor_far_the_range() -> None:
    found = usual([100, 110, 90, 105, 95, 100, 100, 100, 100, 5000])
    assert found is not None
    assert found.middle == 100
    assert found.high < 600


def test_few_days_say_nothing() -> None:
    assert usual([100, 110, 90]) is None
