"""The server of the Procfile, and who keeps it waiting: they are cut off, and others are served."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests
from sqlalchemy.engine import URL

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.settings import Settings
from tests.conftest import settings_of_a_copy
from tests.flow.test_metrics import Owner
from tests.installation import Installation, running
from tests.waiting import WITHIN_S

THREADS = 64  # of gunicorn_conf.py
DRIPPING = 6
UPLOAD_WITHIN_S = 5
FORM = "multipart/form-data; boundary=b"
BEGUN = b"GET /healthz HTTP/1.1\r\nHost: shop.example\r\n"
BEGINNING = b'--b\r\nContent-Disposition: form-data; name="file"; filename="till.csv"\r\n\r\n'


def test_an_upload_that_drips_is_cut_off_while_others_are_served(
    own_settings: Settings, mosquitto: BrokerFolder, tmp_path: Path
) -> None:
    changed = {"SHOPBELL_UPLOAD_WITHIN_S": str(UPLOAD_WITHIN_S)}
    with running(own_settings, mosquitto, tmp_path, "api", **changed) as api, ExitStack() as open_:
        owner = Owner(api.url)
        path = f"/api/v1{owner.shop}/imports"
        senders = [
            open_.enter_context(dripping(api.port, path, owner.authorization))
            for _ in range(DRIPPING)
        ]
        owner.post(f"{owner.shop}/customers", {"name": "Asha"})
        answers = [drip(sender) for sender in senders]
        assert answers == [b""] * DRIPPING  # none was cut off before the other was served
        give_up_at = time.monotonic() + WITHIN_S
        while not all(answers):
            assert time.monotonic() < give_up_at, answers
            answers = [known or drip(one) for known, one in zip(answers, senders, strict=True)]
    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"Expected the whole file within 5 s, got a part of it." in answer


@pytest.fixture(scope="module")
def api(
    postgres: URL,
    migrated_database: str,
    mosquitto: BrokerFolder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """A server that waits for a head as short as it may."""
    logs, changed = tmp_path_factory.mktemp("logs"), {"GUNICORN_CMD_ARGS": "--keep-alive 1"}
    with (
        settings_of_a_copy(postgres, migrated_database) as settings,
        running(settings, mosquitto, logs, "api", **changed) as api,
    ):
        yield api


def test_heads_that_drip_keep_no_thread_and_end(api: Installation) -> None:
    with ExitStack() as open_:
        senders = [open_.enter_context(connected(api.port)) for _ in range(THREADS + 6)]
        for sender in senders:
            sender.sendall(BEGUN)
        assert requests.get(f"{api.url}/healthz", timeout=WITHIN_S).status_code == 200
        give_up_at = time.monotonic() + WITHIN_S
        while any(is_open(sender) for sender in senders):
            assert time.monotonic() < give_up_at


def test_who_does_not_hang_up_holds_up_nobody(api: Installation) -> None:
    with ExitStack() as open_:
        last = b"GET /healthz HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"
        lingering = [open_.enter_context(connected(api.port)) for _ in range(THREADS)]
        for one in lingering:
            one.sendall(last)
        # each would hold the loop for two seconds, one after the other
        answer = requests.get(f"{api.url}/healthz", timeout=WITHIN_S)
        assert answer.status_code == 200
        for one in lingering:
            assert answer_of(one).startswith(b"HTTP/1.1 200 ")


def test_what_is_no_http_is_a_problem_and_its_sender_is_not_noted(api: Installation) -> None:
    wrong = {
        b"GET /?email=asha@shop.example HTTP/9.9\r\n\r\n": b"400",
        b"\r\nGET /\r\n\r\n": b"400",
        BEGUN + b"X: " + b"y" * 10_000 + b"\r\n\r\n": b"431",
        BEGUN + b"X: y\r\n" * 20_000: b"431",
        b"GET /" + b"y" * 10_000 + b" HTTP/1.1\r\n\r\n": b"414",
    }
    for sent, status in wrong.items():
        with connected(api.port) as sender:
            with suppress(OSError):  # it may hang up before all of it is sent
                sender.sendall(sent)
            head, _, body = answer_of(sender).partition(b"\r\n\r\n")
        assert head.split(b" ")[1] == status
        assert b"Content-Type: application/problem+json" in head
        assert b"Content-Security-Policy: default-src 'none'" in head
        assert json.loads(body)["status"] == int(status)
    with connected(api.port) as sender:  # in three pieces
        for piece in (BEGUN[:9], BEGUN[9:] + b"Connection: close\r", b"\n\r\n"):
            sender.sendall(piece)
        assert answer_of(sender).startswith(b"HTTP/1.1 200 ")
    said = api.log_of("api")
    assert "a request could not be read: InvalidHTTPVersion" in said
    assert "asha@" not in said
    assert not re.search(r"ip=|Traceback", said)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S)


def is_open(sender: socket.socket) -> bool:
    """Send a letter more of a head; tell whether the server still waits for the rest."""
    sender.settimeout(0.05)
    try:
        sender.sendall(b"x")
        return bool(sender.recv(1))
    except TimeoutError:
        return True
    except OSError:
        return False


def answer_of(sender: socket.socket) -> bytes:
    """Read until the server has nothing more to say."""
    answer = b""
    with suppress(ConnectionResetError):  # it did not read all that was sent
        while more := sender.recv(65536):
            answer += more
    return answer


def dripping(port: int, path: str, authorization: str) -> socket.socket:
    """Begin an upload."""
    sender = connected(port)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: shop.example\r\nAuthorization: {authorization}\r\n"
        f"Content-Type: {FORM}\r\nContent-Length: 100000\r\n\r\n"
    )
    sender.sendall(head.encode() + BEGINNING)
    return sender


def drip(sender: socket.socket) -> bytes:
    """Send one byte more; return the answer when there is one."""
    sender.settimeout(0.1)
    try:
        answer = sender.recv(65536)
    except TimeoutError:
        sender.sendall(b"1")
        return b""
    sender.settimeout(WITHIN_S)
    while not answer.endswith(b"}") and (more := sender.recv(65536)):
        answer += more
    return answer
