"""The narrow way out for codes and links: a mail server, or the console of a developer."""

import datetime as dt
import smtplib
import ssl
import sys
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

WITHIN_S = 20.0
PORT = 587
# who asks again sooner has pressed twice, or lost the answer: the message is on its way
ON_ITS_WAY = dt.timedelta(seconds=30)


class Messenger(Protocol):
    """Sends a short text to a contact."""

    def reaches(self, to: str) -> bool:
        """Tell whether contacts of this kind can be sent to at all."""

    def send(self, to: str, subject: str, text: str) -> None:
        """Send, or raise OSError (smtplib's errors are such) when it cannot be sent."""


class Console:
    """Prints what it is given: for one's own machine, where nobody has a mail server."""

    def reaches(self, to: str) -> bool:
        return True

    def send(self, to: str, subject: str, text: str) -> None:
        sys.stdout.write(f"--- to {to}: {subject}\n{text}\n---\n")
        sys.stdout.flush()


class Smtp:
    """Sends by `smtp://user:password@host:port`; the connection must be encrypted.

    Without a sender of its own, a message comes from the user's name, which most providers want
    to be an address.
    """

    def __init__(self, url: str, sender: str | None = None) -> None:
        self._url = urlsplit(url)
        self._sender = sender or unquote(self._url.username or "")

    def reaches(self, to: str) -> bool:
        return "@" in to

    def send(self, to: str, subject: str, text: str) -> None:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"], message["Subject"] = to, subject
        message.set_content(text)
        host = self._url.hostname or "localhost"
        with smtplib.SMTP(host, self._url.port or PORT, timeout=WITHIN_S) as server:
            server.starttls(context=ssl.create_default_context())
            server.login(unquote(self._url.username or ""), unquote(self._url.password or ""))
            server.send_message(message)


def messenger_for(smtp_url: str | None, sender: str | None) -> Messenger:
    """Return the mail server where there is one."""
    return Smtp(smtp_url, sender) if smtp_url else Console()
