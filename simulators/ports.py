"""Ports of this machine for servers that are about to start."""

import itertools
import os
import socket

# Connections get theirs from 32768 up (Linux) or 49152 up (elsewhere). Down here nobody takes a
# port between its choice and its server's start, nor while a server that will return is away.
_FIRST = 10_000
_COUNT = 22_000
# processes that choose at the same time begin in different places
_APART = 331
_chosen = itertools.count(os.getpid() * _APART)


def spare_port() -> int:
    """Return a port that nobody uses, and that this process was not given before."""
    while True:
        port = _FIRST + next(_chosen) % _COUNT
        if _is_free(port):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
