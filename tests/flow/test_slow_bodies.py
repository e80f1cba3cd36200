"""The server of the Procfile, and senders who drip: they are cut off, and others are served."""

import socket
import time
from contextlib import ExitStack
from pathlib import Path

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.settings import Settings
from tests.flow.test_metrics import Owner
from tests.installation import running
from tests.waiting import WITHIN_S

DRIPPING = 6
UPLOAD_WITHIN_S = 2
FORM = "multipart/form-data; boundary=b"
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
        served, answers = 0, [b""] * DRIPPING
        give_up_at = time.monotonic() + WITHIN_S
        while not all(answers):
            assert time.monotonic() < give_up_at, answers
            owner.post(f"{owner.shop}/customers", {"name": "Asha"})
            served += 1
            answers = [known or drip(one) for known, one in zip(answers, senders, strict=True)]
    assert served > 1
    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"Expected the whole file within 2 s, got a part of it." in answer


def dripping(port: int, path: str, authorization: str) -> socket.socket:
    """Begin an upload."""
    sender = socket.create_connection(("127.0.0.1", port), timeout=0.1)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: shop.example\r\nAuthorization: {authorization}\r\n"
        f"Content-Type: {FORM}\r\nContent-Length: 100000\r\n\r\n"
    )
    sender.sendall(head.encode() + BEGINNING)
    return sender


def drip(sender: socket.socket) -> bytes:
    """Send one byte more; return the answer when there is one."""
    try:
        answer = sender.recv(65536)
    except TimeoutError:
        sender.sendall(b"1")
        return b""
    while not answer.endswith(b"}") and (more := sender.recv(65536)):
        answer += more
    return answer
