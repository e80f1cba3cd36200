"""A board on a network that drops, delays, half-opens and lies about names."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.board.board import VirtualBoard
from simulators.board.install import know_the_floor, leave_settings
from simulators.board.network import Line
from simulators.board.rig import Broker, Cloud, wait_until

BROKER_NAME = "broker.example"


@pytest.fixture
def line(broker: Broker) -> Iterator[Line]:
    line = Line(broker.port)
    yield line
    line.close()


@pytest.fixture
def board(firmware_flash: Path, line: Line, cloud: Cloud, tmp_path: Path) -> Iterator[VirtualBoard]:
    """A board that reaches its broker by a name and over a line."""
    flash = tmp_path / "flash"
    shutil.copytree(firmware_flash, flash)
    with VirtualBoard(flash) as board:
        board.names.lies[BROKER_NAME] = "127.0.0.1"
        mqtt = {"host": BROKER_NAME, "port": line.port}
        leave_settings(board, {"device": "front", "mqtt": mqtt})
        board.power_on()
        yield board


def _births(cloud: Cloud) -> int:
    return sum(status["state"] == "online" for status in list(cloud.statuses))


def _wait_for_doors(cloud: Cloud, count: int) -> None:
    wait_until(lambda: len(cloud.kinds("door")) == count)


def test_a_link_that_is_dropped_returns_and_nothing_is_lost(
    board: VirtualBoard, line: Line, cloud: Cloud
) -> None:
    wait_until(lambda: _births(cloud) == 1)
    wait_until(lambda: len(cloud.kinds("door")) == 1)

    for number in range(4):
        (board.close_door if number % 2 else board.open_door)()
        line.drop()
        _wait_for_doors(cloud, number + 2)

    assert [door["open"] for door in cloud.kinds("door")] == [0, 1, 0, 1, 0]
    assert line.connections > 1


def test_a_wifi_that_goes_away_and_returns_costs_neither_an_event_nor_a_restart(
    board: VirtualBoard, cloud: Cloud
) -> None:
    wait_until(lambda: _births(cloud) == 1)
    wait_until(lambda: len(cloud.kinds("door")) == 1)

    board.wifi_down()
    wait_until(lambda: "link: lost, Wi-Fi" in board.console)
    board.open_door()
    wait_until(lambda: b'"open":1' in board.hardware.rtc_memory)
    board.wifi_up()
    wait_until(lambda: len(cloud.kinds("door")) == 2)

    assert len({status["boot"] for status in cloud.statuses}) == 1


def test_what_happens_on_a_half_open_link_arrives_when_it_is_whole_again(
    board: VirtualBoard, line: Line, cloud: Cloud
) -> None:
    wait_until(lambda: _births(cloud) == 1)
    wait_until(lambda: len(cloud.kinds("door")) == 1)

    line.hold()
    board.open_door()
    wait_until(lambda: b'"open":1' in board.hardware.rtc_memory)
    line.drop()  # the board gives up before: in simulated time, see check_link.py
    line.release()
    wait_until(lambda: len(cloud.kinds("door")) == 2)

    assert [door["open"] for door in cloud.kinds("door")] == [0, 1]


def test_a_slow_link_is_a_link(board: VirtualBoard, line: Line, cloud: Cloud) -> None:
    line.delay_s = 0.3
    board.press_reset()
    wait_until(lambda: _births(cloud) >= 1 and cloud.kinds("door"))


def test_people_are_counted_while_no_name_server_answers(
    board: VirtualBoard, line: Line, cloud: Cloud
) -> None:
    wait_until(lambda: _births(cloud) == 1 and board.is_counting)
    boots = {status["boot"] for status in cloud.statuses}

    board.names.is_silent = True
    line.drop()
    asked = board.names.asked
    wait_until(lambda: board.names.asked > asked)
    board.walk_in()
    wait_until(lambda: b'"passage"' in board.hardware.rtc_memory)
    board.names.is_silent = False
    wait_until(lambda: cloud.kinds("passage"))

    assert [passage["direction"] for passage in cloud.kinds("passage")] == ["in"]
    assert {status["boot"] for status in cloud.statuses} == boots


def test_people_are_counted_while_a_local_name_is_nobodys_and_it_is_found_when_it_is_somebodys(
    board: VirtualBoard, line: Line, cloud: Cloud
) -> None:
    board.power_cut()
    mqtt = {"host": "broker.local", "port": line.port}
    leave_settings(board, {"device": "front", "mqtt": mqtt})
    know_the_floor(board.flash)
    board.power_on()

    wait_until(lambda: board.neighbours.asked and board.is_counting)
    board.walk_in()
    wait_until(lambda: b'"passage"' in board.hardware.rtc_memory)
    board.neighbours.addresses["broker.local"] = "127.0.0.1"
    wait_until(lambda: cloud.kinds("passage"))

    assert [passage["direction"] for passage in cloud.kinds("passage")] == ["in"]


def test_a_name_that_is_lied_about_is_asked_for_again(
    board: VirtualBoard, line: Line, cloud: Cloud
) -> None:
    wait_until(lambda: _births(cloud) == 1)
    names = board.names

    names.lies[BROKER_NAME] = None
    line.drop()
    wait_until(lambda: "link: lost" in board.console)
    names.lies[BROKER_NAME] = "127.0.0.77"  # where nobody listens
    wait_until(lambda: cloud.statuses[-1]["state"] != "online")
    names.lies[BROKER_NAME] = "127.0.0.1"
    wait_until(lambda: _births(cloud) == 2)
