"""A mail server for the tests: it insists on TLS and a password, and keeps what it is sent."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

from cloud.app.jobs.certificates import Certificates

USER = "bakery@example.com"
PASSWORD = "over the counter"


@dataclass
class MailServer:
    """Where it listens, what it received, and who each message was from and to."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    # what was said before the connection was encrypted
    in_clear: list[bytes] = field(default_factory=list)


@contextmanager
def mail_server(files: Certificates) -> Iterator[MailServer]:
    """Serve mail on a spare port of this machine."""
    kept = MailServer()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _converse(self, kept, context)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()


def _converse(
    session: socketserver.StreamRequestHandler, kept: MailServer, context: ssl.SSLContext
) -> None:
    is_encrypted = is_known = False
    sender = ""

    def say(line: str) -> None:
        session.wfile.write(f"{line}\r\n".encode())

    say("220 ready")
    while line := session.rfile.readline():
        if not is_encrypted:
            kept.in_clear.append(line)
        words = line.decode().split()
        match words[0].upper():
            case "EHLO":
                say("250-here")
                say("250 AUTH PLAIN" if is_encrypted else "250 STARTTLS")
            case "STARTTLS":
                say("220 go on")
                try:
                    session.request = context.wrap_socket(session.request, server_side=True)
                except ssl.SSLError:
                    return  # the other side does not trust us
                session.rfile = session.request.makefile("rb")
                session.wfile = session.request.makefile("wb", buffering=0)  # type: ignore[assignment]
                is_encrypted = True
            case "AUTH":
                given = base64.b64decode(words[2]).decode().split("\0")
                is_known = is_encrypted and given[1:] == [USER, PASSWORD]
                say("235 welcome" if is_known else "535 no")
            case "MAIL" if is_known:
                sender = words[1]
                say("250 ok")
            case "RCPT" if is_known:
                kept.envelopes.append((sender, words[1]))
                say("250 ok")
            case "DATA" if is_known:
                say("354 go on")
                kept.messages.append(message_from_bytes(_until_dot(session)))
                say("250 kept")
            case "QUIT":
                say("221 bye")
                return
            case _:
                say("530 sign in first")


def _until_dot(session: socketserver.StreamRequestHandler) -> bytes:
    lines = []
    while (line := session.rfile.readline()) != b".\r\n":
        lines.append(line)
    return b"".join(lines)
