"""The whole firmware in simulated time: its duties together, trials, safe mode, and its figures."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import json
import os
import sys
import unittest

import machine
import vfs
from broker import Broker

from simulators.board.flash import BLOCK_BYTES, Flash

simulated.begin()

_SETTINGS = {"device": "front", "mqtt": {"host": "broker.example"}}
_DOOR, _LED, _BUTTON = 27, 2, 0
_DUTIES = {"door", "pir", "people counter 0", "link", "clock", "button", "outbox"}
_PACE_MS = 31  # of the sensor
_FLOOR_MM, _HEAD_MM = 2400, 700


class Pin(machine.Pin):
    """A pin that remembers what the firmware has done with it."""

    made = None  # by number
    flashes = None  # when the LED was switched on, in ms

    def __init__(self, number, mode=-1, pull=-1, value=None):
        super().__init__(number, mode, pull, value)
        Pin.made[number] = self
        if number == _DOOR:
            self.level = 0  # closed

    def value(self, level=None):
        if level and self is Pin.made.get(_LED) and not self.level:
            Pin.flashes.append(simulated.Time.elapsed_ms)
        return super().value(level)


class Dog(machine.WDT):
    """A watchdog that knows when it was fed last."""

    fed_ms = 0

    def feed(self):
        Dog.fed_ms = simulated.Time.elapsed_ms


machine.Pin, machine.WDT = Pin, Dog

import app  # noqa: E402  (only now: it takes its pins from `machine`)
import settings  # noqa: E402
import slots  # noqa: E402
import vl53l1x  # noqa: E402


class Sensor(vl53l1x.VL53L1X):
    """The driver without its bus, at the chip's pace: somebody walks in at each of `walks`, or
    stands below while `stands`."""

    walks = ()  # in ms
    stands = ()

    async def start(self):
        await asyncio.sleep_ms(100)

    def set_zone_size(self, columns, rows):
        pass

    async def read(self, centre):
        await asyncio.sleep_ms(_PACE_MS)
        now = simulated.Time.elapsed_ms - (0 if centre == 167 else 300)
        is_there = now in Sensor.stands or any(0 <= now - walk < 600 for walk in Sensor.walks)
        self.status = vl53l1x.VALID
        self.distance_mm = (_HEAD_MM if is_there else _FLOOR_MM) + now % 7
        self.signal = now & 0xFFFF


async def _set_clock(self, _host, _port):
    self.set_unix_ms(simulated.Time.time() * 1000)


vl53l1x.VL53L1X = Sensor
app.Clock.sync = _set_clock


def _mount_flash():
    """Put an empty flash in the place of the root, and what can be imported beside it."""
    flash = Flash(bytearray(32 * BLOCK_BYTES))
    vfs.VfsLfs2.mkfs(flash)
    folders = [folder for folder in sys.path if folder.startswith("/")]
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash), "/")
    wire = sys.modules["wire"]  # of which the firmware imports parts later
    for number, folder in enumerate(folders):
        vfs.mount(vfs.VfsPosix(folder), "/rom" + str(number))
        if wire.__path__ == folder + "/wire":
            wire.__path__ = "/rom" + str(number) + "/wire"
    sys.path[:] = [".frozen"] + ["/rom" + str(number) for number in range(len(folders))]


def _forget_tasks():
    asyncio.new_event_loop()
    simulated.begin()


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _remove_all():
    for name, kind, *_ in list(os.ilistdir("/")):
        if not kind & 0x4000:
            os.remove("/" + name)
    if _exists("/outbox"):
        for name, *_ in list(os.ilistdir("/outbox")):
            os.remove("/outbox/" + name)


class AppTest(unittest.TestCase):
    def setUp(self):
        _remove_all()
        simulated.Time.elapsed_ms = 0
        Pin.made, Pin.flashes, Dog.fed_ms, Sensor.walks = {}, [], 0, ()
        Sensor.stands = ()
        self.broker = Broker().install()
        self.broker.acknowledges = True

    def _board(self, sensors=0, **options):
        with open("/idle-0.json", "w") as file:
            json.dump([_FLOOR_MM, _FLOOR_MM], file)
        given = dict(_SETTINGS, pins={"xshut": [25][:sensors]})
        return app.Board(settings.complete(given), **options)

    def _live(self, board, until_ms):
        """Let the board run until then, or until it ends itself; return whether it did."""

        async def main():
            life = asyncio.create_task(board.run())
            while simulated.Time.elapsed_ms < until_ms and not life.done():
                await asyncio.sleep_ms(100)
            has_ended = life.done()
            life.cancel()
            return has_ended

        try:
            return asyncio.run(main())
        finally:
            _forget_tasks()  # the duties end with their board

    def test_a_heartbeat_says_how_the_board_is_doing(self):
        self._live(self._board(sensors=1), 70_000)
        status = self.broker.messages("status")[-1]
        self.assertEqual(("online", "power_on", -60), tuple(map(status.get, _WORDS)))
        self.assertTrue(60_000 <= status["up"] <= 70_000)
        self.assertTrue(status["at"] > 1_795_179_445_000)
        self.assertTrue(status["heap_free"] > 0)
        self.assertEqual((0, 0), (status["outbox_depth"], status["outbox_dropped"]))
        (sensor,) = status["sensors"]
        self.assertTrue(15 <= 1000 * sensor["pairs"] / status["up"] <= 17)
        self.assertEqual(_PACE_MS, sensor["longest_gap_ms"])

    def test_a_stall_is_told_once(self):
        async def stall(_beat):
            await asyncio.sleep_ms(40_000)
            simulated.Time.advance(700)  # as getaddrinfo would

        board = self._board(sensors=1)
        board.pir.run = stall
        self._live(board, 100_000)
        stalls = [status["stall_ms"] for status in self.broker.messages("status")]
        self.assertEqual(1, len([ms for ms in stalls if ms >= 200]))
        gaps = [s["sensors"][0]["longest_gap_ms"] for s in self.broker.messages("status")]
        self.assertEqual(1, len([ms for ms in gaps if ms >= 700]))

    def test_ten_people_through_a_closed_door_are_a_stuck_contact(self):
        Sensor.walks = [10_000 + 3_000 * number for number in range(10)]
        self._live(self._board(sensors=1), 45_000)
        self.assertEqual(10, len(self.broker.events("passage")))
        self.assertEqual(["stuck"], [e["fault"] for e in self.broker.events("contact_faulty")])

    def test_the_walk_test_ends_after_an_hour(self):
        with open("/walk-test", "w"):
            pass
        board = self._board(sensors=1)
        Sensor.walks = [10_000]
        self._live(board, 20_000)
        self.assertEqual(1, len(Pin.flashes))
        simulated.Time.advance(3_600_000)
        Sensor.walks = [3_630_000]
        self._live(board, 3_640_000)
        self.assertEqual(2, len(self.broker.events("passage")))
        self.assertEqual(1, len(Pin.flashes))

    def test_an_event_goes_to_flash_when_nobody_fetches_it_for_long(self):
        self.broker.fault = OSError(111)
        board = self._board()
        self._live(board, 1_130_000)
        self.assertEqual([], os.listdir("/outbox"))
        self._live(board, 1_150_000)
        self.assertEqual(1, len(os.listdir("/outbox")))

    def test_a_write_to_flash_waits_for_who_stands_below_to_go(self):
        self.broker.fault = OSError(111)
        board = self._board(sensors=1)
        self._live(board, 10_000)
        simulated.Time.advance(1_120_000)
        Sensor.stands = range(1_129_000, 1_160_000)
        self._live(board, 1_158_000)
        self.assertEqual([], os.listdir("/outbox"))
        self._live(board, 1_162_000)
        self.assertEqual(1, len(os.listdir("/outbox")))

    def test_the_dog_is_fed_while_every_duty_lives(self):
        board = self._board(sensors=1)
        self.assertFalse(self._live(board, 120_000))
        self.assertEqual(_DUTIES, set(board.watchdog._beats))
        self.assertTrue(Dog.fed_ms > 115_000)

    def test_the_dog_goes_hungry_as_soon_as_one_duty_hangs(self):
        async def hang(*_):
            await asyncio.sleep(10**6)

        def sabotage(board):
            yield "door", board.door
            yield "pir", board.pir
            yield "people counter 0", board.counters[0]
            yield "link", board.link

        for number in range(4):
            board = self._board(sensors=1)
            name, part = list(sabotage(board))[number]
            part.run = hang
            started = simulated.Time.elapsed_ms
            self._live(board, started + 120_000)
            self.assertTrue(Dog.fed_ms < started + 70_000, name)
            self.assertEqual(name, board.watchdog.late())

    def test_a_duty_that_dies_ends_in_a_restart(self):
        async def die(_beat):
            await asyncio.sleep_ms(5_000)
            raise ValueError("as a fault of ours would")

        board = self._board()
        board.pir.run = die
        self.assertTrue(self._live(board, 20_000))
        self.assertTrue(simulated.Time.elapsed_ms < 6_000)

    def test_a_start_that_lasts_a_minute_forgets_the_bad_ones_before(self):
        with open("/starts", "w") as file:
            file.write("3")
        board = self._board()
        self._live(board, 59_000)
        self.assertTrue(_exists("/starts"))
        self._live(board, 62_000)
        self.assertFalse(_exists("/starts"))

    def test_a_firmware_on_trial_is_kept_once_it_is_online(self):
        slots.begin_trial()
        slots.choose()
        self.assertFalse(self._live(self._board(is_trial=True), 10_000))
        self.assertEqual("/app-b", slots.running())

    def test_a_firmware_on_trial_that_gets_nowhere_gives_way_after_five_minutes(self):
        slots.begin_trial()
        slots.choose()
        self.broker.fault = OSError(111)
        self.assertTrue(self._live(self._board(is_trial=True), 400_000))
        self.assertTrue(300_000 <= simulated.Time.elapsed_ms < 302_000)
        self.assertEqual(("/app", False), slots.choose())

    def test_safe_mode_is_the_network_updates_and_the_button_for_ten_minutes(self):
        with open("/starts", "w") as file:
            file.write("5")
        board = self._board(sensors=1, is_safe=True)
        self.assertTrue(self._live(board, 700_000))
        self.assertTrue(600_000 <= simulated.Time.elapsed_ms < 602_000)
        self.assertEqual({_BUTTON}, set(Pin.made))
        status = self.broker.messages("status")[-1]
        self.assertEqual((1, []), (status["safe_mode"], status["sensors"]))
        self.assertEqual([], self.broker.messages("event"))
        self.assertFalse(_exists("/starts"))  # the next start is an ordinary one

    def test_who_asks_which_board_it_is_sees_it_flash_for_ten_seconds(self):
        board = self._board()

        async def ask():
            await asyncio.sleep_ms(1_000)
            self.broker.send("command", {"id": "1", "name": "identify", "args": {}})

        board.pir.run = lambda _beat: ask()
        self._live(board, 20_000)
        self.assertEqual([1], [reply["ok"] for reply in self.broker.messages("reply")])
        self.assertEqual(33, len(Pin.flashes))
        self.assertTrue(9_500 <= Pin.flashes[-1] - Pin.flashes[0] <= 10_000)
        self.assertEqual(0, Pin.made[_LED].level)

    def test_in_safe_mode_only_commands_that_can_be_carried_out_are_taken(self):
        board = self._board(is_safe=True)
        self._live(board, 2_000)
        for name in ("identify", "recalibrate"):
            reply = board._execute({"id": name, "name": name, "args": {}})
            self.assertEqual(0, reply["ok"])
            self.assertTrue("safe mode" in reply["detail"])

    def test_the_end_of_a_run_is_a_restart_with_everything_in_flash(self):
        async def die(_beat):
            await asyncio.sleep_ms(100)
            raise ValueError("as a fault of ours would")

        from pir import Pir

        run, Pir.run = Pir.run, lambda self, beat: die(beat)
        self.broker.fault = OSError(111)
        try:
            with self.assertRaises(machine.Reset):
                app.start(settings.complete(dict(_SETTINGS, pins={"xshut": []})))
        finally:
            Pir.run = run
            _forget_tasks()
        self.assertEqual(1, len(os.listdir("/outbox")))


_WORDS = ("state", "reset", "rssi")

_mount_flash()
unittest.main()
