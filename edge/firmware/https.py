"""One HTTP request at a time, for updates and for claiming a board."""

import asyncio

from micropython import const
from resolver import resolve

_DEADLINE_MS = const(20000)
_LINE_MAX = const(64)  # header lines


class HttpError(Exception):
    """The server cannot be reached, or its answer is not what was asked for."""


def split(url):
    """Return (is TLS, host, port, path) of a URL."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("http", "https") or not rest:
        raise HttpError("url: expected http:// or https://, got another")
    place, _, path = rest.partition("/")
    host, _, port = place.partition(":")
    is_tls = scheme == "https"
    return is_tls, host, int(port or (443 if is_tls else 80)), "/" + path


async def request(method, url, tls, body=b""):
    """Return (status, stream of the body, its length); the caller closes `stream.s`."""
    is_tls, host, port, path = split(url)
    if is_tls and tls is None:
        raise HttpError("%s: expected a CA to check it by, found none" % host)
    try:
        return await asyncio.wait_for_ms(
            _ask(method, host, port, path, tls if is_tls else None, body), _DEADLINE_MS
        )
    except asyncio.TimeoutError:
        raise HttpError("%s: expected an answer within 20 s, got none" % host)
    except (OSError, ValueError, EOFError, IndexError) as error:
        raise HttpError("%s: %r" % (host, error))


async def read(stream, size):
    """Return up to `size` bytes of the body; b"" is the end."""
    try:
        return await asyncio.wait_for_ms(stream.read(size), _DEADLINE_MS)
    except asyncio.TimeoutError:
        raise HttpError("body: expected more within 20 s, got nothing")
    except (OSError, ValueError) as error:
        raise HttpError("body: %r" % error)


async def _ask(method, host, port, path, tls, body):
    address = await resolve(host)
    stream, _ = await asyncio.open_connection(address, port, tls, host if tls else None)
    stream.write(
        "%s %s HTTP/1.0\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % (method, path, host, len(body))
    )
    if body:
        stream.write(body)
    await stream.drain()
    status = int((await stream.readline()).split(b" ")[1])
    length = 0
    for _ in range(_LINE_MAX):
        line = await stream.readline()
        if line in (b"\r\n", b""):
            break
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, stream, length
