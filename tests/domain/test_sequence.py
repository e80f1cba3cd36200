"""Recorded sequence numbers: repeated, out of order, lost, and late after all."""

import random

from cloud.app.domain.sequence import SEQUENCE_MAX, EventCounts, SequenceLog


def recorded(*numbers: int, oldest: int = 1) -> SequenceLog:
    log = SequenceLog(oldest=oldest)
    for number in numbers:
        log.record(number)
    return log


def test_numbers_in_order_are_committed_to_the_last() -> None:
    log = recorded(1, 2, 3)
    assert (log.committed, log.highest, log.lost, log.ranges) == (3, 3, 0, [(1, 3)])


def test_a_repeated_number_is_not_new() -> None:
    log = recorded(1, 2, 3)
    assert [log.record(number) for number in (1, 2, 3, 4)] == [False, False, False, True]


def test_nothing_is_committed_beyond_a_gap() -> None:
    log = recorded(1, 2, 5)
    assert (log.committed, log.highest) == (2, 5)


def test_a_filled_gap_commits_what_waited_behind_it() -> None:
    log = recorded(1, 2, 5, 6)
    log.record(4)
    log.record(3)
    assert (log.committed, log.ranges) == (6, [(1, 6)])


def test_what_the_device_no_longer_holds_is_lost_exactly() -> None:
    log = recorded(1, 2, 5, 9)
    log.settle(8)
    # 3, 4, 6 and 7 are lost, 8 may still come
    assert (log.lost, log.committed) == (4, 7)
    log.record(8)
    assert (log.lost, log.committed) == (4, 9)


def test_a_lost_number_that_arrives_after_all_is_lost_no_more() -> None:
    log = recorded(4, oldest=4)
    assert log.lost == 3
    assert log.record(2) is True
    assert (log.lost, log.committed) == (2, 4)


def test_the_oldest_never_goes_back() -> None:
    log = recorded(oldest=7)
    log.settle(3)
    assert (log.oldest, log.committed, log.lost) == (7, 6, 6)


def test_any_order_gives_the_same_log() -> None:
    numbers = [number for number in range(1, 200) if number % 17]
    expected = recorded(*numbers)
    chance = random.Random(4)
    for _ in range(20):
        chance.shuffle(numbers)
        log = recorded(*numbers)
        assert (log.ranges, log.committed) == (expected.ranges, expected.committed)


def test_a_log_is_rebuilt_from_its_ranges() -> None:
    log = SequenceLog([(1, 3), (7, 9)], oldest=5)
    assert (log.committed, log.lost, log.highest) == (4, 1, 9)


def test_what_a_device_holds_nothing_of_waits_for_nothing() -> None:
    log = recorded(1, 2, 5)
    log.finish(9)
    log.finish(7)
    assert (log.committed, log.lost, log.oldest) == (9, 6, 10)
    # what was under way all the while
    log.record(3)
    assert (log.committed, log.lost) == (9, 5)


def test_a_device_that_knows_less_than_arrived_finishes_it_all_the_same() -> None:
    log = recorded(1, 2, 5)
    log.finish(4)
    assert (log.committed, log.lost) == (5, 2)


def test_the_largest_number_can_be_finished() -> None:
    log = recorded(SEQUENCE_MAX)
    log.finish(1)
    assert (log.committed, log.oldest, log.lost) == (SEQUENCE_MAX, SEQUENCE_MAX, SEQUENCE_MAX - 1)


def test_what_is_missing_is_said_exactly() -> None:
    counts = EventCounts(known=4310, stored=4290, rejected=5, lost=12)
    assert (counts.sentence, counts.awaited) == ("12 of 4,310 events missing", 3)
    assert EventCounts(known=20, stored=10).sentence == "10 of 20 events on their way"
    assert EventCounts(known=1, stored=1).sentence == "all 1 events accounted for"
    assert EventCounts().sentence == "no events yet"
