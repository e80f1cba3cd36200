"""Secrets of a local installation: made at first start, kept in var/, one file each."""

import os
import secrets
from pathlib import Path


def kept_secret(folder: Path, name: str) -> Path:
    """Return the file that keeps a secret; make it, readable by its owner only, if it is new."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(36))
    return path
