"""`wire/README.md` names everything that `wire` knows."""

from pathlib import Path

import pytest

from wire import down, messages, topics

README = (Path(__file__).parents[2] / "wire" / "README.md").read_text()


def _names() -> list[str]:
    names = [*topics.UP, *topics.DOWN, *messages.EVENT_KINDS]
    for fields in messages.EVENT_KINDS.values():
        names += fields
    for table in ("_EVENT", "_BATCH", "_ONLINE", "_OPTIONAL", "_SENSOR", "_REPLY"):
        names += getattr(messages, f"{table}_FIELDS")
    for table in ("_ACK", "_COMMAND"):
        names += getattr(down, f"{table}_FIELDS")
    return sorted(set(names))


@pytest.mark.parametrize("name", _names())
def test_the_reference_names(name: str) -> None:
    assert f"`{name}`" in README or f'"{name}":' in README


def test_the_reference_states_the_limits() -> None:
    assert str(messages.PAYLOAD_MAX_BYTES) in README
    assert f"1 to {messages.BATCH_MAX_EVENTS} events" in README
    assert f"1 to {topics.DEVICE_ID_MAX_LENGTH} of" in README
