"""Which status of a device is the newer one."""

from cloud.app.domain.device_status import is_newer

ONLINE = {"state": "online", "boot": 5, "up": 60_000}
WILL = {"state": "offline", "boot": 5}


def test_the_first_status_is_news() -> None:
    assert is_newer(ONLINE, None)


def test_a_later_heartbeat_is_news_and_a_repeated_or_earlier_one_is_not() -> None:
    assert is_newer({**ONLINE, "up": 90_000}, ONLINE)
    assert not is_newer(ONLINE, ONLINE)
    assert not is_newer({**ONLINE, "up": 30_000}, ONLINE)


def test_a_birth_of_a_later_boot_is_news_though_its_uptime_is_low() -> None:
    assert is_newer({**ONLINE, "boot": 6, "up": 10}, ONLINE)


def test_the_will_of_this_boot_is_news_and_that_of_an_earlier_one_is_not() -> None:
    assert is_newer(WILL, ONLINE)
    assert not is_newer({**WILL, "boot": 4}, ONLINE)
