"""Public status requests a second from one process of the API."""

import http.client
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from benchmarks.house import House, house, percentile, wait_until
from benchmarks.report import Figure, Options, at_least, at_most, main, plain
from cloud.app.api.app import create_app
from cloud.app.settings import from_environment
from simulators.ports import spare_port

CLIENTS = 16
PATH = "/api/v1/public/shops/bakery"

_spawn = multiprocessing.get_context("spawn")


def measure(options: Options) -> list[Figure]:
    """Ask as often as the server answers, from several connections."""
    seconds = 15.0 if options.is_full else 2.0
    with house(1) as found, api(found) as port:
        ping = ask(port, "/healthz", seconds / 3)
        times_ms = ask(port, PATH, seconds)
    return [
        plain("requests a second that only say ok", len(ping) / (seconds / 3), "requests/s"),
        at_least("public status requests a second", len(times_ms) / seconds, "requests/s", 1500),
        plain("public status, p50", statistics.median(times_ms), "ms"),
        at_most("public status, p99", percentile(times_ms, 0.99), "ms", 50),
    ]


def make_app() -> Flask:
    """Return the application without the limit of one address: all asks come from one here."""
    return create_app(from_environment(), is_limited=False)


@contextmanager
def api(found: House) -> Iterator[int]:
    """Serve the API by one process of gunicorn."""
    port = spare_port()
    environment = {"SHOPBELL_PORT": str(port), "WEB_CONCURRENCY": "1"}
    command = [
        "-m",
        "gunicorn",
        "-c",
        "cloud/app/api/gunicorn_conf.py",
        f"--access-logfile={os.devnull}",
    ]
    with (found.folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "benchmarks.public_load:make_app()"],
            env=os.environ | found.environment | environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: is_up(port), "the API")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def is_up(port: int) -> bool:
    """Tell whether the API answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", PATH)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def ask(port: int, path: str, seconds: float) -> list[float]:
    """Ask from a process of its own; return how long each answer took, in ms."""
    with _spawn.Pool(1) as pool:
        return pool.apply(ask_from_here, (port, path, seconds))


def ask_from_here(port: int, path: str, seconds: float) -> list[float]:
    """Ask over several connections in turn, each always with one request on its way."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    connections = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(CLIENTS)]
    for connection in connections:
        connection.connect()
    sockets = [connection.sock for connection in connections]
    times_ms: list[float] = []
    started = [time.perf_counter()] * CLIENTS
    for sock in sockets:
        sock.sendall(request)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for number, sock in enumerate(sockets):
            read_answer(sock)
            now = time.perf_counter()
            times_ms.append((now - started[number]) * 1000)
            started[number] = now
            sock.sendall(request)
    return times_ms


def read_answer(sock: socket.socket) -> None:
    """Read one whole answer; raise unless it is a good one."""
    answer = b""
    while True:
        piece = sock.recv(65_536)
        answer += piece
        head, end_of_head, body = answer.partition(b"\r\n\r\n")
        if not piece or (end_of_head and not head.startswith(b"HTTP/1.1 200")):
            raise ConnectionError(f"expected an answer with 200, got {answer[:80]!r}")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if end_of_head and len(body) == int(length):
            return


if __name__ == "__main__":
    main("public_load", measure)
