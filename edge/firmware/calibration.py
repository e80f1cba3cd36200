"""The distance of both zones to the floor: measured, kept in flash, followed as it drifts."""

import json

from files import replace
from micropython import const

from wire.fields import encode

_READINGS = const(15)
_SPREAD_MM = const(250)  # a floor is noisy, a person moves by more
_NEAREST_MM = const(1200)
_FARTHEST_MM = const(4000)
_ZONES_DIFFER_PERCENT = const(25)

_VOTES = const(48)  # readings for one step: 1 mm every 3 s
_MAJORITY = const(12)
_STRANGE_MM = const(250)  # more is not drift
_SAVE_MM = const(15)


class Calibration:
    """The idle distances. `idle_mm` is None until they are known."""

    def __init__(self, path):
        self._path = path
        self._votes = [0, 0]
        self._ballots = [0, 0]
        self._saved_mm = _load(path)
        self.idle_mm = list(self._saved_mm) if self._saved_mm else None

    def take(self, idle_mm):
        """Take what was measured, and keep it."""
        self.idle_mm = list(idle_mm)
        self._save()

    def follow(self, zone, distance_mm):
        """Take one reading of the free floor; return whether the idle distance has moved."""
        off_mm = distance_mm - self.idle_mm[zone]
        if abs(off_mm) > _STRANGE_MM:
            return False
        self._votes[zone] += (off_mm > 0) - (off_mm < 0)
        self._ballots[zone] += 1
        if self._ballots[zone] < _VOTES:
            return False
        votes = self._votes[zone]
        self._votes[zone] = self._ballots[zone] = 0
        if abs(votes) < _MAJORITY:
            return False
        self.idle_mm[zone] += 1 if votes > 0 else -1
        if abs(self.idle_mm[zone] - self._saved_mm[zone]) >= _SAVE_MM:
            self._save()  # seldom: the flash is busy for some milliseconds
        return True

    def _save(self):
        self._saved_mm = list(self.idle_mm)
        replace(self._path, encode(self.idle_mm))


def measured(zones):
    """Return the idle distances from readings of both zones, or None when it is no free floor."""
    idle_mm = []
    for readings in zones:
        readings.sort()
        middle = readings[len(readings) // 2]
        if readings[-2] - readings[1] > _SPREAD_MM or not _NEAREST_MM <= middle <= _FARTHEST_MM:
            return None
        idle_mm.append(middle)
    if 100 * abs(idle_mm[0] - idle_mm[1]) > _ZONES_DIFFER_PERCENT * max(idle_mm):
        return None
    return idle_mm


def _load(path):
    try:
        with open(path) as file:
            zones = json.load(file)
    except (OSError, ValueError):
        return None
    if type(zones) is not list or len(zones) != 2:
        return None
    usable = [type(mm) is int and _NEAREST_MM <= mm <= _FARTHEST_MM for mm in zones]
    return zones if all(usable) else None
