"""`socket`, whose name server and neighbours are simulated; the sockets are the host's."""

import sys

import _board

_path = sys.path[:]
sys.path.clear()  # so that the builtin module is found, and not this file
from socket import *  # noqa: E402, F403
from socket import getaddrinfo as _getaddrinfo  # noqa: E402

sys.path.extend(_path)

_DNS_PORT, _MDNS_PORT = 53, 5353


def getaddrinfo(host, port, *rest):
    """Return the address of an address: names are not for what would keep everything waiting."""
    if not host.replace(".", "").isdigit():
        raise OSError(-2)
    if port in (_DNS_PORT, _MDNS_PORT):
        host, port = "127.0.0.1", _board.port_on_host(port)
    return _getaddrinfo(host, port, *rest)
