"""Door, PIR, commands and watchdog with pins that the test drives."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import unittest

import machine
import watchdog
from commands import Commands
from door import Door
from pir import Pir

simulated.begin()


def _nothing():
    pass


def _play(duty, script):
    """Run a duty while the script drives it; both end with the script."""

    async def main():
        task = asyncio.create_task(duty.run(_nothing))
        await asyncio.sleep_ms(0)
        await script()
        task.cancel()

    asyncio.run(main())


class Events:
    def __init__(self):
        self.seen = []

    def report(self, kind, ticks, fields):
        self.seen.append((kind, fields))


class DoorTest(unittest.TestCase):
    def _door(self, level):
        events = Events()
        door = Door(27, events.report)
        door._pin.level = level
        return door, events

    def test_the_state_at_boot_is_reported(self):
        door, events = self._door(1)
        _play(door, lambda: asyncio.sleep_ms(1))
        self.assertEqual([("door", {"open": 1})], events.seen)

    def test_a_bouncing_contact_is_one_change(self):
        door, events = self._door(0)

        async def script():
            for level in (1, 0, 1, 0, 1):
                door._pin.drive(level)
                await asyncio.sleep_ms(3)
            await asyncio.sleep_ms(100)

        _play(door, script)
        self.assertEqual([{"open": 0}, {"open": 1}], [fields for _, fields in events.seen])

    def test_a_spike_shorter_than_the_bounce_is_nothing(self):
        door, events = self._door(0)

        async def script():
            door._pin.drive(1)
            door._pin.drive(0)
            await asyncio.sleep_ms(100)

        _play(door, script)
        self.assertEqual([("door", {"open": 0})], events.seen)

    def test_a_short_opening_is_two_changes(self):
        door, events = self._door(0)

        async def script():
            door._pin.drive(1)
            await asyncio.sleep_ms(90)
            door._pin.drive(0)
            await asyncio.sleep_ms(90)

        _play(door, script)
        self.assertEqual([0, 1, 0], [fields["open"] for _, fields in events.seen])


class PirTest(unittest.TestCase):
    def test_pulses_in_a_row_are_one_motion(self):
        events = Events()
        pir = Pir(26, events.report)

        async def script():
            for level in (1, 0, 1, 0):
                pir._pin.drive(level)
                await asyncio.sleep_ms(10)

        _play(pir, script)
        self.assertEqual([("motion", {"active": 1})], events.seen)
        self.assertTrue(pir.is_active)

    def test_the_motion_ends_when_it_was_quiet_for_long(self):
        events = Events()
        pir = Pir(26, events.report)
        pir.is_active = True
        pir._edge_ticks -= 60_000
        pir._end_when_quiet()
        self.assertEqual([("motion", {"active": 0})], events.seen)


class CommandsTest(unittest.TestCase):
    def test_an_unknown_command_is_refused_by_name(self):
        reply = Commands(None, [], None, None).execute({"id": "1", "name": "dance", "args": {}})
        self.assertEqual(0, reply["ok"])
        self.assertTrue("dance" in reply["detail"])

    def test_a_flash_that_refuses_is_the_reply_and_not_the_end_of_the_network_task(self):
        command = {"id": "1", "name": "configure", "args": {"invert": True}}  # there are none here
        reply = Commands(None, [], None, None).execute(command)
        self.assertEqual(0, reply["ok"])
        self.assertTrue("OSError" in reply["detail"])

    def test_a_command_that_arrives_twice_is_carried_out_once(self):
        class Counted:
            recalibrate_requested = False

        counter = Counted()
        commands = Commands(None, [counter], None, None)
        command = {"id": "1", "name": "recalibrate", "args": {}}
        first = commands.execute(command)
        counter.recalibrate_requested = False
        self.assertEqual(first, commands.execute(command))
        self.assertFalse(counter.recalibrate_requested)


class WatchdogTest(unittest.TestCase):
    def test_it_is_fed_while_every_duty_beats(self):
        dog = watchdog.Watchdog()
        beat = dog.duty("door", 1000)
        beat()
        self.assertIsNone(dog.late())

    def test_a_silent_duty_ends_the_feeding_and_is_named(self):
        dog = watchdog.Watchdog()
        dog.duty("door", 60_000)
        dog.duty("link", -1)
        self.assertEqual("link", dog.late())
        asyncio.run(dog.run())
        self.assertEqual(0, machine.WDT.feeds)


unittest.main()
