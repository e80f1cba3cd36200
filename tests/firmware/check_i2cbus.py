"""The way out of a stuck data line, edge by edge."""

import unittest

import i2cbus
import machine

_SDA, _SCL = 21, 22


class Pin:
    """A pin that writes down what is done with it."""

    OPEN_DRAIN = 7
    done = None

    def __init__(self, number, mode=-1, value=None):
        self._number = number
        if mode == Pin.OPEN_DRAIN:
            Pin.done.append((number, value))

    def value(self, level):
        Pin.done.append((self._number, level))


i2cbus.Pin = Pin


class RecoveryTest(unittest.TestCase):
    def setUp(self):
        Pin.done = []
        self.bus = i2cbus.Bus(_SDA, _SCL)
        self.opened = machine.I2C.opened
        self.bus.recover()

    def test_nine_clocks_go_out_while_the_data_line_is_free(self):
        clocks = [level for pin, level in Pin.done if pin == _SCL]
        self.assertEqual([1] + [0, 1] * 9, clocks)
        self.assertEqual([1], [level for pin, level in Pin.done[:-2] if pin == _SDA])

    def test_a_stop_condition_follows_and_the_bus_is_opened_anew(self):
        self.assertEqual([(_SCL, 1), (_SDA, 0), (_SDA, 1)], Pin.done[-3:])
        self.assertEqual(self.opened + 1, machine.I2C.opened)


unittest.main()
