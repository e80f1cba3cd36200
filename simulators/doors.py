"""Boards for the simulated town: virtual ones that run the firmware, else a stand-in in CPython."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import click

from simulators.board.interpreter import NoInterpreter, micropython
from simulators.device import Credential, SimulatedDevice

SHOPBELL = str(Path(sys.executable).parent / "shopbell")


class Board(Protocol):
    """A door device that can be driven."""

    def open_door(self) -> None:
        """Open the door."""

    def close_door(self) -> None:
        """Close the door."""

    def walk_in(self) -> object:
        """Let a person in."""

    def walk_out(self) -> object:
        """Let a person out."""

    def close(self) -> None:
        """End it."""


def start_board(credential: Credential, flash: Path) -> Board:
    """Return a running board that signs in with this credential."""
    try:
        micropython()
        return _virtual_board(credential, flash)
    except (NoInterpreter, subprocess.CalledProcessError) as error:
        click.echo(f"no virtual board, the door is played by CPython instead: {error}")
        device = SimulatedDevice(credential)
        device.start()
        return device


def _virtual_board(credential: Credential, flash: Path) -> Board:
    # here: the module needs pseudo-terminals, which not every system has
    from simulators.board.board import VirtualBoard

    board = VirtualBoard(flash)
    board.power_on()
    try:
        _device("deploy", "--port", board.port)
        # at every start: the time server has another port each time
        _device(
            "provision",
            *("--port", board.port, "--device", credential.username),
            *("--mqtt-host", credential.host, "--mqtt-port", str(credential.port)),
            *("--mqtt-user", credential.username, "--ntp", f"127.0.0.1:{board.time_server.port}"),
            SHOPBELL_MQTT_PASSWORD=credential.password,
        )
    except subprocess.CalledProcessError:
        board.close()
        raise
    return board


def _device(command: str, *arguments: str, **environment: str) -> None:
    """Run `shopbell device`, as one would for a real board."""
    subprocess.run(
        [SHOPBELL, "device", command, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        check=True,
    )
