"""From the distances of two zones to passages with a direction; pure, so that it runs anywhere.

Zone 0 looks to the street, zone 1 into the shop. What counts is how high something stands above the
floor. The higher one of both zones follows a head: one head is one rise and fall, so a fall and a
new rise may begin the next person although the zones never became free; it does when who was there
has gone through and the new one comes from where they came from. The direction is told by which
zone saw somebody earlier: at the begin, at the end, and on the average in between. Who wears dark
clothes, or is at the edge of the view, is seen by one zone and then by the other, and in between
by neither.

Everything is integers in lists that were made once: adding a reading allocates nothing.
"""

from micropython import const

_PRESENT_MM = const(600)  # above the floor: a dog, a basket or a mat is nobody
_SMALLEST_MM = const(850)  # a trolley is lower
_SMALL_MM = const(1150)  # up to here it is a child or a pram: the pram is longer
_PRAM_MM = const(500)
_TALLEST_MM = const(1970)  # higher is a head above shoulders, or the upper edge of the door's leaf
_SHOULDERS_MM = const(1600)  # of whoever has a head that high: a sixth below it
_HEAD_MM = const(1700)  # of who passes somebody only the shoulders are in view
_FALL_MM = const(180)  # between two heads the view falls at least to the shoulders
_FREE_MS = const(120)
_HEAD_FREE_MS = const(500)  # so long after their high head the shoulders are seen
_HALF_FREE_MS = const(600)  # dark hair is lost between the zones: the other one may see it yet
_LOST_MS = const(400)  # after so long out of view a single reading may be noise
_AWAY_MS = const(200)  # the same for whom both zones have seen
_APART_MS = const(800)  # whom both zones have seen, but never at once, may stand between them
_WEAK_READINGS = const(2)  # black hair and the sun cost single readings
_FEW_READINGS = const(3)  # of a body: fewer are noise
_SLOW_MS = const(2200)  # who takes longer may have stood still: only begin and end tell
_BRISK_MS = const(1500)  # two who cross take no longer
_ODD_MS = const(1000)
_UNSURE_LEAD_MS = const(12)
_STRETCH_MS = const(250)  # who walks steadily needs about as long from zone to zone at the end
_CLEAR_MS = const(45)
_SURE_LEAD_MS = const(150)
_LIGHT_MM = const(800)  # what is above weighs most: heads, not prams
_LEAST_WEIGHT = const(16)
_LONG_MM = const(545)  # from chest to back nobody is that long
_RUN_MM_S = const(1100)  # and yet that fast
_LATE_MS = const(20)  # both by the longest lead that the pace of the readings leaves open
_LATER_MS = const(44)  # of what both zones saw at the next reading, at either end
_ROUND_MS = const(62)  # from one reading of a zone to its next
_NEXT_MS = const(45)  # zones are read in turn, every 31 ms: a lead of one may be nearly three
_SOON_MS = const(900)  # so soon after somebody, half a person is not somebody who looked in
_ZONE_TAN_256 = const(60)  # a zone is 13.5 degrees wide, and that far from the other one
_TICKS_MASK = const(0x3FFFFFFF)  # the ESP32's milliseconds wrap after 12 days
_HALF_TICKS = const(0x20000000)


