"""Which of two status messages of a device is the newer one."""

from collections.abc import Mapping


def is_newer(status: Mapping[str, object], known: Mapping[str, object] | None) -> bool:
    """Tell whether a status says something that `known`, the last birth or heartbeat, did not.

    Messages can overtake each other, and a retained one is old. A last will speaks for the whole
    boot, so it yields only to a later boot.
    """
    if known is None:
        return True
    if status["state"] == "offline":
        return _number(status, "boot") >= _number(known, "boot")
    return _moment(status) > _moment(known)


def _moment(status: Mapping[str, object]) -> tuple[int, int]:
    return _number(status, "boot"), _number(status, "up")


def _number(status: Mapping[str, object], name: str) -> int:
    value = status[name]
    if not isinstance(value, int):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}")
    return value
