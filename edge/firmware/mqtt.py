"""`umqtt.simple` mended: one write a packet, ids that wrap, nothing that blocks, one kind of error.

umqtt.simple reads and writes a blocking socket, in small pieces. Here it sees a complete packet in
memory instead: what arrives is collected by asyncio first and then parsed by umqtt.simple, and what
it writes is collected and sent in one piece. An application acknowledges its messages itself, so
that `publish` does not wait for PUBACK.
"""

import asyncio
import struct
import time

import buffers
from buffers import HEAD_BYTES
from micropython import const
from resolver import resolve
from umqtt.simple import MQTTClient, MQTTException

_CONNECT = const(0x10)
_CONNACK = const(0x20)
_PUBLISH = const(0x30)
_SUBSCRIBE = const(0x82)
_SUBACK = const(0x90)

_CONNECT_DEADLINE_MS = const(15000)
_WRITE_DEADLINE_MS = const(10000)
_WORD = const(">H")
_PROTOCOL = const(">H4sBBH")
_PACKET_MAX_BYTES = const(4096)  # the cloud sends acks and commands only
_PID_MAX = const(65535)


# What blocks is replaced below; its code would take memory that a board has better uses for.
for name in ("connect", "disconnect", "publish", "subscribe", "check_msg", "_send_str"):
    delattr(MQTTClient, name)


class LinkError(Exception):
    """The link is lost or was refused. The only error that leaves this module."""


async def within(coro, deadline_ms, what):
    """Await something of the link; every failure, a passed deadline too, becomes a LinkError."""
    try:
        return await asyncio.wait_for_ms(coro, deadline_ms)
    except asyncio.TimeoutError:
        raise LinkError("%s: expected within %d ms, it is not there" % (what, deadline_ms))
    except (OSError, EOFError, IndexError, ValueError, AssertionError, MQTTException) as error:
        raise LinkError("%s: failed with %r" % (what, error))


class _Packet:
    """What umqtt.simple takes for its socket: one received packet, and what is to be sent."""

    def __init__(self):
        self._received = b""
        self._at = 0
        self.to_send = bytearray()

    def feed(self, packet):
        self._received = packet
        self._at = 0

    def read(self, size):
        self._at += size
        return self._received[self._at - size : self._at]

    def write(self, data, size=None):
        self.to_send.extend(data if size is None else data[:size])

    def setblocking(self, _):
        pass


