"""A broker in simulated time: answers at once, or misbehaves; and a cloud that commits, or not."""

import asyncio
import json

import mqtt
import simulated


class Broker:
    """What the firmware's link finds in the place of the network, once it is `installed`."""

    def __init__(self):
        self.attempts = []  # the times in ms
        self.packets = []  # with their times
        self.is_silent = False
        self.acknowledges = False
        self.fault = None  # what asking for its name raises
        self.hangs = False
        self.greeting = b"\x20\x02\x00\x00"
        self._stream = None

    def install(self):
        """Take the place of the network."""
        asyncio.open_connection = self._open_connection
        mqtt.resolve = self._resolve
        return self

    def kinds(self):
        """Return when packets of which kind came: [(kind, ms)]."""
        return [(packet[0] & 0xF0, at) for packet, at in self.packets]

    def messages(self, channel):
        """Return what was published on a channel, decoded."""
        found = []
        for packet, _ in self.packets:
            if packet[0] & 0xF0 == 0x30:
                topic, content = _published(packet)
                if topic.endswith(b"/" + channel.encode()):
                    found.append(json.loads(content))
        return found

    def events(self, kind):
        """Return the events of a kind that were sent."""
        batches = self.messages("event")
        return [event for batch in batches for event in batch["events"] if event["kind"] == kind]

    def send(self, channel, message):
        """Publish something for the device."""
        name = b"shopbell/1/front/" + channel.encode()
        body = bytes((0, len(name))) + name + json.dumps(message).encode()
        self._stream.hear(b"\x30" + bytes((len(body),)) + body)

    def take(self, packet):
        """Receive a packet and return the answer to it."""
        packet = bytes(packet)
        self.packets.append((packet, simulated.Time.elapsed_ms))
        if self.is_silent:
            return b""
        kind = packet[0] & 0xF0
        if kind == 0x30 and self.acknowledges and b"/event" in packet:
            batch = json.loads(_published(packet)[1])
            self.send("ack", {"boot": batch["boot"], "seq": batch["events"][-1]["seq"]})
        answers = {0x10: self.greeting, 0x80: b"\x90\x03\x00\x01\x01", 0xC0: b"\xd0\x00"}
        return answers.get(kind, b"")

    async def _resolve(self, _name):
        self.attempts.append(simulated.Time.elapsed_ms)
        if self.fault is not None:
            raise self.fault
        return "192.0.2.1"

    async def _open_connection(self, *_):
        if self.hangs:
            await asyncio.sleep(10**6)
        self._stream = Stream(self)
        return self._stream, self._stream


class Stream:
    """A connection to the broker, as asyncio has it."""

    out_buf = b""

    def __init__(self, broker):
        self.s = self
        self._broker = broker
        self._answer = bytearray()
        self._arrived = asyncio.Event()
        self._is_closed = False

    def close(self):
        self._is_closed = True
        self._arrived.set()

    def hear(self, packet):
        self._answer.extend(packet)
        self._arrived.set()

    async def readexactly(self, size):
        while len(self._answer) < size:
            if self._is_closed:
                raise EOFError
            self._arrived.clear()
            await self._arrived.wait()
        part = bytes(self._answer[:size])
        self._answer = self._answer[size:]
        return part

    def write(self, packet):
        answer = self._broker.take(packet)
        if answer:
            self.hear(answer)


def _published(packet):
    """Return (topic, payload) of a PUBLISH."""
    at = 1
    while packet[at] & 0x80:
        at += 1
    at += 1
    end = at + 2 + (packet[at] << 8 | packet[at + 1])
    return packet[at + 2 : end], packet[end + 2 if packet[0] & 6 else end :]
