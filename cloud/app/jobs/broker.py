"""A broker on this machine: Mosquitto where it is installed, else amqtt.

At the first start the folder gets its configuration, secrets for the administrator and for the
ingest worker, and the file in which Mosquitto's dynamic security plugin keeps who may do what.
"""

import asyncio
import base64
import contextlib
import datetime as dt
import getpass
import glob
import hashlib
import json
import logging
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import click

from cloud.app.jobs.certificates import CertificateError, Certificates, keep_certificates
from cloud.app.services.broker import admin_role, ingest_role

log = logging.getLogger(__name__)

TEMPLATE = Path(__file__).parents[3] / "deploy" / "mosquitto" / "mosquitto.conf"
PLUGIN = "mosquitto_dynamic_security.so"
PLUGIN_FOLDERS = ("/usr/lib/*", "/usr/lib", "/usr/local/lib*", "/opt/homebrew/lib")
ADMIN = "shopbell-admin"
INGEST = "shopbell-ingest"
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 60.0
# of the plugin's own format; the secrets are random, so guessing them is hopeless at any count
PBKDF2_ITERATIONS = 101

Json = dict[str, Any]


class BrokerError(Exception):
    """The broker cannot be run; the text says what was expected and what was found."""


@dataclass(frozen=True)
class Encrypted:
    """The listener for boards: its names stand in the certificate, and boards check them."""

    port: int
    names: tuple[str, ...]
    host: str = "0.0.0.0"  # noqa: S104 - the shops are elsewhere


@dataclass(frozen=True)
class BrokerFolder:
    """Where a Mosquitto keeps everything, and how it is reached."""

    path: Path
    port: int
    host: str = "127.0.0.1"
    tls: Encrypted | None = None

    @property
    def certificates(self) -> Certificates:
        """The authority and the certificate of the listener for boards."""
        return Certificates(self.path)

    @property
    def configuration(self) -> Path:
        """The file Mosquitto is started with."""
        return self.path / "mosquitto.conf"

    @property
    def dynamic_security(self) -> Path:
        """Who may do what. The running Mosquitto rewrites it."""
        return self.path / "dynamic-security.json"

    def secret_file(self, username: str) -> Path:
        """The file with a password of ours."""
        return self.path / f"{username}.password"

    def environment(self) -> dict[str, str]:
        """The settings of whoever speaks to this broker."""
        return {
            "SHOPBELL_MQTT_HOST": self.host,
            "SHOPBELL_MQTT_PORT": str(self.port),
            "SHOPBELL_MQTT_USERNAME": INGEST,
            "SHOPBELL_MQTT_PASSWORD_FILE": str(self.secret_file(INGEST)),
            "SHOPBELL_MQTT_ADMIN_USERNAME": ADMIN,
            "SHOPBELL_MQTT_ADMIN_PASSWORD_FILE": str(self.secret_file(ADMIN)),
        }


class Mosquitto:
    """A Mosquitto process on a prepared folder."""

    def __init__(self, folder: BrokerFolder) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it accepts connections. Raises BrokerError."""
        _check_port(self.folder)
        command = [mosquitto_program(), "-c", str(self.folder.configuration)]
        with (self.folder.path / "mosquitto.log").open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            wait_until_ready(self.folder, self._process)
        except BrokerError:
            self.stop()
            raise

    def stop(self) -> None:
        """End it as an administrator would: it saves its sessions first."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a warning."""
        self._end(signal.SIGKILL)

    def send(self, signal_number: int) -> None:
        """Send it a signal: SIGSTOP freezes it, SIGUSR1 makes it save its sessions."""
        if self._process is not None:
            self._process.send_signal(signal_number)

    def _end(self, signal_number: int) -> None:
        if self._process is not None:
            self._process.send_signal(signal_number)
            self._process.wait(timeout=STOPPED_WITHIN_S)
            self._process = None


def prepare(folder: BrokerFolder) -> None:
    """Write the configuration, and at the first start the secrets and the roles."""
    folder.path.mkdir(parents=True, exist_ok=True)
    text = Template(TEMPLATE.read_text()).substitute(
        port=folder.port,
        host=folder.host,
        user=getpass.getuser(),
        folder=folder.path,
        plugin=_plugin(),
        tls=_tls_listener(folder),
    )
    folder.configuration.write_text(text)
    passwords = {name: _password(folder.secret_file(name)) for name in (ADMIN, INGEST)}
    if folder.dynamic_security.exists():
        kept = _with_our_roles(json.loads(folder.dynamic_security.read_text()))
    else:
        kept = _dynamic_security(passwords)
    _write_private(folder.dynamic_security, json.dumps(kept, indent=1))


