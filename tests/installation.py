"""The processes of the Procfile on a database and a broker of the tests: what a customer runs."""

import os
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from honcho.environ import parse_procfile

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.settings import Settings
from simulators.ports import spare_port
from tests.conftest import repository
from tests.waiting import WITHIN_S, wait_until

# one that lives is still loading: all tests of the browser wait for the same
START_WITHIN_S = 300.0


class Installation:
    """API, ingest and worker as processes; each may be stopped, killed and started."""

    def __init__(
        self, settings: Settings, broker: BrokerFolder, logs: Path, **changed: str
    ) -> None:
        self.port = spare_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._logs = logs
        self._commands = dict(parse_procfile((repository() / "Procfile").read_text()).processes)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        database = settings.database_url.set(drivername="postgresql")
        self._environment = {
            **os.environ,
            **broker.environment(),
            "SHOPBELL_DATABASE_URL": database.render_as_string(hide_password=False),
            "SHOPBELL_DATABASE_ROLE_PASSWORD": settings.database_role_password,
            "SHOPBELL_SECRET_KEY": settings.secret_key,
            "SHOPBELL_HOST": "127.0.0.1",
            "SHOPBELL_PORT": str(self.port),
            "SHOPBELL_PUBLIC_URL": self.url,
            "SHOPBELL_COOKIE_SECURE": "false",
            "WEB_CONCURRENCY": "1",
            **changed,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The settings that its commands run with."""
        return dict(self._environment)

    def pid(self, name: str) -> int:
        """Return the id of a process that runs."""
        return self._processes[name].pid

    def start(self, *names: str) -> None:
        """Start processes, and wait until the API answers."""
        for name in names:
            program, *arguments = shlex.split(self._commands[name])
            with self.log_file(name).open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    [Path(sys.executable).parent / program, *arguments],
                    cwd=repository(),
                    env=self._environment,
                    stdout=log,
                    stderr=log,
                )
        if "api" in names:
            wait_until(self._is_ready, "the API", START_WITHIN_S)

    def stop(self, *names: str) -> None:
        """End processes as an administrator would."""
        for name in names:
            self._processes[name].terminate()
        for name in names:
            self._processes.pop(name).wait(timeout=WITHIN_S)

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Hold a process in the middle of whatever it does, and let it go on afterwards."""
        os.kill(self.pid(name), signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid(name), signal.SIGCONT)

    def close(self) -> None:
        """End what still runs."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._processes.clear()

    def log_file(self, name: str) -> Path:
        """Return the file that a process writes its log to."""
        return self._logs / f"{name}.log"

    def log_of(self, name: str) -> str:
        """Return what a process has logged."""
        return self.log_file(name).read_text(errors="replace")

    def _is_ready(self) -> bool:
        assert self._processes["api"].poll() is None, self.log_of("api")
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=WITHIN_S) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def running(
    settings: Settings, broker: BrokerFolder, logs: Path, *names: str, **changed: str
) -> Iterator[Installation]:
    """Run processes of the Procfile, and end them afterwards."""
    installation = Installation(settings, broker, logs, **changed)
    try:
        installation.start(*names)
        yield installation
    finally:
        installation.close()
