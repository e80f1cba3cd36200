"""Whether somebody may be near the door, as contact and motion sensor tell."""

from micropython import const

_QUIET_AFTER_MS = const(5000)  # who has moved the door is still there


class Presence:
    """Asks the door and the PIR."""

    def __init__(self, door, pir):
        self._door = door
        self._pir = pir

    def is_quiet(self):
        """Tell whether both say that nobody is there."""
        return not self._pir.is_active and self._door.still.ms() >= _QUIET_AFTER_MS
