"""Safe mode: after several starts in a row that did not last, only the network and updates run."""

import os

import machine
from micropython import const

_FILE = const("/starts")
_LIMIT = const(5)
LASTED_MS = const(60000)  # a start that lives this long was a good one


def begin(path=_FILE):
    """Count this start and return whether it has to be a safe one.

    Power cycles do not count: a loose plug is no reason to stop counting people.
    """
    starts = _read(path)
    if machine.reset_cause() == machine.PWRON_RESET:
        return starts >= _LIMIT
    _write(path, starts + 1)
    return starts + 1 >= _LIMIT


def lasted(path=_FILE):
    """Forget the bad starts: this one was good, or its end is wanted."""
    try:
        os.remove(path)
    except OSError:
        pass  # there were none


def _read(path):
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _write(path, starts):
    with open(path + ".new", "w") as file:
        file.write(str(starts))
    os.rename(path + ".new", path)
