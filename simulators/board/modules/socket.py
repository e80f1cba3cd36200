"""`socket`, whose name server is the simulated one; the sockets are the host's."""

import sys

import _board

_path = sys.path[:]
sys.path.clear()  # so that the builtin module is found, and not this file
from socket import *  # noqa: E402, F403
from socket import getaddrinfo as _getaddrinfo  # noqa: E402

sys.path.extend(_path)

_DNS_PORT = 53


def getaddrinfo(host, port, *rest):
    """Return the address of an address: names are not for what would keep everything waiting."""
    if not host.replace(".", "").isdigit():
        raise OSError(-2)
    return _getaddrinfo(host, _board.port_of_names() if port == _DNS_PORT else port, *rest)
