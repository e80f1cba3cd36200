"""Mail leaves encrypted, signed in, and from who the settings say."""

import datetime as dt
import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from cloud.app.jobs.certificates import Certificates, keep_certificates
from cloud.app.services.messengers import messenger_for
from tests.mail_server import PASSWORD, USER, MailServer, mail_server


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    files = Certificates(tmp_path_factory.mktemp("certificates"))
    keep_certificates(files, ["127.0.0.1"], dt.datetime.now(dt.UTC))
    return files


@pytest.fixture
def server(certificates: Certificates) -> Iterator[MailServer]:
    with mail_server(certificates) as server:
        yield server


@pytest.fixture
def trust(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))


def url_of(server: MailServer, password: str = PASSWORD) -> str:
    return f"smtp://{quote(USER)}:{quote(password)}@127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("sender", "expected"),
    [(None, USER), ("Corner Bakery <hello@shop.example>", "Corner Bakery <hello@shop.example>")],
)
@pytest.mark.usefixtures("trust")
def test_a_message_arrives_from_who_the_settings_say(
    server: MailServer, sender: str | None, expected: str
) -> None:
    messenger_for(url_of(server), sender).send("asha@example.com", "Grüße", "Your code: ₹ 7K3M")
    [message] = server.messages
    assert message["From"] == expected
    assert message["To"] == "asha@example.com"
    text = message.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert text.decode().strip() == "Your code: ₹ 7K3M"
    [(envelope_from, envelope_to)] = server.envelopes
    assert envelope_from == f"FROM:<{USER if sender is None else 'hello@shop.example'}>"
    assert envelope_to == "TO:<asha@example.com>"


@pytest.mark.usefixtures("trust")
def test_nothing_but_the_greeting_travels_in_clear(server: MailServer) -> None:
    messenger_for(url_of(server), None).send("asha@example.com", "Hello", "text")
    assert [line.split()[0].lower() for line in server.in_clear] == [b"ehlo", b"starttls"]


@pytest.mark.usefixtures("trust")
def test_a_wrong_password_is_an_error_that_can_be_caught(server: MailServer) -> None:
    assert issubclass(smtplib.SMTPAuthenticationError, OSError)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        messenger_for(url_of(server, "wrong"), None).send("asha@example.com", "Hello", "text")
    assert server.messages == []


def test_a_server_that_nobody_vouches_for_gets_nothing(
    server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nobody.pem"))
    with pytest.raises(ssl.SSLError):
        messenger_for(url_of(server), None).send("asha@example.com", "Hello", "text")
    assert server.messages == []
