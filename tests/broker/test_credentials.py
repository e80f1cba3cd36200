"""What a device may do at a real broker, and how its credential comes and goes."""

import secrets
from itertools import islice

import pytest

from cloud.app.domain.errors import Conflict, NotFound, Unavailable
from cloud.app.jobs.broker import BrokerFolder
from cloud.app.services.broker import (
    _run,
    allow_home_assistant,
    create_client,
    forbid_home_assistant,
    revoke,
    role_name,
    rotate,
)
from cloud.app.settings import Settings
from tests.broker.clients import Visitor, ingest, is_welcome
from tests.brokers import settings_for_broker
from wire.home import FILTERS, config_topic, topics_of
from wire.topics import DOWN, UP, topic


@pytest.fixture
def device_id() -> str:
    """A device that no other test uses."""
    return "d-" + secrets.token_hex(4)


def test_a_device_signs_in_with_its_password_only(
    mosquitto: BrokerFolder, broker_settings: Settings, device_id: str
) -> None:
    password = create_client(broker_settings, device_id)
    assert is_welcome(mosquitto, device_id, password)
    assert not is_welcome(mosquitto, device_id, "wrong")
    assert not is_welcome(mosquitto, device_id + "x", password)


def test_a_device_cannot_take_the_client_id_of_another(
    mosquitto: BrokerFolder, broker_settings: Settings, device_id: str
) -> None:
    password = create_client(broker_settings, device_id)
    with Visitor(mosquitto, device_id, password, client_id="d-neighbour") as visitor:
        assert not visitor.is_welcome


def test_a_device_publishes_on_its_own_topics_only(
    mosquitto: BrokerFolder, broker_settings: Settings, device_id: str
) -> None:
    password = create_client(broker_settings, device_id)
    neighbour = device_id + "-2"
    create_client(broker_settings, neighbour)
    own = [topic(device_id, channel) for channel in UP]

    with ingest(mosquitto) as listener, Visitor(mosquitto, device_id, password) as device:
        for channel in UP:
            assert listener.may_subscribe(f"shopbell/1/+/{channel}")
        for forged in (
            *(topic(neighbour, channel) for channel in UP + DOWN),
            *(topic(device_id, channel) for channel in DOWN),
            "shopbell/1/event",
            "$CONTROL/dynamic-security/v1",
        ):
            device.publish(forged)
        for allowed in own:
            device.publish(allowed)
        # the broker keeps the order: what was forged would have come first
        heard = iter(lambda: listener.next_message()[0], None)
        assert list(islice((name for name in heard if device_id in name), len(own))) == own


def test_a_device_listens_to_its_own_topics_only(
    mosquitto: BrokerFolder, broker_settings: Settings, device_id: str
) -> None:
    password = create_client(broker_settings, device_id)
    with Visitor(mosquitto, device_id, password) as device, ingest(mosquitto) as cloud:
        assert all(device.may_subscribe(topic(device_id, channel)) for channel in DOWN)
        for filter_ in (
            "#",
            "$SYS/#",
            "shopbell/1/+/ack",
            "shopbell/1/d-neighbour/command",
            f"shopbell/1/{device_id}/#",
            topic(device_id, "event"),
            "$CONTROL/dynamic-security/v1/response",
        ):
            assert not device.may_subscribe(filter_), filter_
        cloud.publish(topic(device_id, "ack"), b"{}")
        assert device.next_message() == (topic(device_id, "ack"), b"{}")


def test_a_new_password_ends_the_old_one_and_the_connection(
    mosquitto: BrokerFolder, broker_settings: Settings, device_id: str
) -> None:
    old = create_client(broker_settings, device_id)
    with Visitor(mosquitto, device_id, old) as device:
        new = rotate(broker_settings, device_id)
        device.wait_until_ended()
    assert is_welcome(mosquitto, device_id, new)
    assert not is_welcome(mosquitto, device_id, old)


def test_a_revoked_device_is_thrown_out(
    mosquitto: BrokerFolder, broker_settings: Settings, device_id: str
) -> None:
    password = create_client(broker_settings, device_id)
    with Visitor(mosquitto, device_id, password) as device:
        revoke(broker_settings, device_id)
        device.wait_until_ended()
    assert not is_welcome(mosquitto, device_id, password)


def test_a_credential_is_made_once_and_taken_away_once(
    broker_settings: Settings, device_id: str
) -> None:
    create_client(broker_settings, device_id)
    with pytest.raises(Conflict):
        create_client(broker_settings, device_id)
    revoke(broker_settings, device_id)
    with pytest.raises(NotFound):
        revoke(broker_settings, device_id)
    with pytest.raises(NotFound):
        rotate(broker_settings, device_id)


def test_a_broker_that_is_away_is_said_to_be(mosquitto: BrokerFolder) -> None:
    away = settings_for_broker(mosquitto, SHOPBELL_MQTT_PORT="1")
    with pytest.raises(Unavailable, match="expected a connection"):
        create_client(away, "d-1")


def test_nobody_gets_in_without_a_name(mosquitto: BrokerFolder) -> None:
    assert not is_welcome(mosquitto, "", "")


def test_a_device_speaks_to_home_assistant_only_while_it_is_allowed_to(
    mosquitto: BrokerFolder, broker_settings: Settings, device_id: str
) -> None:
    password = create_client(broker_settings, device_id)
    neighbour = config_topic(device_id + "-2", "binary_sensor", "door")
    used = topics_of(device_id)
    hears_all = Visitor(
        mosquitto, "home-assistant-" + device_id, hearing_all(broker_settings, device_id)
    )
    with hears_all as home, Visitor(mosquitto, device_id, password) as device:
        for filter_ in FILTERS:
            assert home.may_subscribe(filter_)

        device.publish(used[0], b"too early")
        allow_home_assistant(broker_settings, device_id)
        device.publish(neighbour, b"forged")
        for name in used:
            device.publish(name, b"allowed", retain=True)
        heard = [home.next_message() for _ in used]
        forbid_home_assistant(broker_settings, device_id)
        removed = [home.next_message() for _ in used]
        device.publish(used[0], b"too late")
        device.publish(topic(device_id, "event"))

    assert heard == [(name, b"allowed") for name in used]
    assert removed == [(name, b"") for name in used]


def hearing_all(settings: Settings, device_id: str) -> str:
    """Let Home Assistant sign in; return its password."""
    name = "home-assistant-" + device_id
    password = create_client(settings, name)
    acls = [{"acltype": "subscribePattern", "topic": "#", "allow": True}]
    acls.append({"acltype": "publishClientReceive", "topic": "#", "allow": True})
    _run(settings, [{"command": "modifyRole", "rolename": role_name(name), "acls": acls}])
    return password
