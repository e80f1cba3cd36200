"""`shopbell demo`: the whole installation on one machine, under one supervisor."""

import json
import os
import secrets
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import click
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer
from sqlalchemy.engine import URL

from cloud.app.jobs.broker import BrokerFolder, is_mosquitto_installed, prepare
from cloud.app.jobs.database import upgrade_database
from cloud.app.jobs.embedded import embedded_postgres
from cloud.app.jobs.kept_secrets import kept_secret
from cloud.app.settings import from_environment

PROCFILE = Path(__file__).parents[3] / "Procfile"
HOST = "127.0.0.1"
READY_WITHIN_S = 180
# Ctrl-C and SIGTERM, as honcho counts them
ENDED_BY_SIGNAL = (130, 143)

# the shops that the simulated town knows, by their slugs, and who owns them
OWNERS = (
    {"shop": "linden-bakery", "name": "Lena Otto", "login": "lena@linden-bakery.example"},
    {"shop": "marigold-flowers", "name": "Asha Rao", "login": "asha@marigold-flowers.example"},
)

Environment = dict[str, str]


@click.command()
@click.option("--port", envvar="SHOPBELL_PORT", default=8000, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def demo(port: int, folder: Path) -> None:
    """Run database, broker, API, ingest, worker and a simulated town until Ctrl-C."""
    folder = folder.resolve()
    _require_free(port, "SHOPBELL_PORT")
    folder.mkdir(parents=True, exist_ok=True)
    url = f"http://{HOST}:{port}"
    write_sign_ins(folder / "demo.json", url)
    broker = BrokerFolder(folder / "broker", _mqtt_port(folder))
    click.echo("Starting PostgreSQL")
    with embedded_postgres(folder / "postgres") as database:
        environment = _environment(folder, port, database, broker)
        click.echo("Bringing the database to the newest migration")
        upgrade_database(from_environment(environment))
        exit_code = _supervise(folder, port, broker, environment)
    sys.exit(exit_code)


def _require_free(port: int, setting: str) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise click.ClickException(
                f"Port {port} is taken by another program. Choose another: "
                f"{setting}={port + 1} make demo"
            ) from None


def _mqtt_port(folder: Path) -> int:
    # found at first start and kept: the boards remember it
    kept = folder / "mqtt-port"
    if not kept.exists():
        with closing(socket.socket()) as probe:
            probe.bind((HOST, 0))
            kept.write_text(str(probe.getsockname()[1]))
    port = int(kept.read_text())
    _require_free(port, f"echo {port + 1} > {kept};")
    return port


def write_sign_ins(path: Path, url: str) -> None:
    """Write the address and the owners' sign-ins; passwords are made once and kept."""
    kept = json.loads(path.read_text())["sign_ins"] if path.exists() else []
    passwords = {entry["login"]: entry["password"] for entry in kept}
    sign_ins = [
        {**owner, "password": passwords.get(owner["login"]) or secrets.token_urlsafe(9)}
        for owner in OWNERS
    ]
    pages = [f"{url}/s/{owner['shop']}" for owner in OWNERS]
    document = {"url": url, "sign_ins": sign_ins, "public_pages": pages}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file, indent=2)


def _environment(folder: Path, port: int, database: URL, broker: BrokerFolder) -> Environment:
    secret_files = {
        "SHOPBELL_DATABASE_ROLE_PASSWORD_FILE": "database-role-password",
        "SHOPBELL_SECRET_KEY_FILE": "secret-key",
    }
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "SHOPBELL_DATABASE_URL": database.render_as_string(hide_password=False),
        **{name: str(kept_secret(folder / "secrets", file)) for name, file in secret_files.items()},
        **_broker_settings(broker),
        "SHOPBELL_HOST": HOST,
        "SHOPBELL_PORT": str(port),
        "SHOPBELL_PUBLIC_URL": f"http://{HOST}:{port}",
        # plain HTTP on loopback
        "SHOPBELL_COOKIE_SECURE": "false",
    }


def _broker_settings(broker: BrokerFolder) -> Environment:
    if is_mosquitto_installed():
        prepare(broker)
        return broker.environment()
    click.echo(
        "Mosquitto is not installed: the demo uses amqtt instead, on this machine only"
        " and without checking who signs in"
    )
    return {"SHOPBELL_MQTT_HOST": broker.host, "SHOPBELL_MQTT_PORT": str(broker.port)}


def _supervise(folder: Path, port: int, broker: BrokerFolder, environment: Environment) -> int:
    click.echo("Starting broker, API, ingest, worker and the simulated town (log: var/demo.log)")
    with (folder / "demo.log").open("w", buffering=1) as log:
        manager = Manager(Printer(log, colour=False))
        for name, command in _commands(folder, port, broker).items():
            manager.add_process(name, command, env=environment)
        announcer = threading.Thread(target=_announce, args=(manager, folder, port), daemon=True)
        announcer.start()
        manager.loop()
    if manager.returncode in ENDED_BY_SIGNAL:
        return 0
    click.echo(f"A process ended by itself. The last lines of {folder}/demo.log:", err=True)
    click.echo("\n".join((folder / "demo.log").read_text().splitlines()[-20:]), err=True)
    return 1


def _commands(folder: Path, port: int, broker: BrokerFolder) -> dict[str, str]:
    commands = {"broker": f"shopbell broker run --folder {broker.path} --port {broker.port}"}
    commands |= parse_procfile(PROCFILE.read_text()).processes
    commands["town"] = (
        f"shopbell simulate town --api http://{HOST}:{port}"
        f" --sign-ins {folder}/demo.json --folder {folder}/town --post {folder}/demo.log"
    )
    # exec: the supervisor's signals reach the program, not a shell around it
    programs = Path(sys.executable).parent
    return {name: f"exec {programs}/{command}" for name, command in commands.items()}


def _announce(manager: Manager, folder: Path, port: int) -> None:
    """Say when everything is healthy, or what is not; runs beside the supervisor."""
    began = time.monotonic()
    ready = folder / "town" / "ready"
    ready.unlink(missing_ok=True)
    while time.monotonic() - began < READY_WITHIN_S:
        if ready.exists() and _answers(f"http://{HOST}:{port}/readyz"):
            _print_ready(folder, port)
            return
        time.sleep(0.1)
    click.echo(
        f"Not healthy after {READY_WITHIN_S} s; the reason is in {folder}/demo.log", err=True
    )
    manager.terminate()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own http address
            return int(response.status) == 200
    except (OSError, urllib.error.URLError):
        return False


def _print_ready(folder: Path, port: int) -> None:
    document = json.loads((folder / "demo.json").read_text())
    click.echo(f"\nShopbell is ready: http://{HOST}:{port}\n")
    for entry in document["sign_ins"]:
        click.echo(f"  {entry['name']}, {entry['shop']}: {entry['login']}  {entry['password']}")
    for page in document["public_pages"]:
        click.echo(f"  what customers see: {page}")
    click.echo("\nCtrl-C stops everything. The sign-ins also stand in var/demo.json.")
