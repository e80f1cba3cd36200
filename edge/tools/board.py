"""A board at a serial port, reached through mpremote: the only module that speaks to hardware."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any

from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport
from serial import SerialException

_PLATFORMS = ("esp32", "linux")  # linux is the virtual board
_MPY_VERSION = 6
_OPEN_TIMEOUT_S = 3  # a native USB port goes away with a reset, and comes back
_READ_TIMEOUT_S = 3
_ATTEMPTS = 10

# The watchdog of the ESP32 cannot be stopped, but a new one may give more time: an hour for our
# work.
_HOLD_WATCHDOG = "import machine; machine.WDT(timeout=3_600_000)"
# The program that was interrupted keeps its memory, of which little may be left for our work.
_MAKE_ROOM = """
import sys, gc, asyncio
asyncio.new_event_loop()
for name in list(sys.modules):
    if getattr(sys.modules[name], '__file__', '').startswith('/app'):
        del sys.modules[name]
app = settings = None
gc.collect()
"""
_DESCRIBE = (
    "import sys, json, binascii, machine; print(json.dumps([sys.platform,"
    " getattr(sys.implementation, '_mpy', 0), binascii.hexlify(machine.unique_id()).decode()]))"
)
_LIST = """
import os, json, hashlib, binascii
def walk(folder, found):
    for name, kind, *_ in os.ilistdir(folder):
        path = folder + '/' + name
        if kind & 0x4000:
            walk(path, found)
        else:
            digest = hashlib.sha256()
            with open(path, 'rb') as file:
                block = file.read(512)
                while block:
                    digest.update(block)
                    block = file.read(512)
            found[path] = binascii.hexlify(digest.digest()).decode()
    return found
found = {}
for root in %r:
    try:
        walk(root, found)
    except OSError:
        pass
print(json.dumps(found))
"""
_HASH_ONE = """
import hashlib, binascii
with open(%r, 'rb') as file:
    print(binascii.hexlify(hashlib.sha256(file.read()).digest()).decode())
"""
_MAKE_FOLDER = "import os\ntry:\n    os.mkdir(%r)\nexcept OSError:\n    pass"


class BoardError(Exception):
    """The board cannot be reached or is not what was expected."""


@dataclass(frozen=True)
class Board:
    """An open connection to a board whose program is interrupted."""

    transport: Any
    platform: str
    takes_mpy: bool
    chip: str

    def hashes(self, folder: str) -> dict[str, str]:
        """Return the SHA-256 of every file below a folder of the board."""
        found: dict[str, str] = json.loads(self.run(_LIST % ([folder],)))
        return found

    def hash_of(self, path: str) -> str | None:
        """Return the SHA-256 of one file, None when there is none."""
        try:
            return self.run(_HASH_ONE % path)
        except BoardError:
            return None

    def write(self, path: str, content: bytes) -> None:
        """Write a file, making the folders that it needs."""
        parts = path.strip("/").split("/")[:-1]
        for depth in range(len(parts)):
            self.run(_MAKE_FOLDER % ("/" + "/".join(parts[: depth + 1])))
        self.transport.fs_writefile(path, content, chunk_size=1024)

    def read(self, path: str) -> bytes:
        """Return the content of a file."""
        content: bytes = self.transport.fs_readfile(path)
        return content

    def remove(self, path: str) -> None:
        """Remove a file."""
        self.transport.fs_rmfile(path)

    def reset(self) -> None:
        """Restart the board into its program."""
        with suppress(TransportError, OSError):  # a native USB port goes away meanwhile
            self.transport.exec_raw_no_follow("import machine; machine.reset()")

    def run(self, code: str) -> str:
        """Run code on the board and return what it prints; raise BoardError."""
        try:
            output: bytes = self.transport.exec(code)
        except TransportExecError as error:
            last_line = str(error.error_output).strip().splitlines()[-1:]
            raise BoardError(f"board: expected to run our code, got {last_line}") from error
        return output.decode().strip()


@contextmanager
def connected(port: str) -> Iterator[Board]:
    """Interrupt the program of the board at a port and talk to it; raise BoardError."""
    transport = _opened(port)
    try:
        yield _introduced(port, transport)
    except (TransportError, SerialException) as error:
        raise BoardError(f"{port}: lost the board while talking to it: {error}") from error
    finally:
        transport.close()


def _opened(port: str) -> Any:
    until = time.monotonic() + _OPEN_TIMEOUT_S
    while True:
        try:
            transport = SerialTransport(port, exclusive=True, timeout=_READ_TIMEOUT_S)
        except (TransportError, OSError) as error:
            if time.monotonic() >= until:
                raise BoardError(
                    f"{port}: expected a free serial port with a board, got {error}"
                ) from error
            time.sleep(0.1)
        else:
            # a board that hangs takes nothing any more: mpremote would wait for ever
            transport.serial.write_timeout = _READ_TIMEOUT_S
            return transport


def _introduced(port: str, transport: Any) -> Board:
    _interrupt(port, transport)
    transport.exec(_MAKE_ROOM)
    transport.exec(_HOLD_WATCHDOG)
    platform, mpy, chip = json.loads(transport.exec(_DESCRIBE))
    if platform not in _PLATFORMS:
        expected = " or ".join(_PLATFORMS)
        raise BoardError(f"{port}: expected a board of type {expected}, got {platform}")
    return Board(transport, platform, mpy & 0xFF == _MPY_VERSION, chip)


def _interrupt(port: str, transport: Any) -> None:
    """Enter the raw REPL; a board that is just booting may lose the first attempts."""
    for attempt in range(_ATTEMPTS):
        try:
            with redirect_stdout(io.StringIO()):  # it prints what it has got instead
                transport.enter_raw_repl(soft_reset=False, timeout_overall=_READ_TIMEOUT_S)
            return
        except TransportError as error:
            if attempt == _ATTEMPTS - 1:
                raise BoardError(f"{port}: expected MicroPython to answer, got {error}") from error
