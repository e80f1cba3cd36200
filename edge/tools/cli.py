"""`shopbell device`: compile, deploy, set up and watch boards."""

import json
import os
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import click
import serial

from edge.tools import backup
from edge.tools import configure as configuration
from edge.tools.board import Board, BoardError, connected
from edge.tools.bundle import CompileError, build, changes
from edge.tools.packages import PackageError
from edge.tools.release import release, sign
from edge.tools.replay import TraceError, report, start_recording, stop_recording
from edge.tools.selftest import examine
from edge.tools.watch import messages_of
from wire.topics import is_device_id

_WALK_TEST = "/walk-test"

_port = click.option("--port", required=True, help="Serial port of the board.")


@click.group()
def device() -> None:
    """Boards at the door: deploy the firmware, set them up, watch them."""


@device.command()
@_port
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
@click.option("--roll-back", is_flag=True, help="Put back what the last deploy replaced.")
def deploy(port: str, dry_run: bool, roll_back: bool) -> None:
    """Copy the firmware to the board: only what has changed."""
    with _board_at(port) as board:
        if roll_back:
            files = backup.restore(board)
            for path in files:
                click.echo(f"back   {path}")
            click.echo(f"{len(files)} files are back; what was new is removed")
            board.reset()
            return
        built = build(compiled=board.takes_mpy)
        copy, remove = changes(board, built)
        if not dry_run and (copy or remove):
            backup.keep(board, copy, remove)
        for path in remove:
            click.echo(f"remove {path}")
            if not dry_run:
                board.remove(path)
        for path in copy:
            click.echo(f"copy   {path} ({len(built[path])} bytes)")
            if not dry_run:
                board.write(path, built[path])
        click.echo(f"{len(built) - len(copy)} of {len(built)} files are the same")
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
    if not (ntp_port or "123").isdigit():
        raise click.BadParameter(f"--ntp: expected HOST[:PORT], got {ntp!r}")
    certificate = _der(ca) if ca else None
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
    try:
        configuration.check(settings)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    with _board_at(port) as board:
        if certificate:
            board.write("/ca.der", certificate)
        board.write("/config.json", json.dumps(settings).encode())
        board.write(_WALK_TEST, b"")  # as the set-up page does
        board.reset()
    click.echo(f"{device_id} is set up")


@device.command()
@_port
@click.argument("assignments", nargs=-1, metavar="[KEY=VALUE]...")
def configure(port: str, assignments: tuple[str, ...]) -> None:
    """Change settings, as `invert=true wifi.ssid=Shop 'pins.xshut=[25,33]'`; or show them.

    A Wi-Fi password comes from SHOPBELL_WIFI_PASSWORD, so that no other process sees it.
    """
    try:
        wanted = configuration.parse(assignments)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    password = os.environ.get("SHOPBELL_WIFI_PASSWORD")
    if password is not None:
        wanted.setdefault("wifi", {})["password"] = password
    with _board_at(port) as board:
        if wanted:
            configuration.change(board, wanted)
        click.echo(json.dumps(configuration.shown(board), indent=2, sort_keys=True))
        board.reset()


@device.command()
@_port
@click.option("--api", required=True, help="Address of the API, https://...")
@click.option(
    "--ca", type=click.Path(path_type=Path, exists=True), help="Its CA (PEM), to be checked."
)
@click.pass_context
def add(context: click.Context, port: str, api: str, ca: Path | None) -> None:
    """Prepare a new board for its owner: firmware, and where the set-up page claims it."""
    if not api.startswith(("https://", "http://")):
        raise click.BadParameter(f"--api: expected https://..., got {api!r}")
    if api.startswith("https://") and ca is None:
        raise click.UsageError("--ca: expected the CA (PEM) of the API's certificate, got none")
    certificate = _der(ca) if ca else None
    context.invoke(deploy, port=port, dry_run=False, roll_back=False)
    with _board_at(port) as board:
        if certificate:
            board.write("/setup-ca.der", certificate)
        setup = {"api": api, "ca": "/setup-ca.der" if ca else None}
        board.write("/setup.json", json.dumps(setup).encode())
        board.reset()
    click.echo("ready: the board opens its set-up page at its next start")


@device.command()
@_port
def logs(port: str) -> None:
    """Show what the board prints, until Ctrl-C; the board goes on."""
    with suppress(KeyboardInterrupt):
        for text in _console(port):
            click.echo(text, nl=False)


