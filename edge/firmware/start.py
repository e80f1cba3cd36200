"""Which of its lives a board begins: service, safe mode, or set-up."""

import gc
import sys

import safemode
import settings
from micropython import const

_GC_EVERY_BYTES = const(4096)  # often and short: a heap that fills up first is in pieces afterwards


def run(is_trial):
    """Read the settings and start the firmware."""
    gc.threshold(_GC_EVERY_BYTES)
    try:
        loaded = settings.load()
    except settings.SettingsError as error:
        print("shopbell:", error)
        _set_up()
        return
    del sys.modules["settings"]  # its code is not needed any more
    is_safe = safemode.begin()
    import app

    app.start(loaded, is_trial, is_safe)


def _set_up():
    import portal

    portal.start()
