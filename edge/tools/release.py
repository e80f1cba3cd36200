"""One file with the whole firmware, as the board's `update.py` takes it."""

import hashlib
import hmac
import json
import struct

from edge.tools.bundle import FOLDER, build

MAGIC = b"SBU1"


def release(version: str) -> bytes:
    """Return the bundle: magic, length of the manifest, manifest, files."""
    prefix = FOLDER + "/"
    files = {
        path.removeprefix(prefix): content
        for path, content in sorted(build(compiled=True).items())
        if path.startswith(prefix) and content
    }
    listed = [[name, len(content)] for name, content in files.items()]
    manifest = json.dumps({"version": version, "files": listed}, separators=(",", ":")).encode()
    head = MAGIC + struct.pack(">I", len(manifest)) + manifest
    return head + b"".join(files.values())


def sign(bundle: bytes, key: str) -> str:
    """Return the HMAC that the `update` command of one device carries."""
    return hmac.new(key.encode(), bundle, hashlib.sha256).hexdigest()
