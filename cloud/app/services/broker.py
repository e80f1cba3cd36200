"""The devices' credentials at the broker: made, changed and taken away while it runs.

Mosquitto's dynamic security plugin takes commands on a control topic from the administrator. Each
device has a role of its own: a role of Mosquitto 2.0 cannot say "the topics of whoever signs in".
"""

import json
import logging
import queue
import secrets
import uuid
from collections.abc import Sequence
from typing import Any

from paho.mqtt.client import Client, MQTTMessage

from cloud.app.domain.errors import Conflict, NotFound, Unavailable
from cloud.app.services.mqtt import KEEPALIVE_S, REFUSED_TOPIC, SHARE, mqtt_client
from cloud.app.settings import Settings
from wire import topics
from wire.home import FILTERS as HOME_FILTERS
from wire.home import topics_of

log = logging.getLogger(__name__)

CONTROL_TOPIC = "$CONTROL/dynamic-security/v1"
RESPONSE_TOPIC = CONTROL_TOPIC + "/response"
ANSWER_WITHIN_S = 5.0
# in one message: the broker refuses long ones (message_size_limit)
COMMANDS_MAX = 20

Command = dict[str, Any]


def create_client(settings: Settings, device_id: str) -> str:
    """Let a device sign in; return its password, which is kept nowhere else."""
    return create_clients(settings, [device_id])[device_id]


def create_clients(settings: Settings, device_ids: Sequence[str]) -> dict[str, str]:
    """Let several devices sign in over one connection; return their passwords."""
    passwords = {device_id: _new_password() for device_id in device_ids}
    commands: list[Command] = []
    for device_id, password in passwords.items():
        commands += [_create_role(device_id), _create_client(device_id, password)]
    _run(settings, commands)
    return passwords


def rotate(settings: Settings, device_id: str) -> str:
    """Give a device a new password and end its connection; return the password."""
    password = _new_password()
    change = {"command": "setClientPassword", "username": device_id, "password": password}
    _run(settings, [change])
    return password


def revoke(settings: Settings, device_id: str) -> None:
    """Take a device's credential away and end its connection."""
    _run(
        settings,
        [
            {"command": "deleteClient", "username": device_id},
            {"command": "deleteRole", "rolename": role_name(device_id)},
        ],
    )


def allow_home_assistant(settings: Settings, device_id: str) -> None:
    """Let a device announce itself to Home Assistant."""
    _run(settings, [_home_acl("addRoleACL", device_id, topic) for topic in topics_of(device_id)])


def forbid_home_assistant(settings: Settings, device_id: str) -> None:
    """Take that back, and remove what the broker has retained of it."""
    found = topics_of(device_id)
    _run(settings, [_home_acl("removeRoleACL", device_id, topic) for topic in found], clear=found)


def _home_acl(command: str, device_id: str, topic: str) -> Command:
    found: Command = {"command": command, "rolename": role_name(device_id)}
    return {**found, "acltype": "publishClientSend", "topic": topic, "allow": True}


def role_name(device_id: str) -> str:
    """Return the name of a device's role."""
    return f"device-{device_id}"


def device_role(device_id: str) -> Command:
    """Return the role of a device: its own topics, no wildcard."""
    allowed = [("publishClientSend", topics.topic(device_id, channel)) for channel in topics.UP]
    for channel in topics.DOWN:
        allowed += _listening("subscribeLiteral", topics.topic(device_id, channel))
    return _role(role_name(device_id), allowed)


def ingest_role(name: str) -> Command:
    """Return the role of the ingest: it hears every device, and answers every device."""
    allowed = []
    for filter_ in (*(topics.subscription(channel) for channel in topics.UP), REFUSED_TOPIC):
        allowed += _listening("subscribePattern", filter_)
        allowed.append(("subscribePattern", SHARE + filter_))
    allowed += [("publishClientSend", topics.subscription(channel)) for channel in topics.DOWN]
    return _role(name, allowed)


def admin_role(name: str) -> Command:
    """Return the role of the administrator: credentials, the broker's own figures, refusals, and
    the removal of what boards have told Home Assistant."""
    sends = (CONTROL_TOPIC, REFUSED_TOPIC, *HOME_FILTERS)
    allowed = [("publishClientSend", topic) for topic in sends]
    for filter_ in (f"{CONTROL_TOPIC}/#", "$SYS/#"):
        allowed += _listening("subscribePattern", filter_)
    return _role(name, allowed)


