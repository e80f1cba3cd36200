"""`os`, with a rename() that works below a folder.

The unix port's VfsPosix keeps both paths of a rename in one buffer when it has a root folder.
"""

import sys

_path = sys.path[:]
sys.path.clear()  # so that the builtin module is found, and not this file
from os import *  # noqa: E402, F403
from os import VfsPosix as _VfsPosix  # noqa: E402
from os import getcwd as _getcwd  # noqa: E402
from os import getenv as _getenv  # noqa: E402

sys.path.extend(_path)

_host = _VfsPosix()


def rename(old, new):
    """Rename a file, replacing what has the new name, at once."""
    _host.rename(_on_host(old), _on_host(new))


def _on_host(path):
    if not path.startswith("/"):
        path = _getcwd().rstrip("/") + "/" + path
    return _getenv("BOARD_FLASH") + path
