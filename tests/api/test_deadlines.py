"""A body that does not end is cut off with a sentence, an answer that nobody reads given up."""

import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from cloud.app.api import deadlines
from tests.api.conftest import API


@pytest.fixture
def server(app: Flask) -> Iterator[BaseWSGIServer]:
    """The application behind a real socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    with ThreadPoolExecutor(1) as pool, closing(server.socket):
        pool.submit(server.serve_forever, poll_interval=0.01)
        yield server
        server.shutdown()


def test_a_body_that_does_not_end_is_cut_off_with_a_sentence(
    server: BaseWSGIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "BODY_WITHIN_S", 0.2)
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.putrequest("POST", f"{API}/tokens")
        for name, value in (("Content-Type", "application/json"), ("Content-Length", "1000")):
            connection.putheader(name, value)
        connection.endheaders(b'{"login": "asha')
        answer = connection.getresponse()
        assert answer.status == 408
        assert b"Expected the whole request within 0.2 s, got a part of it." in answer.read()


def test_an_answer_that_nobody_reads_is_given_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "ANSWER_WITHIN_S", 0.1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        app.test_client().get("/healthz", environ_overrides={"gunicorn.socket": ours})
        with pytest.raises(TimeoutError):
            ours.sendall(bytes(100_000_000))
