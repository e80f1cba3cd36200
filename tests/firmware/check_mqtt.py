"""The mended umqtt.simple against a real Mosquitto, and against servers that misbehave."""

import asyncio
import os
import unittest

from mqtt import Client, LinkError, within

_BROKER = int(os.getenv("BROKER_PORT"))
_CONNACK = b"\x20\x02\x00\x00"
_PATIENCE_MS = 60_000  # no promise: a machine under load is as slow as it likes


async def _receive(client, deadline_ms):
    await within(client.receive(), deadline_ms, "packet")


class Recorder(Client):
    """Remembers each packet as it is handed to the socket, in one write."""

    def __init__(self, port):
        super().__init__("front", "127.0.0.1", port)
        self.packets = []
        self.messages = []
        self.set_callback(lambda topic, message: self.messages.append((topic, message)))

    async def _send(self, packet):
        self.packets.append(bytes(packet))
        await super()._send(packet)


class MosquittoTest(unittest.TestCase):
    def test_a_message_comes_back_from_a_real_broker(self):
        async def main():
            client = Recorder(_BROKER)
            await client.connect()
            await client.subscribe("shopbell/1/front/ack")
            await _receive(client, _PATIENCE_MS)
            for number in range(3):
                await client.publish(b"shopbell/1/front/ack", b'{"n":%d}' % number)
            while len(client.messages) < 3:
                await _receive(client, _PATIENCE_MS)
                await client.send_replies()
            await client.ping()
            await _receive(client, _PATIENCE_MS)
            client.close()
            return client.messages

        messages = asyncio.run(main())
        self.assertEqual(
            [(b"shopbell/1/front/ack", b'{"n":%d}' % number) for number in range(3)], messages
        )

    def test_a_large_message_survives_its_length_field(self):
        async def main():
            client = Recorder(_BROKER)
            await client.connect()
            await client.subscribe("large")
            await client.publish(b"large", b"x" * 3000)
            while not client.messages:
                await _receive(client, _PATIENCE_MS)
            client.close()
            return client.messages[0]

        self.assertEqual((b"large", b"x" * 3000), asyncio.run(main()))

    def test_the_last_will_is_sent_when_the_link_breaks(self):
        async def main():
            listener, mourned = Recorder(_BROKER), Recorder(_BROKER)
            listener.client_id = "listener"
            await listener.connect()
            await listener.subscribe("will")
            mourned.set_last_will("will", "gone", qos=1)
            await mourned.connect()
            mourned.close()
            while not listener.messages:
                await _receive(listener, _PATIENCE_MS)
            listener.close()
            return listener.messages

        self.assertEqual([(b"will", b"gone")], asyncio.run(main()))

    def test_a_port_where_nobody_listens_is_a_link_error(self):
        with self.assertRaises(LinkError):
            asyncio.run(Recorder(1).connect())


class PacketTest(unittest.TestCase):
    def test_a_publish_is_one_packet_as_the_standard_has_it(self):
        client = Recorder(1)

        async def collect(packet):
            client.packets.append(bytes(packet))

        client._send = collect
        asyncio.run(client.publish(b"a/b", b"hello", retain=True))
        self.assertEqual([b"\x33\x0c\x00\x03a/b\x00\x01hello"], client.packets)

    def test_packet_ids_wrap_and_are_never_zero(self):
        client = Recorder(1)
        client.pid = 65534
        self.assertEqual([65535, 1, 2], [client._next_pid() for _ in range(3)])

    def test_the_connect_packet_carries_will_and_credentials(self):
        client = Client("front", "h", 1, "user", "secret", 60)
        client.set_last_will("w", "m", retain=True, qos=1)
        expected = (
            b"\x10\x27\x00\x04MQTT\x04\xee\x00\x3c\x00\x05front\x00\x01w\x00\x01m"
            b"\x00\x04user\x00\x06secret"
        )
        packet = bytes(client._connect_packet(True))
        self.assertEqual(expected[2:], packet[2:])
        self.assertEqual(len(packet) - 2, packet[1])


class Server:
    """A server that does what it is told, on a port of its own."""

    port = 20000 + os.urandom(1)[0] * 100 + os.urandom(1)[0] % 100

    def __init__(self, *answers):
        self.answers = answers

    async def __aenter__(self):
        for _ in range(50):
            Server.port += 1
            try:
                self.server = await asyncio.start_server(self._serve, "127.0.0.1", Server.port)
                return self
            except OSError:
                pass  # taken
        raise OSError("no spare port")

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader, writer):
        self.received = b""
        for answer in self.answers:
            self.received = await reader.read(200)
            if type(answer) is tuple:  # its last words
                writer.write(answer[0])
                await writer.drain()
            if type(answer) is not bytes:
                writer.close()
                await writer.wait_closed()
                return
            writer.write(answer)
            await writer.drain()
        self.received = await reader.read(200)


def _against(answers, talk):
    async def main():
        async with Server(*answers) as server:
            client = Recorder(server.port)
            try:
                return await talk(client, server)
            finally:
                client.close()

    return asyncio.run(main())


class MisbehaviourTest(unittest.TestCase):
    def test_a_broker_that_closes_before_it_answers(self):
        with self.assertRaises(LinkError):
            _against([None], lambda client, _: client.connect())

    def test_a_broker_that_refuses(self):
        with self.assertRaises(LinkError):
            _against([b"\x20\x02\x00\x05"], lambda client, _: client.connect())

    def test_a_broker_that_answers_something_else(self):
        with self.assertRaises(LinkError):
            _against([b"\xd0\x00"], lambda client, _: client.connect())

    def test_a_broker_that_never_answers(self):
        with self.assertRaises(LinkError):
            _against([b""], lambda client, _: client.connect(deadline_ms=100))

    def test_a_link_that_falls_silent_knows_for_how_long(self):
        async def talk(client, _):
            await client.connect()
            before_ms = client.silent_ms
            await asyncio.sleep_ms(100)
            self.assertTrue(client.silent_ms >= before_ms + 100)

        _against([_CONNACK], talk)

    def test_a_link_that_breaks_in_the_middle_of_a_packet(self):
        async def talk(client, _):
            await client.connect()
            await client.publish(b"a", b"b")
            await _receive(client, _PATIENCE_MS)

        with self.assertRaises(LinkError):
            _against([_CONNACK, (b"\x30\x20\x00\x01a",)], talk)

    def test_a_packet_that_is_too_long(self):
        async def talk(client, _):
            await client.connect()
            await _receive(client, _PATIENCE_MS)

        with self.assertRaises(LinkError):
            _against([_CONNACK + b"\x30\xff\xff\x03"], talk)

    def test_a_message_that_lies_about_its_topic(self):
        async def talk(client, _):
            await client.connect()
            await _receive(client, _PATIENCE_MS)

        with self.assertRaises(LinkError):
            _against([_CONNACK + b"\x32\x05\x00\xffabc"], talk)

    def test_a_message_is_acknowledged_with_its_id(self):
        async def talk(client, server):
            await client.connect()
            await _receive(client, _PATIENCE_MS)
            await client.send_replies()
            self.assertEqual([(b"t", b"m")], client.messages)
            self.assertEqual(b"\x40\x02\x01\x07", client.packets[-1])

        _against([_CONNACK + b"\x32\x06\x00\x01t\x01\x07m"], talk)


unittest.main()
