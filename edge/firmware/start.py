"""Which of its lives a board begins: service, safe mode, or set-up."""

import gc
import sys

import machine
from micropython import const

_GC_EVERY_BYTES = const(4096)  # often and short: a heap that fills up first is in pieces afterwards


def run(is_trial):
    """Read the settings and start the firmware."""
    gc.threshold(_GC_EVERY_BYTES)
    loaded = _settings()
    if loaded is None:
        if is_trial:
            machine.reset()  # back to the old firmware, which could live with these settings
        import portal

        portal.start()
        return
    is_safe = _count_start()
    import buffers  # noqa: F401, I001  (before the rest: the heap is in one piece)
    import app

    app.start(loaded, is_trial, is_safe)


def _count_start():
    """Return whether this start has to be a safe one; the module's memory is given back."""
    import safemode

    del sys.modules["safemode"]
    return safemode.begin()


def _settings():
    """Return the settings, or None; their module's memory is given back."""
    import settings

    del sys.modules["settings"]
    try:
        return settings.load()
    except settings.SettingsError as error:
        print("shopbell: no settings,", error)
        return None