class Client(MQTTClient):
    """An MQTT 3.1.1 client for one reading and one writing task.

    Messages are put together in `buffers.packet`; a payload that was made there is not copied.
    """

    def __init__(self, client_id, server, port, user=None, password=None, keepalive=60, tls=None):
        super().__init__(client_id, server, port, user, password, keepalive)
        self.tls = tls
        self._buffer = memoryview(buffers.packet)
        self.sock = _Packet()
        self._received_ticks = 0
        self._stream = None

    async def connect(self, clean_session=True, deadline_ms=_CONNECT_DEADLINE_MS):
        """Open the connection and introduce ourselves."""
        await within(self._connect(clean_session), deadline_ms, "connect")

    async def publish(self, topic, msg, retain=False, qos=1):
        """Send a message in one write, together with what is owed to the broker; topic in bytes."""
        buffer = self._buffer
        end = HEAD_BYTES + len(msg)
        buffer[HEAD_BYTES:end] = msg
        start = HEAD_BYTES
        if qos:
            start -= 2
            struct.pack_into(_WORD, buffer, start, self._next_pid())
        start -= len(topic)
        buffer[start : start + len(topic)] = topic
        start -= 2
        struct.pack_into(_WORD, buffer, start, len(topic))
        length = end - start
        start -= 1
        if length > 0x7F:
            buffer[start] = length >> 7
            start -= 1
            length |= 0x80
        buffer[start] = length & 0xFF
        start -= 1
        buffer[start] = _PUBLISH | qos << 1 | retain
        replies = self.sock.to_send
        if replies and len(replies) <= start:
            # else their acknowledgement, which comes 40 ms late, would hold the message up (Nagle)
            buffer[start - len(replies) : start] = replies
            start -= len(replies)
            self.sock.to_send = bytearray()
        await self._send(buffer[start:end])

    async def subscribe(self, topic, qos=1):
        """Ask for a topic; the broker's answer comes through `receive`."""
        packet = bytearray()
        packet.append(_SUBSCRIBE)
        _append_length(packet, 2 + 2 + len(topic) + 1)
        packet.extend(struct.pack(_WORD, self._next_pid()))
        _append_text(packet, topic)
        packet.append(qos)
        await self._send(packet)

    async def ping(self):
        """Ask for a sign of life, which `receive` will see."""
        super().ping()
        await self.send_replies()

    async def receive(self):
        """Wait for one packet and handle it; a message goes to the callback.

        There is no deadline here, which would cost a task for each packet: whoever sends looks at
        `silent_ms`.
        """
        try:
            packet = await self._read_packet()
        except (OSError, EOFError, IndexError, ValueError) as error:
            raise LinkError("packet: failed with %r" % error)
        self._received_ticks = time.ticks_ms()
        if packet[0] & 0xF0 == _PUBLISH:
            self.sock.feed(packet)
            try:
                self.wait_msg()  # leaves its PUBACK in to_send
            except (IndexError, AssertionError) as error:
                raise LinkError("message: %r" % error)
        elif packet[0] == _SUBACK and packet[-1] == 0x80:
            raise LinkError("subscribe: expected to be allowed, it was refused")

    @property
    def silent_ms(self):
        """How long nothing has arrived."""
        return time.ticks_diff(time.ticks_ms(), self._received_ticks)

    async def send_replies(self):
        """Send what answering cost: acknowledgements of received messages."""
        if self.sock.to_send:
            packet = self.sock.to_send
            self.sock.to_send = bytearray()
            await self._send(packet)

    def close(self):
        """Drop the connection, without a goodbye when it is broken."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            self.sock.to_send = bytearray()
            try:
                stream.s.close()
            except OSError:
                pass

    async def _connect(self, clean_session):
        self.close()
        address = await resolve(self.server)
        self._stream, _ = await asyncio.open_connection(
            address, self.port, self.tls, self.server if self.tls else None
        )
        await self._send(self._connect_packet(clean_session))
        answer = await self._read_packet()
        if answer[0] != _CONNACK:
            raise LinkError("connect: expected CONNACK, got packet 0x%02x" % answer[0])
        if answer[3]:
            raise LinkError("connect: refused by the broker with code %d" % answer[3])
        self._received_ticks = time.ticks_ms()

    def _connect_packet(self, clean_session):
        flags = clean_session << 1
        fields = [self.client_id]
        if self.lw_topic:
            flags |= 0x04 | self.lw_qos << 3 | self.lw_retain << 5
            fields += [self.lw_topic, self.lw_msg]
        if self.user is not None:
            flags |= 0xC0
            fields += [self.user, self.pswd]
        packet = bytearray((_CONNECT,))
        _append_length(packet, 10 + sum(2 + len(field) for field in fields))
        packet.extend(struct.pack(_PROTOCOL, 4, b"MQTT", 4, flags, self.keepalive))
        for field in fields:
            _append_text(packet, field)
        return packet

    async def _read_packet(self):
        stream = self._stream
        packet = bytearray(await stream.readexactly(1))
        length, shift = 0, 0
        while True:
            byte = (await stream.readexactly(1))[0]
            packet.append(byte)
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        if length > _PACKET_MAX_BYTES:
            raise LinkError("packet: expected at most %d bytes, got more" % _PACKET_MAX_BYTES)
        if length:
            packet.extend(await stream.readexactly(length))
        return packet

    async def _send(self, packet):
        """Write at once; only what the socket does not take is copied and waits."""
        stream = self._stream
        if stream is None:
            raise LinkError("write: the link is closed")
        try:
            stream.write(packet)
        except OSError as error:
            raise LinkError("write: failed with %r" % error)
        if stream.out_buf:
            await within(stream.drain(), _WRITE_DEADLINE_MS, "write")

    def _next_pid(self):
        self.pid = self.pid % _PID_MAX + 1  # 0 is not a packet id
        return self.pid


def _append_length(packet, length):
    while length > 0x7F:
        packet.append(length & 0x7F | 0x80)
        length >>= 7
    packet.append(length)


def _append_text(packet, text):
    content = text.encode() if type(text) is str else text
    packet.extend(struct.pack(_WORD, len(content)))
    packet.extend(content)
