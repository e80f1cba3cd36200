"""A real Mosquitto for tests: one of the test process, and one that a test may stop and kill."""

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from cloud.app.jobs.broker import BrokerFolder, Mosquitto, running_mosquitto
from cloud.app.settings import Settings, from_environment
from simulators.ports import spare_port


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerFolder]:
    """A Mosquitto that runs as long as the test process; `environment()` leads to it."""
    folder = BrokerFolder(tmp_path_factory.mktemp("mosquitto"), spare_port())
    with running_mosquitto(folder):
        yield folder


@pytest.fixture
def own_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A running Mosquitto that only this test uses and may stop, kill and start."""
    with mosquitto_of_its_own(tmp_path_factory) as server:
        yield server


def mosquitto_of_its_own(
    tmp_path_factory: pytest.TempPathFactory,
) -> AbstractContextManager[Mosquitto]:
    """Run another Mosquitto in a folder of its own."""
    return running_mosquitto(BrokerFolder(tmp_path_factory.mktemp("mqtt"), spare_port()))


def settings_for_broker(folder: BrokerFolder, **changed: str) -> Settings:
    """Return settings that lead to a broker, and to no database."""
    return from_environment(
        {
            "SHOPBELL_DATABASE_URL": "postgresql://127.0.0.1:1/none",
            "SHOPBELL_DATABASE_ROLE_PASSWORD": secrets.token_hex(32),
            "SHOPBELL_SECRET_KEY": secrets.token_hex(32),
            **folder.environment(),
            **changed,
        }
    )
