"""Which of two folders holds the running firmware, and which is on trial. Never updated itself.

`/slot.json` is replaced by a rename, so a power cut leaves the old choice or the new one. A trial
has one start: when it was not confirmed by then, the next start is the old firmware's again.
"""

import json
import os

from micropython import const

_FOLDERS = const(("/app", "/app-b"))
_FILE = const("/slot.json")


def running(path=_FILE):
    """Return the folder of the confirmed firmware."""
    return _load(path)["run"]


def spare(path=_FILE):
    """Return the folder that an update may write."""
    return _FOLDERS[1 - _FOLDERS.index(running(path))]


def begin_trial(path=_FILE):
    """Let the next start be the spare folder's, once."""
    _save(path, {"run": running(path), "trial": spare(path), "starts": 1})


def choose(path=_FILE):
    """Return (folder to start, whether it is on trial), and use up a start of a trial."""
    slot = _load(path)
    trial = slot.get("trial")
    if trial is None:
        return slot["run"], False
    if slot.get("starts", 0) < 1:  # it was started and never confirmed
        _save(path, {"run": slot["run"]})
        return slot["run"], False
    _save(path, {"run": slot["run"], "trial": trial, "starts": 0})
    return trial, True


def confirm(path=_FILE):
    """Make the firmware on trial the running one."""
    slot = _load(path)
    if "trial" in slot:
        _save(path, {"run": slot["trial"]})


def _load(path):
    try:
        with open(path) as file:
            slot = json.load(file)
        if slot["run"] in _FOLDERS:
            return slot
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no update yet
    return {"run": _FOLDERS[0]}


def _save(path, slot):
    with open(path + ".new", "w") as file:
        json.dump(slot, file)
    os.rename(path + ".new", path)
