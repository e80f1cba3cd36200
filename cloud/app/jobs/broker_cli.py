"""`shopbell broker`: Mosquitto on this machine, prepared and run, with its watch beside it."""

import functools
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click

from cloud.app.jobs.broker import (
    ADMIN,
    BrokerError,
    BrokerFolder,
    Encrypted,
    is_mosquitto_installed,
    mosquitto_program,
    prepare,
    run_amqtt,
)
from cloud.app.jobs.broker_watch import Reporter, Watch


@click.group()
def broker() -> None:
    """The MQTT broker of this machine."""


def _place(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say where a broker is, made into one `target`."""

    @functools.wraps(command)
    def placed(
        folder: Path,
        port: int,
        host: str,
        tls_port: int | None,
        tls_host: str,
        tls_name: tuple[str, ...],
    ) -> None:
        if (tls_port is None) != (not tls_name):
            raise click.UsageError("expected --tls-port and --tls-name together, got one of them")
        tls = None if tls_port is None else Encrypted(tls_port, tls_name, tls_host)
        command(BrokerFolder(folder.resolve(), port, host, tls))

    for option in (
        click.option("--tls-name", multiple=True, help="Name by which boards reach it; several."),
        click.option("--tls-host", default="0.0.0.0", show_default=True),  # noqa: S104
        click.option("--tls-port", type=int, help="Listen for boards with TLS as well: 8883."),
        click.option("--host", default="127.0.0.1", show_default=True, help="Without TLS."),
        click.option("--port", default=1883, show_default=True, help="Without TLS."),
        click.option(
            "--folder",
            type=click.Path(path_type=Path),
            required=True,
            help="Kept between runs.",
        ),
    ):
        placed = option(placed)
    return placed


@broker.command()
@_place
def init(target: BrokerFolder) -> None:
    """Write Mosquitto's configuration and make the secrets that are missing."""
    try:
        prepare(target)
    except BrokerError as error:
        raise click.ClickException(str(error)) from None


@broker.command()
@_place
def run(target: BrokerFolder) -> None:
    """Run Mosquitto, or amqtt where Mosquitto is not installed, until it is stopped."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if not is_mosquitto_installed():
        run_amqtt(target.host, target.port)
        return
    try:
        prepare(target)
        program = mosquitto_program()
    except BrokerError as error:
        raise click.ClickException(str(error)) from None
    log_end = _start_watch()
    os.dup2(log_end, sys.stdout.fileno())
    os.dup2(log_end, sys.stderr.fileno())
    # the same process: whoever stops us stops Mosquitto, and the watch ends with its log
    os.execv(program, [program, "-v", "-c", str(target.configuration)])  # noqa: S606 - no shell


@broker.command(hidden=True)
@_place
def watch(target: BrokerFolder) -> None:
    """Read what Mosquitto says from standard input; `run` starts this beside it."""
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        # it ends when the broker has: what is said last is read as well
        signal.signal(signal_number, signal.SIG_IGN)
    password = target.secret_file(ADMIN).read_text()
    reporter = Reporter(target.host, target.port, ADMIN, password)
    Watch(target, reporter.report, os.getppid()).run(sys.stdin.fileno())
    reporter.close()


def _start_watch() -> int:
    """Start a process that reads the broker's log; return where the log has to be written."""
    log_read, log_write = os.pipe()
    # a line that finds no room is lost: the broker waits for nobody
    os.set_blocking(log_write, False)
    arguments = sys.argv[sys.argv.index("run") + 1 :]
    subprocess.Popen(
        [sys.executable, "-c", "import shopbell; shopbell.main()", "broker", "watch", *arguments],
        stdin=log_read,
    )
    os.close(log_read)
    return log_write
