"""Boards with other sensors than one VL53L1X, from the doorway to the cloud."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from simulators.board.board import XSHUT_PIN, SensorKind, VirtualBoard
from simulators.board.install import know_the_floor, leave_settings
from simulators.board.rig import Broker, Cloud, wait_until
from simulators.board.vl53l1x import FROZEN

SECOND_PIN = 33
Make = Callable[[SensorKind], VirtualBoard]


@pytest.fixture
def make(firmware_flash: Path, broker: Broker, cloud: Cloud, tmp_path: Path) -> Iterator[Make]:
    """Make a board in service with two sensors of a kind."""
    with ExitStack() as stack:

        def run(kind: SensorKind) -> VirtualBoard:
            flash = tmp_path / "flash"
            shutil.copytree(firmware_flash, flash)
            know_the_floor(flash, sensors=2)
            pins = (XSHUT_PIN, SECOND_PIN)
            board = stack.enter_context(VirtualBoard(flash, sensor=kind, xshut=pins))
            mqtt = {"host": "127.0.0.1", "port": broker.port}
            more = {"sensor": kind, "pins": {"xshut": list(pins)}}
            leave_settings(board, {"device": "front", "mqtt": mqtt, **more})
            board.power_on()
            return board

        yield run


def _passages(cloud: Cloud) -> list[tuple[int, str]]:
    return [(passage["sensor"], passage["direction"]) for passage in cloud.kinds("passage")]


def test_two_sensors_on_one_board_count_their_own_doorways(make: Make, cloud: Cloud) -> None:
    board = make("vl53l1x")
    wait_until(lambda: board.is_counting)

    board.walk_in(doorway=0)
    board.walk_out(doorway=1)
    wait_until(lambda: len(_passages(cloud)) == 2)

    assert sorted(_passages(cloud)) == [(0, "in"), (1, "out")]


def test_a_sensor_that_freezes_is_started_anew_at_its_own_address(make: Make, cloud: Cloud) -> None:
    board = make("vl53l1x")
    wait_until(lambda: board.is_counting)

    frozen = board.hardware.sensors[SECOND_PIN]
    frozen.fault = FROZEN
    wait_until(lambda: frozen.fault is None)  # XSHUT has thawed it
    wait_until(lambda: not frozen.answers(0x29))
    board.walk_in(doorway=0)
    board.walk_in(doorway=1)
    wait_until(lambda: len(_passages(cloud)) == 2)

    assert sorted(_passages(cloud)) == [(0, "in"), (1, "in")]


def test_a_pair_of_the_cheaper_sensor_counts_both_directions(make: Make, cloud: Cloud) -> None:
    board = make("vl53l0x")
    wait_until(lambda: board.is_counting)

    board.walk_in()
    wait_until(lambda: len(_passages(cloud)) == 1)
    board.walk_out()
    wait_until(lambda: len(_passages(cloud)) == 2)

    assert _passages(cloud) == [(0, "in"), (0, "out")]
