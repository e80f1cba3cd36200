"""Each reading as a line on the console, to be replayed on a computer (`edge/tools/replay.py`).

A board records while the file /trace is on its flash. `idle` begins a trace and says where the
floor is; then each `t` has the sensor, the milliseconds, the zone and the distance, or a `-`.
"""


class Trace:
    """The trace of one sensor."""

    def __init__(self, index):
        self._index = index

    def idle(self, idle_mm):
        print("trace 1 sensor %d idle %d %d" % (self._index, idle_mm[0], idle_mm[1]))

    def reading(self, at_ms, zone, distance_mm):
        distance = "-" if distance_mm is None else distance_mm
        print("t", self._index, at_ms, zone, distance)
