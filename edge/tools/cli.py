"""`shopbell device`: compile, deploy, set up and watch boards."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import serial

from edge.tools.board import Board, BoardError, connected
from edge.tools.bundle import CompileError, build, changes
from edge.tools.packages import PackageError

_port = click.option("--port", required=True, help="Serial port of the board.")


@click.group()
def device() -> None:
    """Boards at the door: deploy the firmware, set them up, watch them."""


@device.command()
@_port
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
def deploy(port: str, dry_run: bool) -> None:
    """Copy the firmware to the board: only what has changed."""
    with _board_at(port) as board:
        files = build(compiled=board.takes_mpy)
        copy, remove = changes(board, files)
        for path in remove:
            click.echo(f"remove {path}")
            if not dry_run:
                board.remove(path)
        for path in copy:
            click.echo(f"copy   {path} ({len(files[path])} bytes)")
            if not dry_run:
                board.write(path, files[path])
        click.echo(f"{len(files) - len(copy)} of {len(files)} files are the same")
        board.reset()


@device.command()
@_port
@click.option("--device", "device_id", required=True, help="The device's id: a-z, 0-9, hyphen.")
@click.option("--mqtt-host", required=True)
@click.option("--mqtt-port", default=8883, show_default=True)
@click.option("--mqtt-user")
@click.option("--mqtt-password", envvar="SHOPBELL_MQTT_PASSWORD", help="Better by the variable.")
@click.option(
    "--ca", type=click.Path(path_type=Path, exists=True), help="The CA (PEM); asks for TLS."
)
@click.option("--wifi-ssid", default="")
@click.option("--wifi-password", envvar="SHOPBELL_WIFI_PASSWORD", default="")
@click.option("--ntp", default="pool.ntp.org", show_default=True, help="Time server, HOST[:PORT].")
@click.option("--more", default="{}", help="Further settings as JSON, see config.example.json.")
def provision(
    port: str,
    device_id: str,
    mqtt_host: str,
    mqtt_port: int,
    mqtt_user: str | None,
    mqtt_password: str | None,
    ca: Path | None,
    wifi_ssid: str,
    wifi_password: str,
    ntp: str,
    more: str,
) -> None:
    """Write the board's settings and restart it."""
    ntp_host, _, ntp_port = ntp.partition(":")
    settings: dict[str, Any] = {
        "device": device_id,
        # a board that was wiped goes on above the boot numbers it has used
        "boot_start": int(time.time()),
        "wifi": {"ssid": wifi_ssid, "password": wifi_password},
        "mqtt": {
            "host": mqtt_host,
            "port": mqtt_port,
            "user": mqtt_user,
            "password": mqtt_password,
            "ca": "/ca.der" if ca else None,
        },
        "ntp": {"host": ntp_host, "port": int(ntp_port or 123)},
        **_further(more),
    }
    with _board_at(port) as board:
        if ca:
            board.write("/ca.der", ssl.PEM_cert_to_DER_cert(ca.read_text()))
        board.write("/config.json", json.dumps(settings).encode())
        board.reset()
    click.echo(f"{device_id} is set up")


@device.command()
@_port
def watch(port: str) -> None:
    """Show what the board logs, until Ctrl-C; the board goes on."""
    try:
        with serial.serial_for_url(port, baudrate=115200, timeout=0.2) as console:
            while True:
                click.echo(console.read(console.in_waiting or 1).decode(errors="replace"), nl=False)
    except KeyboardInterrupt:
        return
    except serial.SerialException as error:
        raise click.ClickException(f"{port}: expected a serial port, got {error}") from error


def _further(text: str) -> dict[str, Any]:
    try:
        more = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"--more: expected a JSON object, got {error}") from error
    if not isinstance(more, dict):
        raise click.BadParameter("--more: expected a JSON object, got something else")
    return more


@contextmanager
def _board_at(port: str) -> Iterator[Board]:
    try:
        with connected(port) as board:
            yield board
    except (BoardError, CompileError, PackageError) as error:
        raise click.ClickException(str(error)) from error
