"""The listener for boards: encrypted, under an authority of the installation's own."""

import datetime as dt
import ssl
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from click.testing import CliRunner
from paho.mqtt.enums import CallbackAPIVersion

from cloud.app.domain.errors import Unavailable
from cloud.app.jobs.broker import BrokerFolder, Encrypted, running_mosquitto
from cloud.app.jobs.broker_cli import broker
from cloud.app.jobs.certificates import (
    RENEW_BEFORE,
    CertificateError,
    Certificates,
    expires_at,
    keep_certificates,
)
from cloud.app.services.broker import create_client
from cloud.app.services.devices import credential
from simulators.ports import spare_port
from tests.broker.clients import is_welcome
from tests.brokers import settings_for_broker
from tests.waiting import WITHIN_S

NAMES = ("localhost",)
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerFolder]:
    """A Mosquitto with both listeners."""
    tls = Encrypted(spare_port(), NAMES, "127.0.0.1")
    folder = BrokerFolder(tmp_path_factory.mktemp("tls"), spare_port(), tls=tls)
    with running_mosquitto(folder):
        yield folder


def arrives(folder: BrokerFolder, host: str, authority: Path, password: str) -> bool:
    """Tell whether a device signs in that checks authority and name; raise what TLS raises."""
    said: list[bool] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "d-1", reconnect_on_failure=False)
    client.username_pw_set("d-1", password)
    client.tls_set(str(authority))

    def on_connect(connected: mqtt.Client, *details: object) -> None:
        said.append(not details[2].is_failure)  # type: ignore[attr-defined]
        connected.disconnect()

    client.on_connect = on_connect
    assert folder.tls is not None
    client.connect(host, folder.tls.port, keepalive=int(WITHIN_S))
    client.loop_forever()
    return said == [True]


def test_a_device_that_checks_authority_and_name_signs_in(encrypted: BrokerFolder) -> None:
    # the cloud speaks to the same broker by its local listener
    password = create_client(settings_for_broker(encrypted), "d-1")
    authority = encrypted.certificates.authority
    assert arrives(encrypted, "localhost", authority, password)
    assert not arrives(encrypted, "localhost", authority, "wrong")
    assert is_welcome(encrypted, "d-1", password)


def test_a_device_refuses_another_authority_and_another_name(
    encrypted: BrokerFolder, tmp_path: Path
) -> None:
    stranger = Certificates(tmp_path)
    keep_certificates(stranger, NAMES, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
        arrives(encrypted, "localhost", stranger.authority, "-")
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        # the same machine by a name that does not stand in the certificate
        arrives(encrypted, "127.0.0.1", encrypted.certificates.authority, "-")


def test_nobody_speaks_in_the_open_on_the_encrypted_port(encrypted: BrokerFolder) -> None:
    assert encrypted.tls is not None
    open_client = mqtt.Client(CallbackAPIVersion.VERSION2, "d-1", reconnect_on_failure=False)
    told: list[str] = []
    open_client.on_connect = lambda *_: told.append("connected")
    open_client.connect("127.0.0.1", encrypted.tls.port)
    open_client.loop_forever()
    assert told == []


def test_the_api_gives_a_device_the_authority_to_check(encrypted: BrokerFolder) -> None:
    authority = encrypted.certificates.authority
    settings = settings_for_broker(encrypted, SHOPBELL_MQTT_PUBLIC_CA_FILE=str(authority))
    given = credential(settings, "d-1", "secret")["mqtt_ca"]
    body = authority.read_text().split("-----")[2]
    assert given == body.replace("\n", "")

    assert credential(settings_for_broker(encrypted), "d-1", "secret")["mqtt_ca"] is None
    gone = settings_for_broker(encrypted, SHOPBELL_MQTT_PUBLIC_CA_FILE="/none/ca.pem")
    with pytest.raises(Unavailable, match="expected its CA's certificate"):
        credential(gone, "d-1", "secret")


def test_the_authority_stays_and_the_certificate_is_renewed_before_its_end(tmp_path: Path) -> None:
    files = Certificates(tmp_path)
    assert keep_certificates(files, NAMES, NOW)
    authority, first = files.authority.read_bytes(), files.certificate.read_bytes()
    assert not keep_certificates(files, NAMES, NOW)
    assert files.certificate.read_bytes() == first

    late = expires_at(files.certificate) - RENEW_BEFORE + dt.timedelta(days=1)
    assert keep_certificates(files, NAMES, late)
    assert files.certificate.read_bytes() != first
    assert files.authority.read_bytes() == authority
    check = ["openssl", "verify", "-CAfile", files.authority, files.certificate]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0


def test_other_names_make_another_certificate(tmp_path: Path) -> None:
    files = Certificates(tmp_path)
    keep_certificates(files, ("broker.example",), NOW)
    assert keep_certificates(files, ("broker.example", "10.0.0.7"), NOW)
    assert not keep_certificates(files, ("broker.example", "10.0.0.7"), NOW)


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    files = Certificates(tmp_path)
    keep_certificates(files, NAMES, NOW)
    for key in (files.authority_key, files.key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_without_openssl_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CertificateError, match="expected the program openssl"):
        keep_certificates(Certificates(tmp_path), NAMES, NOW)


def test_a_port_without_a_name_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(broker, ["init", "--folder", str(tmp_path), "--tls-port", "8883"])
    assert done.exit_code == 2
    assert "expected --tls-port and --tls-name together" in done.output
