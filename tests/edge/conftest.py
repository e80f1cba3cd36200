"""A Mosquitto on a spare port, a cloud that acknowledges, and boards with the firmware."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.board.board import VirtualBoard
from simulators.board.install import device_command, know_the_floor, leave_settings
from simulators.board.rig import Broker, Cloud


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.stop()


@pytest.fixture
def cloud(broker: Broker) -> Iterator[Cloud]:
    cloud = Cloud(broker.port)
    yield cloud
    cloud.close()


@pytest.fixture(scope="session")
def firmware_flash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flash on which `shopbell device deploy` has put the firmware, to be copied."""
    flash = tmp_path_factory.mktemp("firmware") / "flash"
    with VirtualBoard(flash) as board:
        board.power_on()
        device_command(board, "deploy")
    return flash


@pytest.fixture
def board(
    firmware_flash: Path, broker: Broker, cloud: Cloud, tmp_path: Path
) -> Iterator[VirtualBoard]:
    """A board that was set up for the broker, knows the floor, and has just been switched on."""
    flash = tmp_path / "flash"
    shutil.copytree(firmware_flash, flash)
    know_the_floor(flash)
    with VirtualBoard(flash) as board:
        mqtt = {"host": "127.0.0.1", "port": broker.port}
        leave_settings(board, {"device": "front", "mqtt": mqtt})
        board.power_on()
        yield board
