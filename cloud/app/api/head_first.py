"""gunicorn's threads, kept for requests that are here: a slow head waits without one."""

import selectors
from contextlib import suppress
from functools import partial
from socket import socket
from typing import Any

from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import ThreadWorker

from cloud.app.api.errors import problem
from cloud.app.api.headers import harden

HEAD_END = b"\r\n\r\n"
HEAD_MAX_BYTES = 64 * 1024
CHUNK_BYTES = 8192

_STATUS = {
    LimitRequestLine: 414,
    ExpectationFailed: 417,
    LimitRequestHeaders: 431,
    UnsupportedTransferCoding: 501,
}


class HeadFirstWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Reads the head of each request in the loop that waits for all connections.

    gunicorn gives a connection a thread at once, which waits for as long as the head takes: as many
    senders of a letter now and then as there are threads would keep everybody else out. Here they
    have as long as an idle connection (`keepalive`) and cost nobody anything.
    """

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection to a thread once the head of its request has come."""
        if self.cfg.is_ssl:  # its bytes are no head yet
            super().enqueue_req(conn)
            return
        conn.init()
        conn.sock.setblocking(False)
        conn.head = conn.parser.unreader.take_buffered()
        if _has_come(conn):
            self._go_on_with(conn)
            return
        conn.set_timeout()
        self.pending_conns.append(conn)
        more = partial(self._on_more_of_head, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, more)

    def handle(self, conn: Any) -> object:
        """Answer, and let a connection that ends linger here: all others would wait in the loop."""
        keeps = super().handle(conn)
        if not keeps:
            conn.close(graceful=True)
            conn.close = _close_no_more
        return keeps

    def murder_pending(self) -> None:
        """Close what has taken too long, and all of it when the worker is told to stop."""
        if not self.alive:
            for conn in self.pending_conns:
                conn.timeout = 0
        super().murder_pending()

    def handle_error(self, req: Any, client: socket, addr: Any, exc: Exception) -> None:
        """Answer what is no HTTP as a problem, and note neither its sender nor what stood in it."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.info("a request could not be read: %s", type(exc).__name__)
        status = _STATUS.get(type(exc), 400)
        sentence = "Expected a request of HTTP/1.1 with a head of a usual size, got something else."
        answer = harden(problem(status, sentence, headers={"Connection": "close"}))
        with suppress(OSError):  # it may be gone, and the loop must go on
            client.setblocking(False)
            client.send(f"HTTP/1.1 {answer.status}\r\n{answer.headers}".encode() + answer.data)

    def _on_more_of_head(self, conn: Any, client: socket) -> None:
        if _has_come(conn):
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            self._go_on_with(conn)

    def _go_on_with(self, conn: Any) -> None:
        if len(conn.head) > HEAD_MAX_BYTES and not _is_whole(conn.head):
            self.handle_error(None, conn.sock, conn.client, LimitRequestHeaders("too long"))
            self.nr_conns -= 1
            conn.close()
            return
        conn.parser.unreader.unread(conn.head)
        super().enqueue_req(conn)


def _close_no_more(*, graceful: bool = False) -> None:
    """Stand in for the closing of what is closed, which the loop would count as a failure."""


def _has_come(conn: Any) -> bool:
    """Read what is there; tell whether there is nothing more to wait for."""
    if _is_whole(conn.head):
        return True
    try:
        chunk = conn.sock.recv(CHUNK_BYTES)
    except BlockingIOError:
        return False
    except OSError:
        return True  # the thread finds the same, and closes
    conn.head += chunk
    return not chunk or _is_whole(conn.head) or len(conn.head) > HEAD_MAX_BYTES


def _is_whole(head: bytes) -> bool:
    return HEAD_END in head.lstrip(b"\r\n")