class Counter:
    """Feed it with `add`; it returns a passage when one has ended.

    idle_mm are the distances of both zones to the floor.
    """

    def __init__(self, idle_mm):
        self._idle_mm = [0, 0]
        self._above_mm = [0, 0]
        self._weak = [0, 0]  # readings without a distance; -1 after a glimpse
        self._high_ms = [None, None]  # since when a zone sees what is too high for anybody
        self._body = _Body()  # who is under the sensor
        self._next = _Body()  # since the last fall and rise: the same one, or the next
        self._rest = _Body()  # since the lowest view after the head of `_next`
        self._peak_mm = 0
        self._valley_mm = 0
        self._was_seen = True  # also between `_body` and `_next`
        self._seen_ms = 0
        self._passed_ms = None  # when the last one ended that was not nobody
        self._half_ms = None  # when the last one ended that only one zone saw
        self._patience_ms = _APART_MS  # how long who was in both zones may be out of view
        self._pending = None
        self.is_busy = False
        self.set_idle(idle_mm)

    def set_idle(self, idle_mm):
        """Take new distances to the floor."""
        self._idle_mm[0], self._idle_mm[1] = idle_mm

    def add(self, at_ms, zone, distance_mm):
        """Add one reading, None when it was no distance.

        Return None, ("in", confidence), ("out", confidence), or ("ambiguous", duration in ms).
        """
        if self._pending is not None:
            outcome, self._pending = self._pending, None
            return outcome  # this reading comes 30 ms later again
        above_mm = self._above(at_ms, zone, distance_mm)
        outcome = None
        if above_mm:
            if self.is_busy and self._is_another(at_ms, zone, above_mm):
                outcome = self._end()
            self._seen_ms = at_ms
            first_ms = self._first_ms(at_ms, zone, above_mm)
            if not self.is_busy:
                self._begin(first_ms)
            if self._has_seen(zone) and self._above_mm[1 - zone]:
                stay_ms = _since(self._body._start_ms, at_ms)
                self._patience_ms = min(max(_FREE_MS, stay_ms >> 3), _APART_MS)
            self._rest.add(first_ms, at_ms, zone, above_mm)
        elif not self.is_busy:
            return None
        return outcome or self._follow(at_ms, max(self._above_mm[0], self._above_mm[1]))

    def _first_ms(self, at_ms, zone, above_mm):
        """Return since when a zone sees who is there: it may have seen their high head first."""
        high_ms, self._high_ms[zone] = self._high_ms[zone], None
        if high_ms is None or above_mm < _SHOULDERS_MM:
            return at_ms
        return high_ms if _since(high_ms, at_ms) <= _HEAD_FREE_MS else at_ms

    def _above(self, at_ms, zone, distance_mm):
        """Return how high it stands in the zone above the floor, 0 when nobody is there."""
        above_mm = self._idle_mm[zone] - distance_mm if distance_mm is not None else None
        if above_mm is not None and above_mm >= _TALLEST_MM:
            if self._above_mm[zone] >= _SHOULDERS_MM:
                above_mm = _TALLEST_MM - 1  # their head
            elif self._high_ms[zone] is None:
                self._high_ms[zone] = at_ms
        if above_mm is None or above_mm >= _TALLEST_MM:
            self._weak[zone] += 1
            if self._weak[zone] > _WEAK_READINGS:
                self._above_mm[zone] = 0
            return 0
        is_there = above_mm >= _PRESENT_MM
        # one reading after a gap may be noise: it counts when the zone sees somebody again
        is_glimpse = is_there and self._is_new(at_ms, zone)
        self._weak[zone] = -1 if is_glimpse else 0
        self._above_mm[zone] = above_mm if is_there and not is_glimpse else 0
        if not self._above_mm[zone]:
            self._high_ms[zone] = None
        return self._above_mm[zone]

    def _is_new(self, at_ms, zone):
        """Tell whether a zone sees somebody for the first time after they were out of view."""
        if not self.is_busy or self._weak[zone] < 0 or self._high_ms[zone] is not None:
            return False
        return _since(self._seen_ms, at_ms) > (_LOST_MS if self.is_one_sided else _AWAY_MS)

    def _is_another(self, at_ms, zone, above_mm):
        """Tell whether it is not what one zone saw and the other one is still waited for."""
        patience_ms = _FREE_MS if self.is_one_sided else self._patience_ms
        if patience_ms > _AWAY_MS:
            patience_ms += _ROUND_MS  # their first reading was taken for a glimpse
        if _since(self._seen_ms, at_ms) <= patience_ms:
            return False
        return self._has_seen(zone) or above_mm > self._peak_mm + _FALL_MM

    @property
    def is_one_sided(self):
        """Whether only one zone has seen who is there."""
        return not self._has_seen(0) or not self._has_seen(1)

    def _has_seen(self, zone):
        return self._body.has(zone) or self._next.has(zone) or self._rest.has(zone)

    def _begin(self, at_ms):
        self.is_busy = True
        self._body.clear(at_ms)
        self._next.clear(at_ms)
        self._rest.clear(at_ms)
        self._peak_mm = 0
        self._valley_mm = 0
        self._was_seen = True
        self._patience_ms = _APART_MS

    def _follow(self, at_ms, above_mm):
        """Follow the highest view: a fall and a rise may be the next person."""
        if min(above_mm, self._peak_mm) > self._valley_mm + _FALL_MM:
            outcome = None
            if self._next.has(0) and self._next.has(1):
                outcome = self._join_or_part(self._was_seen)
                self._was_seen = self._valley_mm > 0
                self._next, self._rest = self._rest, self._next
            else:  # half a person: this is the other half, or they again
                self._next.take(self._rest)
            self._rest.clear(at_ms)
            self._peak_mm = self._valley_mm = above_mm
            return outcome
        if above_mm >= self._peak_mm:
            self._peak_mm = self._valley_mm = above_mm
            self._next.take(self._rest)
        elif above_mm < self._valley_mm:
            self._valley_mm = above_mm
            self._next.take(self._rest)
        patience_ms = _HALF_FREE_MS if self.is_one_sided else self._patience_ms
        is_glimpsed = min(self._weak[0], self._weak[1]) < 0
        if above_mm == 0 and not is_glimpsed and _since(self._seen_ms, at_ms) >= patience_ms:
            return self._end()
        return None

    def _join_or_part(self, was_seen):
        """Add `_next` to the body, or return the body's outcome when `_next` is another one."""
        outcome = None
        if self._body.is_followed_by(self._next, was_seen):
            outcome = self._body.outcome(self._idle_mm[0])
            self._body, self._next = self._next, self._body
        else:
            self._body.take(self._next)
        return outcome

    def _end(self):
        self._next.take(self._rest)
        self.is_busy = False
        outcome = self._join_or_part(self._was_seen)
        last = self._body.outcome(self._idle_mm[0])
        half = None
        if last is None and self._body.is_one_sided:
            if self._is_soon_after(self._passed_ms):
                last = ("ambiguous", _since(self._body._start_ms, self._seen_ms))
            self._half_ms = self._seen_ms
        elif last is not None:
            if self._is_soon_after(self._half_ms):
                half = ("ambiguous", _since(self._half_ms, self._body._start_ms))
            self._passed_ms = self._seen_ms
        if outcome is None:
            outcome, last = last, half
        self._pending = last
        return outcome

    def _is_soon_after(self, at_ms):
        return at_ms is not None and 0 <= _since(at_ms, self._body._start_ms) < _SOON_MS


