"""Bodies have to arrive in time, and answers to be read: who does neither would keep a thread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, RequestTimeout

# 1 MB at 0.3 Mbit/s
BODY_WITHIN_S = 30.0
# for each piece of an answer to find room on its way
ANSWER_WITHIN_S = 60.0
FORM = "multipart/form-data"


def register_deadlines(app: Flask) -> None:
    """Read every body before its route is asked; a form's is an upload's, whose route does. Give
    up answers that nobody reads."""

    @app.before_request
    def read() -> None:
        if request.mimetype != FORM and _has_body():
            with cut_off_after(BODY_WITHIN_S, "request"):
                request.get_data()

    @app.after_request
    def hurry(response: Response) -> Response:
        if (connection := _socket()) is not None:
            connection.settimeout(ANSWER_WITHIN_S)
        return response


@contextmanager
def cut_off_after(seconds: float, what: str) -> Iterator[None]:
    """Let whoever reads the body of this request find its end after some seconds.

    Raises RequestTimeout instead of what the reader makes of a part, until `arrived`.
    """
    late = threading.Event()
    g.deadline = timer = threading.Timer(seconds, _cut_off, (_socket(), late))
    timer.daemon = True
    timer.start()
    try:
        yield
    except HTTPException:
        if not late.is_set():
            raise
        raise _too_late(seconds, what) from None
    else:
        if late.is_set():
            raise _too_late(seconds, what)
    finally:
        timer.cancel()


def arrived() -> None:
    """Say that the body is here: what is done with it may take its time."""
    g.deadline.cancel()


def _has_body() -> bool:
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def _too_late(seconds: float, what: str) -> RequestTimeout:
    return RequestTimeout(f"Expected the whole {what} within {seconds:g} s, got a part of it.")


def _socket() -> socket.socket | None:
    found = request.environ.get("gunicorn.socket", request.environ.get("werkzeug.socket"))
    return cast("socket.socket | None", found)


def _cut_off(connection: socket.socket | None, late: threading.Event) -> None:
    late.set()
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)  # what reads finds the end; an answer can leave
