"""From the distances of two zones to passages with a direction; pure, so that it runs anywhere.

Zone 0 looks to the street, zone 1 into the shop. Somebody is in a zone while its distance is well
below the idle distance, which is the one to the floor. A visit lasts from the first zone that is
occupied until both have been free for a while; the zones' order at its start and at its end tells
the direction.
"""

from micropython import const

_HYSTERESIS_MM = const(100)
_FREE_MS = const(150)  # shorter than the gap between two people
_WEAK_READINGS = const(4)  # black hair reflects little: a few readings may be missing
_SURE_LEAD_MS = const(400)  # a walker is that much earlier in the first zone, on and off added
_UNSURE_LEAD_MS = const(70)  # about one pair of samples: the order could be chance
_NEVER = const(-1)


class Counter:
    """Feed it with `add`; it returns a passage when one has ended.

    idle_mm are the distances of both zones to the floor.
    """

    def __init__(self, idle_mm):
        self._threshold_mm = [0, 0]
        self._occupied = [False, False]
        self._weak = [0, 0]
        self._on_ms = [_NEVER, _NEVER]
        self._off_ms = [_NEVER, _NEVER]
        self.set_idle(idle_mm)

    @property
    def is_busy(self):
        """Whether somebody is under the sensor."""
        return self._on_ms[0] != _NEVER or self._on_ms[1] != _NEVER

    def set_idle(self, idle_mm):
        """Take new distances to the floor; a quarter of them, or 300 mm, must be covered."""
        for zone in (0, 1):
            self._threshold_mm[zone] = idle_mm[zone] - max(300, idle_mm[zone] // 4)

    def add(self, at_ms, zone, distance_mm):
        """Add one reading, None when it was no distance.

        Return None, ("in", confidence), ("out", confidence), or ("ambiguous", duration in ms).
        """
        self._update(at_ms, zone, distance_mm)
        if not self.is_busy or self._occupied[0] or self._occupied[1]:
            return None
        if at_ms - max(self._off_ms) < _FREE_MS:
            return None
        return self._conclude()

    def _update(self, at_ms, zone, distance_mm):
        if distance_mm is None:
            self._weak[zone] += 1
            if self._weak[zone] > _WEAK_READINGS:
                self._occupied[zone] = False
            return
        self._weak[zone] = 0
        threshold = self._threshold_mm[zone]
        if self._occupied[zone]:
            threshold += _HYSTERESIS_MM
        self._occupied[zone] = distance_mm < threshold
        if self._occupied[zone]:
            if self._on_ms[zone] == _NEVER:
                self._on_ms[zone] = at_ms
            self._off_ms[zone] = at_ms

    def _conclude(self):
        on, off = self._on_ms, self._off_ms
        self._on_ms, self._off_ms = [_NEVER, _NEVER], [_NEVER, _NEVER]
        if on[0] == _NEVER or on[1] == _NEVER:
            return None  # touched one side only
        first, last = on[1] - on[0], off[1] - off[0]
        lead = first + last
        if first * last < 0 and min(abs(first), abs(last)) > _UNSURE_LEAD_MS:
            return None  # came in on one side and left on the same: turned back
        if abs(lead) < _UNSURE_LEAD_MS:
            return ("ambiguous", max(off) - min(on))
        return ("in" if lead > 0 else "out", _confidence(abs(lead)))


def _confidence(lead_ms):
    return min(99, 50 + 50 * lead_ms // _SURE_LEAD_MS)
