"""Reads what Mosquitto says while it runs: reports who was refused, and renews the certificate.

Mosquitto 2.0 tells nobody of a refused message but its debug log: an MQTT 3.1.1 device gets the
same PUBACK as for a good one. `shopbell broker run` therefore lets it say everything into a pipe
that never blocks it, and this process keeps what matters: the refusals go to the ingest worker, and
warnings to the log.
"""

import datetime as dt
import logging
import os
import re
import select
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator

import click
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.jobs.certificates import CertificateError, keep_certificates
from cloud.app.services.mqtt import KEEPALIVE_S, REFUSED_TOPIC
from wire import messages, topics

log = logging.getLogger(__name__)

READ_BYTES = 65_536
REPORT_EVERY_S = 1.0
RENEW_EVERY_S = 24 * 3600.0
# of one device: what it tries beyond is counted with the last of these
TOPICS_MAX = 20
TOPIC_MAX_LENGTH = 200

# every packet of every client is logged: most lines are told apart here, in C
_LINE = re.compile(
    rb"^(?:\d+: )?+(?!(?:Received|Sending) P(?:UBLISH|UBACK|INGREQ|INGRESP) )(.+)\n", re.MULTILINE
)
_DENIED = re.compile(r"Denied PUBLISH from (\S+) \(d\d, q\d, r\d, m\d+, '(.*)', \.\.\. \(")
_SUBSCRIBES = re.compile(r"Received SUBSCRIBE from (\S+)$")
_FILTER = re.compile(r"\t(.*) \(QoS \d\)$")
_GRANTED = re.compile(r"(\S+) \d (.*)$")
_END = re.compile(r"Sending SUBACK to (\S+)$")
_ROUTINE = re.compile(
    r"(Received|Sending|Denied) [A-Z]+ (from|to) |\t|dynsec: |No will message|Will message"
    r"|\S+ \d \S+$|\S+ \S+$"
)

Refusal = tuple[str, str]
Report = Callable[[list[dict[str, object]]], None]


class Refusals:
    """Finds in the lines of Mosquitto's log who was refused what: (client, topic)."""

    def __init__(self) -> None:
        self._client = ""
        self._asked: list[str] = []

    def read(self, line: str) -> list[Refusal]:
        """Take in the next line; return the refusals that are complete with it."""
        if found := _DENIED.match(line):
            return [(found[1], found[2])]
        if found := _SUBSCRIBES.match(line):
            self._client, self._asked = found[1], []
        elif found := _FILTER.match(line):
            self._asked.append(found[1])
        elif (found := _GRANTED.match(line)) and found[1] == self._client:
            self._asked = [asked for asked in self._asked if asked != found[2]]
        elif (found := _END.match(line)) and found[1] == self._client:
            refused, self._asked = self._asked, []
            return [(self._client, asked) for asked in refused if _is_foreign(self._client, asked)]
        return []


class Tally:
    """Counts refusals until they are reported, and remembers few topics of each device."""

    def __init__(self) -> None:
        self._times: Counter[Refusal] = Counter()
        self._topics: dict[str, list[str]] = {}

    def add(self, client: str, topic: str) -> None:
        known = self._topics.setdefault(client, [])
        if topic not in known:
            if len(known) < TOPICS_MAX:
                known.append(topic)
            else:
                topic = known[-1]
        self._times[client, topic] += 1

    def take(self) -> list[dict[str, object]]:
        """Return the reports, and begin anew."""
        taken, self._times = self._times, Counter()
        return [
            {"device": client, "topic": topic[:TOPIC_MAX_LENGTH], "times": times}
            for (client, topic), times in taken.items()
        ]


class Reporter:
    """A connection to the broker that is watched. What it cannot send waits."""

    def __init__(self, host: str, port: int, username: str, password: str) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "shopbell-watch")
        self._client.username_pw_set(username, password)
        self._client.reconnect_delay_set(min_delay=1, max_delay=30)
        self._client.connect_async(host, port, KEEPALIVE_S)
        self._client.loop_start()

    def report(self, refusals: list[dict[str, object]]) -> None:
        """Tell the ingest worker."""
        for refusal in refusals:
            self._client.publish(REFUSED_TOPIC, messages.encode(refusal), qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Watch:
    """Reads until the broker ends."""

    def __init__(self, folder: BrokerFolder, report: Report, broker_pid: int) -> None:
        self._folder = folder
        self._report = report
        self._broker_pid = broker_pid
        self._refusals = Refusals()
        self._tally = Tally()
        self._report_at = self._renew_at = 0.0

    def run(self, pipe: int) -> None:
        """Report refusals every second, renew every day, and pass on what is no routine."""
        for line in _lines(pipe):
            for refusal in self._refusals.read(line):
                self._tally.add(*refusal)
            if line and not _ROUTINE.match(line):
                click.echo(line, err=True)
            self._tick(time.monotonic())

    def _tick(self, now_s: float) -> None:
        if now_s >= self._report_at:
            self._report_at = now_s + REPORT_EVERY_S
            self._report(self._tally.take())
        if now_s >= self._renew_at:
            self._renew_at = now_s + RENEW_EVERY_S
            self.renew(dt.datetime.now(dt.UTC))

    def renew(self, now: dt.datetime) -> None:
        """Renew the certificate when its end is near; Mosquitto reads the new one."""
        if self._folder.tls is None:
            return
        try:
            if keep_certificates(self._folder.certificates, self._folder.tls.names, now):
                os.kill(self._broker_pid, signal.SIGHUP)
        except CertificateError as error:
            log.error("the broker's certificate cannot be renewed: %s", error)


def _lines(pipe: int) -> Iterator[str]:
    """Return lines that are not about single packets, and an empty one when nothing is said."""
    rest = b""
    while True:
        ready, _, _ = select.select([pipe], [], [], REPORT_EVERY_S)
        if ready:
            block = os.read(pipe, READ_BYTES)
            if not block:
                return
            whole, newline, rest = (rest + block).rpartition(b"\n")
            for found in _LINE.finditer(whole + newline):
                yield found[1].decode(errors="replace")
        yield ""


def _is_foreign(client: str, topic: str) -> bool:
    """A lost line must not accuse anybody: what is a device's own is always granted."""
    try:
        device, _ = topics.parse(topic)
    except topics.TopicError:
        return True
    return bool(device != client)
