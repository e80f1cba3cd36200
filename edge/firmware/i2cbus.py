"""The I2C bus of the sensors, with the way out of a stuck data line."""

import time

from machine import I2C, Pin
from micropython import const

_HZ = const(400000)
_CLOCKS = const(9)  # I2C-bus specification (UM10204), 3.1.16: the device lets go within nine
_HALF_CLOCK_US = const(5)


class Bus:
    """Looks like `machine.I2C`, and can be recovered."""

    def __init__(self, sda, scl):
        self._pins = sda, scl
        self._open()

    def readfrom_mem_into(self, address, register, buffer, addrsize=8):
        self._i2c.readfrom_mem_into(address, register, buffer, addrsize=addrsize)

    def writeto_mem(self, address, register, data, addrsize=8):
        self._i2c.writeto_mem(address, register, data, addrsize=addrsize)

    def recover(self):
        """Clock out what a device still wants to say, then stop and open the bus anew."""
        sda, scl = (Pin(pin, Pin.OPEN_DRAIN, value=1) for pin in self._pins)
        for _ in range(_CLOCKS):
            scl.value(0)
            time.sleep_us(_HALF_CLOCK_US)
            scl.value(1)
            time.sleep_us(_HALF_CLOCK_US)
        sda.value(0)
        time.sleep_us(_HALF_CLOCK_US)
        sda.value(1)  # a stop condition
        self._open()

    def _open(self):
        sda, scl = self._pins
        self._i2c = I2C(0, sda=Pin(sda), scl=Pin(scl), freq=_HZ)
