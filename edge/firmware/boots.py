"""The boot number: one more at each start, for ever, kept in flash."""

import os


def next_boot(path, start):
    """Count one more boot and return its number, never below `start`.

    `start` was written at set-up (Unix seconds of that moment), so that a board whose flash was
    wiped goes on above the numbers it has used before.
    """
    boot = max(_read(path) + 1, start)
    # rename is atomic on littlefs: a power cut leaves the old number or the new one
    with open(path + ".new", "w") as file:
        file.write(str(boot))
    os.rename(path + ".new", path)
    return boot


def _read(path):
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0
