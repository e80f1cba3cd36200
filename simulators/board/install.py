"""Set a virtual board up through its serial port, with the very tools that set up a real one."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from simulators.board.board import VirtualBoard
from simulators.board.interpreter import program

_TIMEOUT_S = 300
_NAMED = {"device", "mqtt", "wifi", "ntp", "boot_start"}


class InstallError(Exception):
    """`shopbell device` failed; the text is what it said."""


def install(board: VirtualBoard, settings: dict[str, Any]) -> None:
    """Deploy the firmware and write the settings; the board restarts into service."""
    device_command(board, "deploy")
    provision(board, settings)


def provision(board: VirtualBoard, settings: dict[str, Any]) -> None:
    """Write the settings (as in `config.example.json`), with the board's own time server."""
    mqtt, wifi = settings["mqtt"], settings.get("wifi", {})
    more = {key: value for key, value in settings.items() if key not in _NAMED}
    arguments = ["--device", settings["device"], "--mqtt-host", mqtt["host"]]
    arguments += ["--mqtt-port", str(mqtt.get("port", 1883))]
    arguments += ["--mqtt-user", mqtt["user"]] if mqtt.get("user") else []
    arguments += ["--ca", mqtt["ca"]] if mqtt.get("ca") else []
    arguments += ["--wifi-ssid", wifi.get("ssid", ""), "--more", json.dumps(more)]
    arguments += ["--ntp", f"127.0.0.1:{board.time_server.port}"]
    # by the environment: an argument is visible to every process of the machine
    secrets = {
        "SHOPBELL_MQTT_PASSWORD": mqtt.get("password") or "",
        "SHOPBELL_WIFI_PASSWORD": wifi.get("password") or "",
    }
    device_command(board, "provision", *arguments, environment=secrets)


def leave_settings(board: VirtualBoard, settings: dict[str, Any]) -> None:
    """Leave in the flash of a board without power what `provision` writes: no tool, no restart."""
    written = {
        **settings,
        "boot_start": int(time.time()),
        "wifi": {"ssid": "", "password": ""} | settings.get("wifi", {}),
        "mqtt": {"user": None, "password": None, "ca": None} | settings["mqtt"],
        "ntp": {"host": "127.0.0.1", "port": board.time_server.port},
    }
    (board.flash / "config.json").write_text(json.dumps(written))
    (board.flash / "walk-test").touch()


def know_the_floor(flash: Path, sensors: int = 1, floor_mm: int = 2400) -> None:
    """Leave in a flash what an earlier calibration has kept, so that a board counts at once."""
    for index in range(sensors):
        (flash / f"idle-{index}.json").write_text(json.dumps([floor_mm, floor_mm]))


def device_command(
    board: VirtualBoard, command: str, *arguments: str, environment: dict[str, str] | None = None
) -> str:
    """Run `shopbell device COMMAND --port ...` on a board and return its output."""
    result = subprocess.run(
        [str(program("shopbell")), "device", command, "--port", board.port, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | (environment or {}),
        timeout=_TIMEOUT_S,
        check=False,
    )
    if result.returncode:
        raise InstallError(f"shopbell device {command}: {result.stderr.strip()}")
    return result.stdout
