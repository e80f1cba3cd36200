"""Door, PIR, button, commands and watchdog with pins that the test drives."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import os
import unittest

import button
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

    def test_the_motion_ends_twenty_quiet_seconds_after_its_last_pulse(self):
        events = Events()
        pir = Pir(26, events.report)

        async def script():
            for level in (1, 0, 1):
                pir._pin.drive(level)
                await asyncio.sleep_ms(15_000)
            await asyncio.sleep_ms(15_000)
            self.assertTrue(pir.is_active)  # the output is still high
            pir._pin.drive(0)
            await asyncio.sleep_ms(19_000)
            self.assertTrue(pir.is_active)
            await asyncio.sleep_ms(3_000)
            self.assertFalse(pir.is_active)

        _play(pir, script)
        self.assertEqual([{"active": 1}, {"active": 0}], [fields for _, fields in events.seen])


class ButtonTest(unittest.TestCase):
    """Held for five seconds, it takes the board back to set-up."""

    def setUp(self):
        self.folder = "/tmp/shopbell-button-" + os.urandom(6).hex()
        os.mkdir(self.folder)
        self._write("config.json")
        self._write("setup.json")
        self.resets = 0

    def tearDown(self):
        for name in os.listdir(self.folder):
            os.remove(self.folder + "/" + name)
        os.rmdir(self.folder)

    def _write(self, name):
        with open(self.folder + "/" + name, "w"):
            pass

    def _reset(self):
        self.resets += 1

    def _press(self, *times):
        """Play (level, ms) in turn."""

        class Pin(machine.Pin):
            level = 1

            def __init__(self, *_):
                pass

            def value(self):
                return Pin.level

        async def main():
            duty = button.watch(0, self._reset, _nothing, self.folder)
            task = asyncio.create_task(duty)
            for level, ms in times:
                Pin.level = level
                await asyncio.sleep_ms(ms)
            task.cancel()

        real, button.Pin = button.Pin, Pin
        try:
            asyncio.run(main())
        finally:
            button.Pin = real

    def test_five_seconds_put_the_settings_aside_and_restart(self):
        self._press((1, 1_000), (0, 5_500))
        self.assertEqual(1, self.resets)
        self.assertEqual(["config.json.old", "setup.json"], sorted(os.listdir(self.folder)))

    def test_four_seconds_do_not_and_neither_do_two_times_four(self):
        self._press((1, 1_000), (0, 4_000), (1, 300), (0, 4_000), (1, 1_000))
        self.assertEqual(0, self.resets)
        self.assertTrue("config.json" in os.listdir(self.folder))

    def test_a_pin_that_was_never_up_has_no_button(self):
        self._press((0, 60_000))
        self.assertEqual(0, self.resets)

    def test_a_board_without_a_set_up_page_goes_on(self):
        os.remove(self.folder + "/setup.json")
        self._press((1, 1_000), (0, 20_000))
        self.assertEqual((0, ["config.json"]), (self.resets, os.listdir(self.folder)))


class CommandsTest(unittest.TestCase):
    def test_an_unknown_command_is_refused_by_name(self):
        reply = Commands([], {}, None, [], None, None).execute(
            {"id": "1", "name": "dance", "args": {}}
        )
        self.assertEqual(0, reply["ok"])
        self.assertTrue("dance" in reply["detail"])

    def test_a_flash_that_refuses_is_the_reply_and_not_the_end_of_the_network_task(self):
        command = {"id": "1", "name": "configure", "args": {"invert": True}}  # there are none here
        reply = Commands([], {}, None, [], None, None).execute(command)
        self.assertEqual(0, reply["ok"])
        self.assertTrue("OSError" in reply["detail"])

    def test_a_command_that_arrives_twice_is_carried_out_once(self):
        class Counted:
            recalibrate_requested = False

        counter = Counted()
        commands = Commands([], {}, _nothing, [counter], None, None)
        command = {"id": "1", "name": "recalibrate", "args": {}}
        first = commands.execute(command)
        counter.recalibrate_requested = False
        self.assertEqual(first, commands.execute(command))
        self.assertFalse(counter.recalibrate_requested)


class WatchdogTest(unittest.TestCase):
    def test_it_is_fed_as_long_as_every_duty_beats(self):
        dog = watchdog.Watchdog()
        beats = [dog.duty("door", 5_000), dog.duty("pir", 5_000)]
        machine.WDT.feeds = 0

        async def main():
            task = asyncio.create_task(dog.run())
            for _ in range(60):
                for beat in beats:
                    beat()
                await asyncio.sleep_ms(1_000)
            fed = machine.WDT.feeds
            for _ in range(60):
                beats[0]()
                await asyncio.sleep_ms(1_000)
            task.cancel()
            return fed, machine.WDT.feeds

        fed, then = asyncio.run(main())
        self.assertTrue(29 <= fed <= 31)
        self.assertTrue(then - fed <= 3)
        self.assertEqual("pir", dog.late())

    def test_a_silent_duty_ends_the_feeding_and_is_named(self):
        dog = watchdog.Watchdog()
        dog.duty("door", 60_000)
        dog.duty("link", -1)
        machine.WDT.feeds = 0
        self.assertEqual("link", dog.late())
        asyncio.run(dog.run())
        self.assertEqual(0, machine.WDT.feeds)


unittest.main()
