"""What virtual boards talk to in tests and benchmarks: a Mosquitto, a cloud that acknowledges."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from simulators.ports import spare_port
from wire import messages, topics


def wait_until(condition: Callable[[], Any], timeout_s: float = 90) -> Any:
    """Wait until the condition holds and return its value; fail when it never will.

    The time is no promise about speed: a machine under load is as slow as it likes.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"expected to happen within {timeout_s} s: {condition}")


class Broker:
    """A Mosquitto that can be stopped and started on the same port; it keeps its sessions.

    With a certificate and its key it listens on `tls_port` too.
    """

    def __init__(self, folder: Path, tls: tuple[Path, Path] | None = None) -> None:
        self.port, self.tls_port = spare_port(), spare_port()
        config = f"listener {self.port} 127.0.0.1\n"
        if tls is not None:
            config += f"listener {self.tls_port} 127.0.0.1\ncertfile {tls[0]}\nkeyfile {tls[1]}\n"
        config += f"allow_anonymous true\npersistence true\npersistence_location {folder}/\n"
        config += "max_queued_messages 0\nset_tcp_nodelay true\n"  # as in production
        if os.geteuid() == 0:
            config += "user root\n"  # else it cannot read the key of a private folder
        self._config = folder / "mosquitto.conf"
        self._config.write_text(config)
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._accepts)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _send_at_once(_: mqtt.Client, __: object, sock: Any) -> None:
    # as the ingest worker does: else acks wait 40 ms for the acknowledgement of a PUBACK
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Cloud:
    """Takes events and answers with the commit watermark, as the ingest worker does."""

    def __init__(self, port: int) -> None:
        self.events: dict[tuple[str, int, int], dict[str, Any]] = {}
        self.received = 0
        self.statuses: list[dict[str, Any]] = []
        self.replies: list[dict[str, Any]] = []
        self.acknowledges = True
        self._lock = threading.Lock()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="cloud", clean_session=False
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_socket_open = _send_at_once
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def kinds(self, kind: str) -> list[dict[str, Any]]:
        """Return the stored events of one kind, in the device's order."""
        with self._lock:
            return [e for _, e in sorted(self.events.items()) if e["kind"] == kind]

    def publish(self, device: str, channel: str, message: dict[str, Any]) -> None:
        self._client.publish(topics.topic(device, channel), messages.encode(message), qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        for channel in topics.UP:
            client.subscribe(topics.subscription(channel), qos=1)

    def _on_message(self, _: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        device, channel = topics.parse(message.topic)
        decode: Callable[[bytes], Any] = messages.DECODERS[channel]
        decoded = decode(bytes(message.payload))
        if channel == "status":
            self.statuses.append(decoded)
            for boot, last in decoded.get("gone", ()):
                self._acknowledge(device, boot, last)
        elif channel == "reply":
            self.replies.append(decoded)
        else:
            self._store(device, *decoded)

    def _store(self, device: str, batch: dict[str, Any], rejected: list[Any]) -> None:
        assert rejected == []
        with self._lock:
            self.received += len(batch["events"])
            for event in batch["events"]:
                self.events[device, batch["boot"], event["seq"]] = event
            committed = batch["oldest"] - 1
            while (device, batch["boot"], committed + 1) in self.events:
                committed += 1
        self._acknowledge(device, batch["boot"], committed)

    def _acknowledge(self, device: str, boot: int, sequence: int) -> None:
        if self.acknowledges:
            self.publish(device, "ack", {"boot": boot, "seq": sequence})
