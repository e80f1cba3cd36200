"""The button: held for five seconds, it takes the board back to set-up."""

import asyncio
import os

from machine import Pin
from micropython import const

_LOOK_MS = const(250)
_HELD_LOOKS = const(20)


async def watch(pin, reset, beat, path="/config.json"):
    """Put the settings aside and restart when the button is held."""
    button = Pin(pin, Pin.IN, Pin.PULL_UP)
    looks = 0
    while looks < _HELD_LOOKS:
        beat()
        looks = looks + 1 if button.value() == 0 else 0
        await asyncio.sleep_ms(_LOOK_MS)
    print("button: back to set-up")
    os.rename(path, path + ".old")
    reset()
