"""The broker of the tests, and settings that lead to it."""

import pytest

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.settings import Settings
from tests.brokers import settings_for_broker


@pytest.fixture
def broker_settings(mosquitto: BrokerFolder) -> Settings:
    """Settings with the administrator of the test's broker, and a database nobody asks."""
    return settings_for_broker(mosquitto)
