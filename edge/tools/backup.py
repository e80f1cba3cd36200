"""What a deploy replaces is kept on this computer, so that it can be put back."""

import json
import zipfile
from pathlib import Path

from edge.tools.board import Board, BoardError

FOLDER = Path(__file__).resolve().parents[2] / "var" / "edge" / "backups"
_NEW = "new.json"


def keep(board: Board, copy: list[str], remove: list[str], folder: Path = FOLDER) -> None:
    """Keep the board's present files under the paths that are about to change."""
    present = {path: board.read(path) for path in [*copy, *remove] if board.hash_of(path)}
    new = [path for path in copy if path not in present]
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(_archive(board, folder), "w") as archive:
        archive.writestr(_NEW, json.dumps(new))
        for path, content in present.items():
            archive.writestr(path.lstrip("/"), content)


def restore(board: Board, folder: Path = FOLDER) -> list[str]:
    """Put back what the last deploy replaced and return the paths; raise BoardError without it."""
    source = _archive(board, folder)
    if not source.exists():
        raise BoardError("roll back: expected a deploy from this computer before, found none")
    with zipfile.ZipFile(source) as archive:
        for path in json.loads(archive.read(_NEW)):
            if board.hash_of(path):
                board.remove(path)
        names = [name for name in archive.namelist() if name != _NEW]
        for name in names:
            board.write("/" + name, archive.read(name))
    return ["/" + name for name in names]


def _archive(board: Board, folder: Path) -> Path:
    return folder / f"{board.chip}.zip"
