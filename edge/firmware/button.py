"""The button: held for five seconds, it takes the board back to set-up."""

import asyncio
import os

from machine import Pin
from micropython import const

_LOOK_MS = const(250)
_HELD_LOOKS = const(20)
_PAGE = const("/setup.json")  # what the set-up page needs, see `portal`


async def watch(pin, reset, beat, folder=""):
    """Put the settings aside and restart when the button is held.

    A board that was set up by cable has no page: it goes on, or somebody would have to come.
    """
    button = Pin(pin, Pin.IN, Pin.PULL_UP)
    while True:
        await _held(button, beat)
        try:
            os.stat(folder + _PAGE)
            break
        except OSError:
            print("button: expected %s for the set-up page, found none" % _PAGE)
    print("button: back to set-up")
    os.rename(folder + "/config.json", folder + "/config.json.old")
    reset()


async def _held(button, beat):
    """Wait until it was pressed for long; what never was up is a wire, or a wrong pin."""
    looks = None
    while looks != _HELD_LOOKS:
        beat()
        if button.value():
            looks = 0
        elif looks is not None:
            looks += 1
        await asyncio.sleep_ms(_LOOK_MS)