@device.command()
@_port
@click.argument("trace", type=click.Path(path_type=Path, dir_okay=False))
def record(port: str, trace: Path) -> None:
    """Record into a new file what the sensors see, until Ctrl-C, for `replay`."""
    try:
        output = trace.open("x")
    except OSError as error:
        raise click.ClickException(f"{trace}: expected a new file, got {error.strerror}") from error
    with output:
        with _board_at(port) as board:
            start_recording(board)
        click.echo("recording: walk, count, and press Ctrl-C")
        with suppress(KeyboardInterrupt):
            for text in _console(port):
                output.write(text)
                output.flush()
    with _board_at(port) as board:
        stop_recording(board)
    click.echo(
        f"{trace}: add a line such as 'truth in in out', then: shopbell device replay {trace}"
    )


@device.command()
@click.option("--device", "device_id", required=True, help="The device's id.")
@click.option("--mqtt-host", default="127.0.0.1", show_default=True)
@click.option("--mqtt-port", default=1883, show_default=True)
@click.option("--mqtt-user")
@click.option("--mqtt-password", envvar="SHOPBELL_MQTT_PASSWORD", help="Better by the variable.")
@click.option("--ca", type=click.Path(exists=True), help="The CA (PEM); asks for TLS.")
@click.option("--count", default=0, help="End after so many messages; 0 never ends.")
def watch(
    device_id: str,
    mqtt_host: str,
    mqtt_port: int,
    mqtt_user: str | None,
    mqtt_password: str | None,
    ca: str | None,
    count: int,
) -> None:
    """Show a device's messages as they pass the broker, until Ctrl-C."""
    if not is_device_id(device_id):
        raise click.BadParameter(f"--device: expected 1 to 32 of a-z 0-9 -, got {device_id!r}")
    try:
        for text in messages_of(
            device_id, mqtt_host, mqtt_port, (mqtt_user, mqtt_password), ca, count
        ):
            click.echo(text)
    except KeyboardInterrupt:
        return
    except OSError as error:
        raise click.ClickException(
            f"{mqtt_host}:{mqtt_port}: expected an MQTT broker, got {error}"
        ) from error


@device.command("release")
@click.option("--version", required=True)
@click.option("--output", type=click.Path(path_type=Path), required=True)
@click.option("--key", envvar="SHOPBELL_DEVICE_KEY", help="A device's key: prints its HMAC.")
def make_release(version: str, output: Path, key: str | None) -> None:
    """Build the bundle that boards load over the air."""
    try:
        bundle = release(version)
    except (CompileError, PackageError) as error:
        raise click.ClickException(str(error)) from error
    try:
        output.write_bytes(bundle)
    except OSError as error:
        raise click.ClickException(f"{output}: expected a file to write, got {error}") from error
    click.echo(f"{output}: {len(bundle)} bytes")
    if key:
        click.echo(f"hmac {sign(bundle, key)}")


@device.command()
@click.argument("trace", type=click.File(errors="replace"))
def replay(trace: TextIO) -> None:
    """Play a trace (see `record`) to the firmware's counter."""
    try:
        for line in report(trace):
            click.echo(line)
    except TraceError as error:
        raise click.ClickException(f"{trace.name}: {error}") from error


@device.command()
@_port
def selftest(port: str) -> None:
    """Examine a real board: heap, flash, timing, wiring, sensor, Wi-Fi."""
    with _board_at(port) as board:
        findings = examine(board)
        board.reset()
    for finding in findings:
        mark = "ok  " if finding.is_good else "FAIL"
        click.echo(f"{mark} {finding.what}: {finding.found} (expected: {finding.expected})")
    if not all(finding.is_good for finding in findings):
        raise click.ClickException("the board does not pass; see docs/first-board.md")


def _console(port: str) -> Iterator[str]:
    """Yield what a board prints, for ever."""
    try:
        with serial.serial_for_url(port, baudrate=115200, timeout=0.2) as console:
            while True:
                yield console.read(console.in_waiting or 1).decode(errors="replace")
    except serial.SerialException as error:
        raise click.ClickException(f"{port}: expected a serial port, got {error}") from error


def _der(certificate: Path) -> bytes:
    try:
        return ssl.PEM_cert_to_DER_cert(certificate.read_text())
    except ValueError as error:
        raise click.BadParameter(f"--ca: expected a certificate in PEM, got {error}") from error


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
