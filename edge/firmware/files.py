"""Files that are replaced and removed in one step."""

import os


def replace(path, content):
    """Write a file of bytes, or raise OSError.

    The rename is atomic on littlefs: a power cut leaves the old content or the new one.
    """
    with open(path + ".new", "wb") as file:
        file.write(content)
    os.rename(path + ".new", path)


def remove(path):
    """Remove a file; tell whether it was there."""
    try:
        os.remove(path)
        return True
    except OSError:
        return False