class _Body:
    """The readings of one body in both zones, summed up."""

    def __init__(self):
        self._start_ms = 0
        self._count = [0, 0]
        self._weight = [0, 0]
        self._moment = [0, 0]  # weight times milliseconds since the start
        self._on_ms = [0, 0]
        self._off_ms = [0, 0]
        self._peak_mm = [0, 0]
        self._lows = 0  # how many of its readings were as low as a pram or a bag

    def clear(self, at_ms):
        self._start_ms = at_ms
        self._lows = 0
        for zone in (0, 1):
            self._count[zone] = self._weight[zone] = self._moment[zone] = self._peak_mm[zone] = 0

    def add(self, on_ms, at_ms, zone, above_mm):
        """Add a reading; the zone sees them since on_ms."""
        first_ms = _since(self._start_ms, on_ms)
        since_ms = _since(self._start_ms, at_ms)
        self._extend(zone, first_ms, since_ms)
        readings = 1 + (since_ms - first_ms + _ROUND_MS // 2) // _ROUND_MS
        if readings > 1:  # their high head, and now their shoulders
            above_mm = _TALLEST_MM - 1
        self._count[zone] += readings
        weight = max(above_mm - _LIGHT_MM, _LEAST_WEIGHT) * readings
        if since_ms < _SLOW_MS:  # beyond, the sums are not used and would outgrow small integers
            self._weight[zone] += weight
            self._moment[zone] += weight * (first_ms + since_ms) // 2
        self._peak_mm[zone] = max(self._peak_mm[zone], above_mm)
        if above_mm < _SMALL_MM:
            self._lows += 1

    def has(self, zone):
        """Tell whether a zone has seen it."""
        return self._count[zone] > 0

    @property
    def is_one_sided(self):
        """Whether only one zone saw it, and it is no pram."""
        return self.has(0) != self.has(1) and max(self._peak_mm[0], self._peak_mm[1]) > _SMALL_MM

    def take(self, other):
        """Take over the readings of another one, which came later."""
        shift_ms = _since(self._start_ms, other._start_ms)
        for zone in (0, 1):
            if not other._count[zone]:
                continue
            self._extend(zone, other._on_ms[zone] + shift_ms, other._off_ms[zone] + shift_ms)
            self._count[zone] += other._count[zone]
            if other._off_ms[zone] + shift_ms < _SLOW_MS:
                self._weight[zone] += other._weight[zone]
                self._moment[zone] += other._moment[zone] + other._weight[zone] * shift_ms
            self._peak_mm[zone] = max(self._peak_mm[zone], other._peak_mm[zone])
        self._lows += other._lows
        other.clear(other._start_ms)

    def _extend(self, zone, on_ms, off_ms):
        is_glimpse = self._count[zone] == 1 and on_ms - self._off_ms[zone] > _FREE_MS
        if not self._count[zone] or is_glimpse:
            self._on_ms[zone] = on_ms
        self._off_ms[zone] = off_ms

    def is_followed_by(self, other, was_seen):
        """Tell whether the other one is the next person in the same direction.

        was_seen says that the view never got free between them: then both have to keep step.
        """
        if not self.has(0) or not self.has(1):
            return False
        lead_ms = self._direction()
        if lead_ms == 0:
            return False
        forth = 1 if lead_ms > 0 else -1
        other_ms = forth * other._mean_lead_ms()
        if not was_seen:
            return other_ms > 0 and other._is_new(self)
        if not self._keeps_step(other):
            return False
        # who only sways is above the second zone when they rise again
        first_ms = forth * (other._on_ms[1] - other._on_ms[0])
        return first_ms >= _CLEAR_MS and 3 * other_ms > abs(lead_ms)

    def _is_new(self, other):
        """Tell whether it is not the other one again, who stands between the zones and sways."""
        gap_ms = _since(other._start_ms, self._start_ms) + min(self._on_ms[0], self._on_ms[1])
        gap_ms -= max(other._off_ms[0], other._off_ms[1])
        sways = max(other._on_ms[0], other._on_ms[1]) > min(other._off_ms[0], other._off_ms[1])
        if not sways:  # or has been in each zone twice, with fewer readings than in both at once
            readings_ms = (other._count[0] + other._count[1]) * _ROUND_MS
            sways = readings_ms <= other._duration_ms() + _ROUND_MS
        is_close = sways and 4 * gap_ms < other._duration_ms()
        return not is_close and other._stretch_ms() <= _STRETCH_MS

    def _keeps_step(self, other):
        """Tell whether it has gone through and both take about as long: who stands below the sensor
        only sways."""
        first = abs(self._on_ms[1] - self._on_ms[0])
        last = abs(self._off_ms[1] - self._off_ms[0])
        if min(first, last) < _CLEAR_MS:
            return False  # at one end no zone was ahead
        duration_ms = self._duration_ms()
        return duration_ms <= _BRISK_MS and 2 * other._duration_ms() <= 3 * duration_ms

    def outcome(self, idle_mm):
        """Tell what it was, or None for nobody and for who turned back."""
        if not self._count[0] or not self._count[1]:
            return None  # touched one side only
        height_mm = max(self._peak_mm[0], self._peak_mm[1])
        if height_mm < _SMALLEST_MM or self._count[0] + self._count[1] < _FEW_READINGS:
            return None
        zone_mm = (idle_mm - height_mm) * _ZONE_TAN_256 >> 8
        if height_mm < _SMALL_MM and self._length_mm(zone_mm) > _PRAM_MM:
            return None
        duration_ms = self._duration_ms()
        direction = self._direction()
        if direction == 0:
            # two who crossed look like one who turned back
            return ("ambiguous", duration_ms) if duration_ms < _BRISK_MS else None
        if duration_ms < _ODD_MS and self._is_odd(zone_mm):
            return ("ambiguous", duration_ms)
        confidence = min(99, 50 + 50 * abs(direction) // _SURE_LEAD_MS)
        return ("in" if direction > 0 else "out", confidence)

    def _is_odd(self, zone_mm):
        """Tell whether one body would have to be long and yet run."""
        if self._lows >= _FEW_READINGS:
            return False  # a pram or a bag is ahead of somebody
        if max(self._peak_mm[0], self._peak_mm[1]) > _HEAD_MM:
            return False  # right below: whom they pass, they do not stand under
        lead_ms = abs(self._lead_ms())
        late_ms = _LATE_MS if lead_ms > _NEXT_MS else _LATER_MS
        runs = 1000 * zone_mm > _RUN_MM_S * (lead_ms + late_ms)
        return runs and self._length_mm(zone_mm, late_ms) > _LONG_MM

    def _stretch_ms(self):
        """Return how much more the zones differ at the end than at the begin, or the reverse."""
        return abs(self._off_ms[1] - self._off_ms[0] - self._on_ms[1] + self._on_ms[0])

    def _duration_ms(self):
        if not self.has(0) or not self.has(1):
            zone = 0 if self.has(0) else 1
            return self._off_ms[zone] - self._on_ms[zone]
        return max(self._off_ms[0], self._off_ms[1]) - min(self._on_ms[0], self._on_ms[1])

    def _length_mm(self, zone_mm, late_ms=0):
        """Return how long it is, from the time it takes and the time between the zones."""
        lead_ms = abs(self._lead_ms())
        stay_ms = (self._off_ms[0] - self._on_ms[0] + self._off_ms[1] - self._on_ms[1]) // 2
        return zone_mm * (stay_ms + 62 - lead_ms) // max(1, lead_ms + late_ms)

    def _lead_ms(self):
        first = self._on_ms[1] - self._on_ms[0]
        last = self._off_ms[1] - self._off_ms[0]
        lead_ms = (first + last) // 2
        if max(self._off_ms[0], self._off_ms[1]) < _SLOW_MS:
            lead_ms = (lead_ms + self._mean_lead_ms()) // 2
        return lead_ms

    def _mean_lead_ms(self):
        if not self._weight[0] or not self._weight[1]:
            return 0
        return self._moment[1] // self._weight[1] - self._moment[0] // self._weight[0]

    def _direction(self):
        """Return how much earlier zone 0 saw it than zone 1; 0 when it turned back or is unsure."""
        first = self._on_ms[1] - self._on_ms[0]
        last = self._off_ms[1] - self._off_ms[0]
        lead_ms = self._lead_ms()
        # one zone saw it only in the midst of the other
        is_clear = min(abs(first), abs(last)) >= _CLEAR_MS
        is_inside = is_clear or abs(first - last) // 2 > abs(lead_ms) + _UNSURE_LEAD_MS
        if first * last <= 0 and is_inside:
            mean_ms = self._mean_lead_ms()  # a pram is in one zone while its owner is in the other
            has_pram = self._lows >= _FEW_READINGS
            return mean_ms if has_pram and abs(mean_ms) >= _CLEAR_MS else 0
        return lead_ms if abs(lead_ms) >= _UNSURE_LEAD_MS else 0


def _since(first, last):
    """Return the milliseconds from one value of the ticks to another."""
    return (last - first + _HALF_TICKS & _TICKS_MASK) - _HALF_TICKS
