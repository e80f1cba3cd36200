"""Safe mode: after several starts in a row that did not last, only the network and updates run."""

import machine
from files import remove, replace
from micropython import const

_FILE = const("/starts")
_LIMIT = const(5)


def begin(path=_FILE):
    """Count this start and return whether it has to be a safe one.

    Power cycles do not count: a loose plug is no reason to stop counting people.
    """
    starts = _read(path)
    if machine.reset_cause() == machine.PWRON_RESET:
        return starts >= _LIMIT
    replace(path, b"%d" % (starts + 1))
    return starts + 1 >= _LIMIT


def lasted(path=_FILE):
    """Forget the bad starts: this one was good, or its end is wanted."""
    remove(path)


def _read(path):
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0
