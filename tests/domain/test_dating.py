"""When an event happened, whatever the device's clock says."""

from cloud.app.domain.dating import FUTURE_TOLERANCE_MS, boot_start_ms, date_event

NOW = 1_795_179_450_000
DAY = 86_400_000


def test_a_device_with_a_clock_dates_its_events() -> None:
    assert date_event(NOW - 3 * DAY, 5000, None, NOW) == (NOW - 3 * DAY, "device")


def test_a_clock_slightly_ahead_never_dates_into_the_future() -> None:
    assert date_event(NOW + 2000, 5000, None, NOW) == (NOW, "device")


def test_a_clock_far_ahead_is_not_believed() -> None:
    ahead = NOW + FUTURE_TOLERANCE_MS + 1
    assert date_event(ahead, 5000, None, NOW) == (NOW, "received")
    assert date_event(ahead, 5000, NOW - 60_000, NOW) == (NOW - 55_000, "boot")


def test_a_clock_of_1970_or_2000_is_not_believed() -> None:
    for at in (0, 5021, 946_684_800_000):
        assert date_event(at, 5000, None, NOW) == (NOW, "received")


def test_without_a_clock_the_start_of_the_boot_dates_the_event() -> None:
    assert date_event(None, 5000, NOW - 60_000, NOW) == (NOW - 55_000, "boot")


def test_an_uptime_that_cannot_be_is_dated_as_received() -> None:
    assert date_event(None, 2**53 - 1, NOW - 60_000, NOW) == (NOW, "received")


def test_one_moment_on_both_clocks_tells_when_the_boot_began() -> None:
    assert boot_start_ms(NOW, 5000, NOW) == NOW - 5000
    assert boot_start_ms(None, 5000, NOW) is None
    assert boot_start_ms(5021, 5000, NOW) is None