def _tls_listener(folder: BrokerFolder) -> str:
    if folder.tls is None:
        return "# no listener for boards elsewhere: see --tls-port"
    files = folder.certificates
    try:
        keep_certificates(files, folder.tls.names, dt.datetime.now(dt.UTC))
    except CertificateError as error:
        raise BrokerError(str(error)) from None
    return (
        f"listener {folder.tls.port} {folder.tls.host}\n"
        f"certfile {files.certificate}\nkeyfile {files.key}"
    )


def is_mosquitto_installed() -> bool:
    """Tell whether Mosquitto can be run here."""
    return _find_mosquitto() is not None


def mosquitto_program() -> str:
    """Return the path of Mosquitto; raise BrokerError when it is not installed."""
    program = _find_mosquitto()
    if program is None:
        raise BrokerError("expected the program mosquitto, found none: apt install mosquitto")
    return program


def wait_until_ready(folder: BrokerFolder, process: subprocess.Popen[bytes]) -> None:
    """Wait until the broker accepts connections; raise BrokerError when it does not."""
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at:
        if process.poll() is not None:
            raise BrokerError(f"Mosquitto ended with {process.returncode}: {_last_line(folder)}")
        with contextlib.suppress(OSError):
            socket.create_connection((folder.host, folder.port), timeout=1).close()
            return
        time.sleep(0.02)
    raise BrokerError(f"expected Mosquitto on port {folder.port} in {READY_WITHIN_S:g} s, got none")


@contextlib.contextmanager
def running_mosquitto(folder: BrokerFolder) -> Iterator[Mosquitto]:
    """Prepare a folder and run a Mosquitto on it."""
    prepare(folder)
    server = Mosquitto(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def run_amqtt(host: str, port: int) -> None:
    """Run the broker written in Python, for a demo without Mosquitto, until it is stopped."""
    if host not in ("127.0.0.1", "::1", "localhost"):
        raise click.ClickException(
            f"--host: expected a loopback address, got {host}: amqtt checks no passwords here"
        )
    log.warning(
        "Mosquitto is not installed: this demo uses amqtt, which keeps nothing over a restart"
        " and does not check who signs in; it listens on %s only",
        host,
    )
    asyncio.run(_serve_amqtt(host, port))


async def _serve_amqtt(host: str, port: int) -> None:
    from amqtt.broker import Broker  # heavy, and rarely needed

    server = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
            "plugins": {
                "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
            },
        }
    )
    stopped = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopped.set)
    await server.start()
    await stopped.wait()
    await server.shutdown()


def _find_mosquitto() -> str | None:
    # Debian keeps it where only the administrator's PATH leads
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def _check_port(folder: BrokerFolder) -> None:
    with socket.socket() as sock:
        # as Mosquitto does: connections of an earlier one that linger are no hindrance
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((folder.host, folder.port))
        except OSError as error:
            raise BrokerError(
                f"expected port {folder.port} of {folder.host} to be free, got: {error.strerror}"
            ) from None


def _plugin() -> str:
    for folder in PLUGIN_FOLDERS:
        for found in glob.glob(f"{folder}/{PLUGIN}"):
            return found
    raise BrokerError(f"expected {PLUGIN} in one of {', '.join(PLUGIN_FOLDERS)}, found none")


def _password(file: Path) -> str:
    if not file.exists():
        _write_private(file, secrets.token_urlsafe(32))
    return file.read_text()


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def _dynamic_security(passwords: dict[str, str]) -> Json:
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": False,
            "subscribe": False,
            "unsubscribe": True,
        },
        "roles": _our_roles(),
        "clients": [_client(name, password) for name, password in passwords.items()],
    }


def _with_our_roles(kept: Json) -> Json:
    """Give a folder of an earlier version the roles of this one; those of the devices stay."""
    ours = {role["rolename"] for role in _our_roles()}
    others = [role for role in kept["roles"] if role["rolename"] not in ours]
    return {**kept, "roles": [*_our_roles(), *others]}


def _our_roles() -> list[Json]:
    return [admin_role(ADMIN), ingest_role(INGEST)]


def _client(name: str, password: str) -> Json:
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, PBKDF2_ITERATIONS)
    return {
        "username": name,
        "roles": [{"rolename": name}],
        "password": base64.b64encode(digest).decode(),
        "salt": base64.b64encode(salt).decode(),
        "iterations": PBKDF2_ITERATIONS,
    }


def _last_line(folder: BrokerFolder) -> str:
    lines = (folder.path / "mosquitto.log").read_text(errors="replace").splitlines()
    return lines[-1] if lines else "it said nothing"
