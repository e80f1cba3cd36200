"""Uptime that does not wrap, and the time of day from a server's answer."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import struct
import time
import unittest

import clock
import machine
from clock import Clock, ClockError, _unix_ms

simulated.begin()

_NOW_S = 1795179445
_COOKIE = b"12345678"
_QUESTION = bytes(40) + _COOKIE


def _answer(seconds, fraction=0, mode=4, stratum=2, cookie=_COOKIE):
    head = bytes((0x18 | mode, stratum)) + bytes(22)
    return head + cookie + bytes(8) + struct.pack(">II", seconds & 0xFFFFFFFF, fraction)


class ClockTest(unittest.TestCase):
    def test_the_time_of_day_is_unknown_until_it_is_set(self):
        board_clock = Clock()
        self.assertIsNone(board_clock.unix_ms(5))
        self.assertFalse(board_clock.is_set)

    def test_an_event_before_the_clock_was_set_can_be_dated_by_its_uptime(self):
        board_clock = Clock()
        board_clock.set_unix_ms(_NOW_S * 1000)
        now = board_clock.uptime_ms()
        self.assertTrue(abs(board_clock.unix_ms(now) - _NOW_S * 1000) < 50)
        self.assertEqual(board_clock.unix_ms(now) - 400, board_clock.unix_ms(now - 400))

    def test_the_rtc_is_set_for_the_certificates(self):
        Clock().set_unix_ms(_NOW_S * 1000)
        self.assertEqual((2026, 11, 20, 4, 12, 57, 25, 0), machine.RTC.calendar)

    def test_a_clock_that_starts_in_the_past_is_set_to_the_date_of_the_set_up(self):
        board_clock = Clock()
        machine.RTC.calendar = None
        board_clock.set_floor(int(time.time()) - 1000)
        self.assertIsNone(machine.RTC.calendar)
        board_clock.set_floor(int(time.time()) + 1_000_000)
        self.assertTrue(machine.RTC.calendar is not None)
        self.assertFalse(board_clock.is_set)

    def test_uptime_at_an_earlier_tick(self):
        board_clock = Clock()
        earlier = time.ticks_add(time.ticks_ms(), -20)
        board_clock._uptime_ms = 1000
        self.assertTrue(980 <= board_clock.uptime_ms(earlier) <= 990)

    def test_uptime_goes_on_when_the_ticks_wrap(self):
        board_clock = Clock()
        ticks = [2**30 - 100]
        period = 2**30

        class FakeTime:
            def ticks_ms(self):
                return ticks[0] % period

            def ticks_diff(self, a, b):
                return (a - b + period // 2) % period - period // 2

        real, clock.time = clock.time, FakeTime()
        try:
            board_clock._last_ticks, board_clock._uptime_ms = ticks[0], 500
            ticks[0] += 300
            self.assertEqual(800, board_clock.uptime_ms())
        finally:
            clock.time = real

    def test_a_servers_answer_is_read_to_the_millisecond(self):
        answer = _answer(_NOW_S + 2208988800, 1 << 31)
        self.assertEqual(_NOW_S * 1000 + 500 + 3, _unix_ms(answer, _QUESTION, 3))

    def test_the_era_after_2036_is_understood(self):
        seconds = 2208988800 + 2_100_000_000  # in 2036, beyond 32 bits
        self.assertEqual(2_100_000_000_000, _unix_ms(_answer(seconds), _QUESTION, 0))

    def test_an_answer_that_cannot_be_trusted_is_refused(self):
        good = _NOW_S + 2208988800
        for answer in (
            b"",
            _answer(good, mode=3),
            _answer(good, stratum=0),
            _answer(good, cookie=b"somebody"),
        ):
            with self.assertRaises(ClockError):
                _unix_ms(answer, _QUESTION, 0)


unittest.main()