def _listening(kind: str, topic: str) -> list[tuple[str, str]]:
    return [(kind, topic), ("publishClientReceive", topic)]


def _role(name: str, allowed: list[tuple[str, str]]) -> Command:
    return {
        "rolename": name,
        "acls": [{"acltype": kind, "topic": topic, "allow": True} for kind, topic in allowed],
    }


def _create_role(device_id: str) -> Command:
    return {"command": "createRole", **device_role(device_id)}


def _create_client(device_id: str, password: str) -> Command:
    return {
        "command": "createClient",
        "username": device_id,
        # with another id it could end the connection of a neighbour
        "clientid": device_id,
        "password": password,
        "roles": [{"rolename": role_name(device_id)}],
    }


def _new_password() -> str:
    return secrets.token_urlsafe(32)


def _run(settings: Settings, commands: list[Command], clear: Sequence[str] = ()) -> None:
    if settings.mqtt_admin_username is None:
        log.warning("the broker has no dynamic security: it does not check who signs in")
        return
    conversation = _Conversation(settings)
    try:
        conversation.begin()
        for start in range(0, len(commands), COMMANDS_MAX):
            for answer in conversation.ask(commands[start : start + COMMANDS_MAX]):
                _check(answer)
        conversation.clear(clear)
    finally:
        conversation.end()


def _check(answer: Command) -> None:
    error = answer.get("error")
    if error is None:
        return
    if "already exists" in error:
        raise Conflict(f"broker: {error}")
    if "not found" in error:
        raise NotFound(f"broker: {error}")
    raise Unavailable(f"broker: {answer.get('command')} failed: {error}")


class _Conversation:
    """One connection of the administrator, for one list of commands."""

    def __init__(self, settings: Settings) -> None:
        self._events: queue.SimpleQueue[Command | str] = queue.SimpleQueue()
        self._client = mqtt_client(
            settings,
            f"shopbell-admin-{uuid.uuid4().hex[:12]}",
            username=settings.mqtt_admin_username,
            password=settings.mqtt_admin_password,
            of_class=Client,
        )
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._events.put("subscribed")
        self._client.on_message = self._on_message
        try:
            self._client.connect(settings.mqtt_host, settings.mqtt_port, KEEPALIVE_S)
        except OSError as error:
            raise Unavailable(f"broker: expected a connection, got {error.strerror}") from None
        self._client.loop_start()

    def begin(self) -> None:
        """Wait until answers can be heard."""
        for expected in ("connected", "subscribed"):
            found = self._next()
            if found != expected:
                raise Unavailable(f"broker: expected to be {expected}, got {found}")

    def ask(self, commands: list[Command]) -> list[Command]:
        """Send commands in one message and return their answers."""
        token = uuid.uuid4().hex
        tagged = [{**command, "correlationData": token} for command in commands]
        self._client.publish(CONTROL_TOPIC, json.dumps({"commands": tagged}), qos=1)
        answers: list[Command] = []
        while len(answers) < len(commands):
            answer = self._next()
            if isinstance(answer, dict) and answer.get("correlationData") == token:
                answers.append(answer)
        return answers

    def clear(self, retained: Sequence[str]) -> None:
        """Remove what the broker retains on some topics."""
        for topic in retained:
            self._client.publish(topic, b"", qos=1, retain=True).wait_for_publish(ANSWER_WITHIN_S)

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _next(self) -> Command | str:
        try:
            return self._events.get(timeout=ANSWER_WITHIN_S)
        except queue.Empty:
            raise Unavailable(
                f"broker: expected an answer within {ANSWER_WITHIN_S:g} s, got none"
            ) from None

    def _on_connect(self, client: Client, *details: Any) -> None:
        reason = details[2]
        if reason.is_failure:
            self._events.put(str(reason))
            return
        self._events.put("connected")
        client.subscribe(RESPONSE_TOPIC, qos=1)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        for answer in json.loads(message.payload).get("responses", ()):
            self._events.put(answer)
