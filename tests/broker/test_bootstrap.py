"""The broker's folder: written once, kept, and said what is wrong with it."""

import stat
from pathlib import Path

import pytest

from cloud.app.jobs.broker import (
    ADMIN,
    INGEST,
    BrokerError,
    BrokerFolder,
    Mosquitto,
    prepare,
    running_mosquitto,
)
from cloud.app.services.broker import create_client
from simulators.ports import spare_port
from tests.broker.clients import is_welcome
from tests.brokers import settings_for_broker


def test_secrets_are_made_once_and_only_we_may_read_them(tmp_path: Path) -> None:
    folder = BrokerFolder(tmp_path, 1883)
    prepare(folder)
    first = folder.secret_file(ADMIN).read_text()
    prepare(folder)

    assert folder.secret_file(ADMIN).read_text() == first
    assert folder.secret_file(INGEST).read_text() != first
    for file in (folder.secret_file(ADMIN), folder.secret_file(INGEST), folder.dynamic_security):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_password_stands_in_the_broker_s_files(tmp_path: Path) -> None:
    folder = BrokerFolder(tmp_path, 1883)
    prepare(folder)
    written = folder.dynamic_security.read_text() + folder.configuration.read_text()
    for name in (ADMIN, INGEST):
        assert name in written
        assert folder.secret_file(name).read_text() not in written


def test_every_limit_that_loses_messages_is_set_on_purpose(tmp_path: Path) -> None:
    folder = BrokerFolder(tmp_path, 1883)
    prepare(folder)
    lines = dict(
        line.split(maxsplit=1)
        for line in folder.configuration.read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert lines["max_inflight_messages"] == "4000"
    assert int(lines["max_queued_messages"]) > 1000
    assert lines["persistence"] == "true"
    assert lines["allow_anonymous"] == "false"


def test_credentials_of_devices_survive_a_restart(tmp_path: Path) -> None:
    folder = BrokerFolder(tmp_path, spare_port())
    with running_mosquitto(folder):
        password = create_client(settings_for_broker(folder), "d-1")
    with running_mosquitto(folder):
        assert is_welcome(folder, "d-1", password)


def test_a_taken_port_is_a_clear_error(mosquitto: BrokerFolder, tmp_path: Path) -> None:
    folder = BrokerFolder(tmp_path, mosquitto.port)
    prepare(folder)
    with pytest.raises(BrokerError, match=f"expected port {mosquitto.port}"):
        Mosquitto(folder).start()
