"""Home Assistant's discovery: off by default, announced and retained when on, removed when off."""

import json
from collections.abc import Callable, Iterator

import paho.mqtt.client as mqtt
import pytest
from click.testing import CliRunner
from paho.mqtt import publish
from paho.mqtt.enums import CallbackAPIVersion

from edge.tools.cli import device
from simulators.board.board import VirtualBoard
from simulators.board.rig import Broker, Cloud, wait_until
from wire.home import ENTITIES, FILTERS, FORMER, config_topic, state_topic


@pytest.fixture
def retained(broker: Broker) -> Iterator[dict[str, bytes]]:
    """What somebody who connects now would find on the topics of Home Assistant."""
    found: dict[str, bytes] = {}

    def on_connect(client: mqtt.Client, *_: object) -> None:
        client.subscribe([(name, 1) for name in FILTERS])

    def on_message(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        found[message.topic] = bytes(message.payload)
        if not message.payload:
            del found[message.topic]  # removed

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_connect, client.on_message = on_connect, on_message
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    yield found
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def switch(board: VirtualBoard, cloud: Cloud) -> Callable[[str], None]:
    """Switch discovery on or off over USB, and wait until the board is back."""

    def run(value: str) -> None:
        births = len(cloud.statuses)
        arguments = ["configure", "--port", board.port, f"home_assistant={value}"]
        result = CliRunner().invoke(device, arguments)
        assert result.exit_code == 0, result.output
        wait_until(lambda: any(s["state"] == "online" for s in cloud.statuses[births:]))

    return run


def test_a_board_says_nothing_to_home_assistant_by_itself(
    board: VirtualBoard, cloud: Cloud, retained: dict[str, bytes]
) -> None:
    wait_until(lambda: cloud.kinds("door"))

    assert retained == {}


def test_each_entity_is_announced_and_its_state_follows(
    board: VirtualBoard,
    cloud: Cloud,
    retained: dict[str, bytes],
    switch: Callable[[str], None],
) -> None:
    wait_until(lambda: cloud.statuses)
    switch("true")
    state = state_topic("front")
    wait_until(lambda: len(retained) == len(ENTITIES) + 1 and board.is_counting)

    board.open_door()
    board.walk_in()
    wait_until(lambda: json.loads(retained[state])["entries"] == 1)
    board.walk_out()
    expected = {"door": 1, "motion": 1, "entries": 1, "exits": 1}
    wait_until(lambda: json.loads(retained[state]) == expected)

    configs = {name: json.loads(retained[config_topic("front", *name)]) for name in ENTITIES}
    assert len({config["unique_id"] for config in configs.values()}) == len(ENTITIES)
    door = configs["binary_sensor", "door"]
    assert (door["state_topic"], door["device_class"]) == (state, "door")
    assert door["availability"][0]["topic"] == "shopbell/1/front/status"
    assert configs["binary_sensor", "problem"]["state_topic"] == "shopbell/1/front/status"


def test_what_was_announced_is_removed_when_it_is_switched_off(
    board: VirtualBoard,
    broker: Broker,
    cloud: Cloud,
    retained: dict[str, bytes],
    switch: Callable[[str], None],
) -> None:
    wait_until(lambda: cloud.statuses)
    earlier = config_topic("front", *FORMER[0])
    publish.single(earlier, "as earlier firmware has it", qos=1, retain=True, port=broker.port)
    wait_until(lambda: earlier in retained)

    switch("true")
    wait_until(lambda: len(retained) == len(ENTITIES) + 1)
    assert earlier not in retained
    switch("false")
    wait_until(lambda: not retained)

    assert not (board.flash / "home-assistant").exists()
