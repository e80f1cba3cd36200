"""When an event happened: by the device's clock, by its boot's start, or when it reached us."""

from typing import Literal

TimeSource = Literal["device", "boot", "received"]

# A clock may run ahead of ours by this much; what claims to be later has a wrong clock.
FUTURE_TOLERANCE_MS = 5 * 60 * 1000
# A clock that is set right during a boot moves the boot's start; beyond this it is another boot.
CLOCK_CORRECTION_MS = 60 * 60 * 1000
# No device was in the field before 2024: an earlier time is a clock that was never set.
EARLIEST_MS = 1_704_067_200_000


def boot_start_ms(at_ms: int | None, up_ms: int, now_ms: int) -> int | None:
    """Return when the boot began, from one moment on both clocks; None when `at_ms` is no use."""
    return at_ms - up_ms if at_ms is not None and is_plausible(at_ms, now_ms) else None


def date_event(
    at_ms: int | None, up_ms: int, started_at_ms: int | None, now_ms: int
) -> tuple[int, TimeSource]:
    """Return the Unix time in ms of an event received at `now_ms`, never later than that, and how
    it was found."""
    if at_ms is not None and is_plausible(at_ms, now_ms):
        return min(at_ms, now_ms), "device"
    if started_at_ms is not None and is_plausible(started_at_ms + up_ms, now_ms):
        return min(started_at_ms + up_ms, now_ms), "boot"
    return now_ms, "received"


def is_of_another_start(
    at_ms: int | None, up_ms: int, started_at_ms: int | None, now_ms: int
) -> bool:
    """Tell whether an event shows that its boot began at quite another time than is known: two
    boots share a number."""
    start = boot_start_ms(at_ms, up_ms, now_ms)
    if start is None or started_at_ms is None:
        return False
    return abs(start - started_at_ms) > CLOCK_CORRECTION_MS


def is_plausible(at_ms: int, now_ms: int) -> bool:
    """Tell whether a device that is read at `now_ms` can mean this time."""
    return EARLIEST_MS <= at_ms <= now_ms + FUTURE_TOLERANCE_MS
