"""The door contact and the presence it tells of, with a pin that the test drives."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import time
import unittest

from door import Door
from pir import Presence

simulated.begin()


_DAY_MS = 86_400_000


def _pass_a_day():
    simulated.Time.advance(_DAY_MS)


def _nothing():
    pass


class Events:
    def __init__(self):
        self.seen = []
        self.ticks = []
        self.faults = []
        self.durations = []

    def report(self, kind, ticks, fields):
        if kind == "door":
            self.seen.append(fields["open"])
            self.ticks.append(ticks)
        else:
            self.faults.append((kind, fields.get("fault")))
            self.durations.append(fields.get("duration_ms"))


def _play(door, script):
    async def main():
        task = asyncio.create_task(door.run(_nothing))
        await asyncio.sleep_ms(0)
        await script()
        task.cancel()

    asyncio.run(main())


class DoorTest(unittest.TestCase):
    def setUp(self):
        self.events = Events()
        self.door = Door(27, self.events.report)
        self.door._pin.level = 0  # closed

    async def _until(self, reports):
        deadline = time.ticks_add(time.ticks_ms(), 5000)
        while len(self.events.seen) < reports and time.ticks_diff(deadline, time.ticks_ms()) > 0:
            await asyncio.sleep_ms(5)

    def test_an_opening_before_anybody_looks_is_not_lost(self):
        self.door._pin.drive(1)
        time.sleep_ms(50)
        self.door._pin.drive(0)
        _play(self.door, lambda: self._until(3))
        self.assertEqual([0, 1, 0], self.events.seen)

    def test_an_opening_while_the_loop_is_busy_is_two_changes_with_their_times(self):
        async def script():
            opened = time.ticks_ms()
            self.door._pin.drive(1)
            time.sleep_ms(60)
            self.door._pin.drive(0)
            time.sleep_ms(200)
            await self._until(3)
            self.assertEqual([0, 1, 0], self.events.seen)
            between_ms = time.ticks_diff(self.events.ticks[2], self.events.ticks[1])
            self.assertTrue(time.ticks_diff(self.events.ticks[1], opened) < 60)
            self.assertTrue(60 <= between_ms < 200)

        _play(self.door, script)

    def test_more_edges_than_can_be_latched_end_in_the_right_state(self):
        async def script():
            for _ in range(60):
                self.door._pin.drive(1)
                self.door._pin.drive(0)
            self.door._pin.drive(1)
            await self._until(2)

        _play(self.door, script)
        self.assertEqual([0, 1], self.events.seen)

    def test_a_chattering_contact_is_reported_once_and_not_streamed(self):
        for number in range(100):
            self.door._change(number % 2, time.ticks_ms())
        self.assertEqual([("contact_faulty", "chattering")], self.events.faults)
        self.assertEqual(60, len(self.events.seen))

    def test_a_contact_that_never_settles_is_reported_until_it_does(self):
        async def script():
            for number in range(2500):  # a wire that picks up the mains, for 25 s
                self.door._pin.drive(number % 2)
                await asyncio.sleep_ms(10)
            self.assertEqual([("contact_faulty", "chattering")], self.events.faults)
            await asyncio.sleep_ms(25_000)

        _play(self.door, script)
        self.assertEqual(("contact_cleared", None), self.events.faults[-1])
        self.assertEqual(2, len(self.events.faults))
        self.assertEqual([0, 1], self.events.seen)

    def test_a_contact_that_has_been_quiet_is_cleared_and_says_how_it_stands(self):
        for number in range(100):
            self.door._change(number % 2, time.ticks_ms())
        for _ in range(2):
            self.door._window_ticks -= 20_000
            self.door._end_chatter()
        self.assertEqual(("contact_cleared", None), self.events.faults[-1])
        self.assertEqual(1, self.events.seen[-1])

    def test_a_contact_that_says_closed_while_people_walk_through_is_stuck(self):
        self.door._change(0, time.ticks_ms())
        for _ in range(30):
            self.door.passed()
        self.assertEqual([("contact_faulty", "stuck")], self.events.faults)

    def test_a_stuck_contact_is_cleared_by_its_next_change(self):
        self.door._change(0, time.ticks_ms())
        for _ in range(10):
            self.door.passed()
        self.door._change(1, time.ticks_ms())
        self.assertEqual(("contact_cleared", None), self.events.faults[-1])
        self.assertEqual([0, 1], self.events.seen)

    def test_people_who_walk_through_an_open_door_are_no_fault(self):
        self.door._change(1, time.ticks_ms())
        for _ in range(30):
            self.door.passed()
        self.assertEqual([], self.events.faults)

    def test_who_has_just_moved_the_door_is_still_there(self):
        class Motion:
            is_active = False

        presence = Presence(self.door, Motion)
        self.assertFalse(presence.is_quiet())
        self.door.still.restart(time.ticks_add(time.ticks_ms(), -10_000))
        self.assertTrue(presence.is_quiet())
        Motion.is_active = True
        self.assertFalse(presence.is_quiet())

    def test_a_door_that_nobody_has_moved_for_weeks_is_still(self):
        class Motion:
            is_active = False

        presence = Presence(self.door, Motion)
        for _ in range(20):
            _pass_a_day()
            self.assertTrue(presence.is_quiet())

    def test_a_contact_that_was_stuck_for_weeks_says_for_how_long(self):
        self.door._change(0, time.ticks_ms())
        for _ in range(10):
            self.door.passed()
        for _ in range(20):
            _pass_a_day()
            self.door._end_chatter()  # as each second
        self.door._change(1, time.ticks_ms())
        self.assertEqual(20 * _DAY_MS, self.events.durations[-1])


unittest.main()
