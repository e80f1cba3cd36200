"""What a board is made of, by its settings. Used once, at the start, and then forgotten."""

import os

from i2cbus import Bus
from machine import Pin
from micropython import const
from people import STREET_CENTRE
from vl53l1x import ADDRESS, VL53L1X

_HOME_MARKER = const("/home-assistant")  # its entities are known to a broker


def sensors(kind, pins):
    """Return what counts: each VL53L1X, or each two VL53L0X."""
    bus = Bus(pins["sda"], pins["scl"])
    driver = VL53L1X
    if kind == "vl53l0x":
        from vl53l0x import VL53L0X as driver  # here: most boards have the other one
        from vl53l0x import Pair
    found = []
    for index, xshut in enumerate(pins["xshut"]):
        # the factory's address is left free for the sensor that wakes next
        address = ADDRESS + 1 + index if len(pins["xshut"]) > 1 else ADDRESS
        found.append(driver(bus, address, Pin(xshut, Pin.OUT, value=0), bus.recover))
    if driver is VL53L1X:
        return found
    return [Pair(*found[at : at + 2], STREET_CENTRE) for at in range(0, len(found), 2)]


def home(settings, firmware):
    """Return what Home Assistant gets to see, or None when it never did and shall not."""
    if not settings["home_assistant"] and _HOME_MARKER[1:] not in os.listdir("/"):
        return None
    from homeassistant import Home  # here: most boards do without

    return Home(settings["device"], firmware, settings["home_assistant"], _HOME_MARKER)
