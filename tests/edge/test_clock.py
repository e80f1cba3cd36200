"""The time of a board's world: the board's while it runs, else the machine's."""

import time

from simulators.board.clock import Clock


def test_the_world_waits_for_its_board() -> None:
    clock = Clock()
    clock.follow(1_000)
    started_us = clock.now_us()

    clock.follow(34_000)

    assert clock.now_us() - started_us == 33_000


def test_time_goes_on_where_it_was_when_a_board_starts_anew() -> None:
    clock = Clock()
    clock.follow(0)
    clock.follow(5_000_000)
    before_us = clock.now_us()

    clock.let_go()
    clock.follow(0)

    assert before_us <= clock.now_us() < before_us + 5_000_000


def test_a_world_makes_up_for_its_waits_when_its_board_starts_anew() -> None:
    clock = Clock()
    clock.follow(0)  # and no more: the board is not run

    before_s = time.time()
    clock.let_go()

    assert clock.unix_s() >= before_s - 0.1


def test_without_a_board_it_is_the_time_of_the_machine() -> None:
    clock = Clock()

    before_s = time.time()
    told_s = clock.unix_s()

    assert before_s - 0.1 <= told_s <= time.time() + 0.1
