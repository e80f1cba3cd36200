"""Which life a start begins: bad starts are counted, and a trial never ends in the set-up page."""

import os
import sys
import unittest

import machine
import safemode
import start

_PATH = "/tmp/shopbell-starts-" + os.urandom(6).hex()
_LIMIT = 5


class SafeModeTest(unittest.TestCase):
    def setUp(self):
        self.cause = machine.reset_cause
        machine.reset_cause = lambda: machine.WDT_RESET

    def tearDown(self):
        machine.reset_cause = self.cause
        safemode.lasted(_PATH)

    def test_the_fifth_start_in_a_row_that_does_not_last_is_a_safe_one(self):
        starts = [safemode.begin(_PATH) for _ in range(_LIMIT + 1)]
        self.assertEqual([False] * (_LIMIT - 1) + [True] * 2, starts)

    def test_a_start_that_has_lasted_makes_all_good(self):
        for _ in range(_LIMIT - 1):
            safemode.begin(_PATH)
        safemode.lasted(_PATH)
        self.assertFalse(safemode.begin(_PATH))

    def test_a_loose_plug_does_not_count_and_does_not_forgive(self):
        for _ in range(_LIMIT - 1):
            safemode.begin(_PATH)
        machine.reset_cause = lambda: machine.PWRON_RESET
        self.assertEqual([False] * 3, [safemode.begin(_PATH) for _ in range(3)])
        machine.reset_cause = lambda: machine.WDT_RESET
        self.assertTrue(safemode.begin(_PATH))

    def test_a_torn_count_is_none(self):
        with open(_PATH, "w") as file:
            file.write("4x")
        self.assertFalse(safemode.begin(_PATH))


class WithoutSettingsTest(unittest.TestCase):
    """There is no /config.json on the machine that runs this."""

    def setUp(self):
        self.opened = []
        test = self

        class Portal:
            @staticmethod
            def start():
                test.opened.append("page")

        sys.modules["portal"] = Portal

    def tearDown(self):
        del sys.modules["portal"]

    def test_a_new_board_opens_its_set_up_page(self):
        start.run(is_trial=False)
        self.assertEqual(["page"], self.opened)

    def test_a_firmware_on_trial_that_refuses_the_settings_gives_way_to_the_old_one(self):
        with self.assertRaises(machine.Reset):
            start.run(is_trial=True)
        self.assertEqual([], self.opened)


unittest.main()
