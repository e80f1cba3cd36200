"""A running ingest, and a device at the broker, for tests that kill and start things."""

import os
import queue
import subprocess
import sys
import uuid
from pathlib import Path
from types import TracebackType

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.settings import Settings, from_environment
from tests.ingest.messages import BOOT
from tests.waiting import WITHIN_S, wait_until
from wire import messages, topics


def environment(settings: Settings, folder: BrokerFolder) -> dict[str, str]:
    """The environment of a process that uses this database and this broker."""
    url = settings.database_url.set(drivername="postgresql")
    return {
        "SHOPBELL_DATABASE_URL": url.render_as_string(hide_password=False),
        "SHOPBELL_DATABASE_ROLE_PASSWORD": settings.database_role_password,
        "SHOPBELL_SECRET_KEY": settings.secret_key,
        **folder.environment(),
    }


def settings_with(settings: Settings, folder: BrokerFolder) -> Settings:
    """The same settings with a broker."""
    return from_environment(environment(settings, folder))


class Ingest:
    """`shopbell ingest` as a process."""

    def __init__(
        self, settings: Settings, folder: BrokerFolder, folder_of_logs: Path, *options: str
    ) -> None:
        self._log = folder_of_logs / f"ingest-{uuid.uuid4().hex[:8]}.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "import shopbell; shopbell.main()", "ingest", *options],
                env=os.environ | environment(settings, folder),
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> "Ingest":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.kill()

    def log(self) -> str:
        return self._log.read_text()

    def wait_until_connected(self) -> "Ingest":
        """Wait until the broker keeps what the devices say for this worker."""
        self.wait_for_log("connected to the broker")
        return self

    def wait_for_log(self, text: str, times: int = 1) -> None:
        wait_until(lambda: self.log().count(text) >= times, f"{text!r} in the log")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        self._process.terminate()
        return self._process.wait(timeout=WITHIN_S)


class Board:
    """A device at the broker, played by the test."""

    def __init__(self, folder: BrokerFolder, device_id: str, password: str) -> None:
        self._id = device_id
        self._commands: queue.SimpleQueue[dict[str, object]] = queue.SimpleQueue()
        self._acks: queue.SimpleQueue[dict[str, int]] = queue.SimpleQueue()
        self._subscribed: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, device_id, clean_session=False)
        self._client.username_pw_set(device_id, password)
        self._client.reconnect_delay_set(1, 1)
        will = messages.encode({"state": "offline", "boot": BOOT})
        self._client.will_set(self._topic("status"), will, qos=1, retain=True)
        self._client.on_connect = lambda client, *_: client.subscribe(
            [(self._topic("ack"), 1), (self._topic("command"), 1)]
        )
        self._client.on_subscribe = lambda *_: self._subscribed.put(None)
        self._client.on_message = self._on_message
        self._client.connect(folder.host, folder.port)
        self._client.loop_start()
        self._subscribed.get(timeout=WITHIN_S)

    def __enter__(self) -> "Board":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, payload: bytes, channel: str = "event") -> None:
        """Publish, and wait until the broker has it."""
        self._client.publish(self._topic(channel), payload, qos=1).wait_for_publish(WITHIN_S)

    def wait_for_ack(self, boot: int, sequence: int) -> None:
        """Wait until the cloud says it has committed this boot up to and with `sequence`."""
        wanted = {"boot": boot, "seq": sequence}
        while (ack := self._acks.get(timeout=WITHIN_S)) != wanted:
            assert ack["seq"] <= sequence, f"expected at most {wanted}, got {ack}"

    def next_command(self) -> dict[str, object]:
        """Wait for what the cloud asks."""
        return self._commands.get(timeout=WITHIN_S)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == self._topic("command"):
            self._commands.put(messages.decode_command(message.payload))
        else:
            self._acks.put(messages.decode_ack(message.payload))

    def vanish(self) -> None:
        """Break the connection without a word, and do not come back."""
        sock = self._client.socket()
        self._client.loop_stop()
        assert sock is not None
        sock.close()

    def _topic(self, channel: str) -> str:
        topic: str = topics.topic(self._id, channel)
        return topic
