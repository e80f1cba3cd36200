"""Settings are complete or refused with the name of what is wrong; boots count up for ever."""

import json
import os
import unittest

import recovery
import settings

_PATH = "/tmp/shopbell-settings-" + os.urandom(6).hex()
_MINIMAL = {"device": "front", "mqtt": {"host": "broker"}}


def _write(content):
    with open(_PATH, "w") as file:
        file.write(content)


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        return  # the test did not make it


class SettingsTest(unittest.TestCase):
    def tearDown(self):
        _remove(_PATH)

    def test_what_is_left_out_has_a_default(self):
        _write(json.dumps(_MINIMAL))
        loaded = settings.load(_PATH)
        self.assertEqual(1883, loaded["mqtt"]["port"])
        self.assertEqual(27, loaded["pins"]["door"])
        self.assertIsNone(loaded["mqtt"]["ca"])

    def test_a_part_of_a_group_can_be_given(self):
        given = {"device": "front", "mqtt": {"host": "b"}, "pins": {"door": 4}}
        completed = settings.complete(given)
        self.assertEqual(4, completed["pins"]["door"])
        self.assertEqual(26, completed["pins"]["pir"])

    def test_the_documented_example_is_valid(self):
        path = __file__.rsplit("tests", 1)[0] + "edge/firmware/config.example.json"
        loaded = settings.load(path)
        self.assertEqual("bakery-front", loaded["device"])
        self.assertEqual(8883, loaded["mqtt"]["port"])

    def test_the_documented_example_has_every_setting(self):
        path = __file__.rsplit("tests", 1)[0] + "edge/firmware/config.example.json"
        with open(path) as file:
            documented = json.load(file)
        completed = settings.complete(_MINIMAL)
        self.assertEqual(set(completed), set(documented))
        for group in ("mqtt", "wifi", "ntp", "pins"):
            self.assertEqual(set(completed[group]), set(documented[group]))

    def test_a_pair_of_the_cheaper_sensor_has_two_pins(self):
        given = dict(_MINIMAL, sensor="vl53l0x", pins={"xshut": [25, 33]})
        self.assertEqual([25, 33], settings.complete(given)["pins"]["xshut"])

    def test_a_motion_sensor_may_use_a_pin_that_is_an_input_only(self):
        self.assertEqual(34, settings.complete(dict(_MINIMAL, pins={"pir": 34}))["pins"]["pir"])

    def test_settings_that_cannot_be_used_are_refused(self):
        for given in (
            {},
            {"device": "front"},
            {"device": "Front!", "mqtt": {"host": "b"}},
            {"device": "front", "mqtt": {}},
            dict(_MINIMAL, sensor="vl53l5"),
            dict(_MINIMAL, sensor="vl53l0x"),
            dict(_MINIMAL, pins={"xshut": 25}),
            dict(_MINIMAL, pins={"xshut": ["25"]}),
            dict(_MINIMAL, pins={"door": "27"}),
            dict(_MINIMAL, pins={"door": 99}),
            dict(_MINIMAL, pins={"led": -1}),
            dict(_MINIMAL, pins={"led": 34}),  # an input
            dict(_MINIMAL, pins={"xshut": [6]}),  # the flash
            dict(_MINIMAL, pins={"door": 35}),  # without a pull-up
            dict(_MINIMAL, pins={"button": 27}),  # the door's
            dict(_MINIMAL, pins={"xshut": [25, 25]}),
            dict(_MINIMAL, pins=27),
            dict(_MINIMAL, invert=1),
            {"device": "front", "mqtt": {"host": "b", "port": "1883"}},
        ):
            with self.assertRaises(settings.SettingsError):
                settings.complete(given)

    def test_a_missing_or_broken_file_is_refused(self):
        with self.assertRaises(settings.SettingsError):
            settings.load(_PATH)
        _write("{")
        with self.assertRaises(settings.SettingsError):
            settings.load(_PATH)


class ChangeTest(unittest.TestCase):
    def setUp(self):
        given = dict(_MINIMAL, pins={"door": 4}, wifi={"ssid": "old", "password": "kept"})
        _write(json.dumps(given))

    def tearDown(self):
        _remove(_PATH)

    def test_of_a_group_only_what_is_named_changes(self):
        settings.change({"pins": {"led": 5}, "invert": True}, _PATH)
        pins = settings.load(_PATH)["pins"]
        self.assertEqual((4, 5, 26), (pins["door"], pins["led"], pins["pir"]))
        self.assertTrue(settings.load(_PATH)["invert"])

    def test_the_cloud_cannot_cut_the_board_off(self):
        with self.assertRaises(settings.SettingsError):
            settings.change({"wifi": {"ssid": "new"}}, _PATH)
        self.assertEqual("old", settings.load(_PATH)["wifi"]["ssid"])

    def test_over_usb_everything_can_be_changed(self):
        settings.change({"wifi": {"ssid": "new"}}, _PATH, settings.EVERYTHING)
        wifi = settings.load(_PATH)["wifi"]
        self.assertEqual(("new", "kept"), (wifi["ssid"], wifi["password"]))

    def test_what_a_newer_firmware_has_kept_is_left_alone(self):
        completed = settings.complete(dict(_MINIMAL, colour=1, pins={"buzzers": [5], "led": 4}))
        self.assertEqual((1, 4), (completed["colour"], completed["pins"]["led"]))

    def test_a_wrong_name_or_value_changes_nothing(self):
        for wanted in (
            {"colour": 1},
            {"invert": "yes"},
            {"pins": {"dor": 4}},
            {"pins": {"door": 99}},
            {"pins": {"door": "27"}},
            {"pins": {"led": 26}},
            {"sensor": "x"},
        ):
            with self.assertRaises(settings.SettingsError):
                settings.change(wanted, _PATH, settings.EVERYTHING)
        self.assertEqual(4, settings.load(_PATH)["pins"]["door"])


def _next_boot(start):
    return recovery.next_boot(_PATH, start, "/nowhere")


class BootsTest(unittest.TestCase):
    def tearDown(self):
        _remove(_PATH)
        _remove(_PATH + ".new")

    def test_the_first_boot_is_the_start_and_each_one_counts_up(self):
        self.assertEqual([100, 101, 102], [_next_boot(100) for _ in range(3)])

    def test_a_board_set_up_again_goes_on_above(self):
        _next_boot(100)
        self.assertEqual(500, _next_boot(500))

    def test_a_torn_file_does_not_set_the_number_back(self):
        _write("4x")
        self.assertEqual(100, _next_boot(100))


unittest.main()
