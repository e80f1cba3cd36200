"""TLS to a real Mosquitto: our CA, the right host name and a date within the certificate's."""

import asyncio
import os
import ssl
import unittest

import mqtt
from mqtt import Client, LinkError, within

_CERTIFICATES = os.getenv("CERTIFICATES")


async def _resolve(name):
    return "127.0.0.1"


mqtt.resolve = _resolve


def _connect(port_name, ca="ca", host="localhost"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    with open(_CERTIFICATES + "/" + ca + ".der", "rb") as file:
        context.load_verify_locations(cadata=file.read())
    client = Client("front", host, int(os.getenv(port_name)), tls=context)

    async def main():
        await client.connect()
        await client.ping()
        await within(client.receive(), 2000, "answer")

    try:
        asyncio.run(main())
    finally:
        client.close()


class TlsTest(unittest.TestCase):
    def test_a_broker_with_a_certificate_of_our_ca_is_trusted(self):
        _connect("TLS_PORT")

    def test_another_ca_is_not(self):
        with self.assertRaises(LinkError):
            _connect("TLS_PORT", ca="other")

    def test_another_host_name_is_not(self):
        with self.assertRaises(LinkError):
            _connect("TLS_PORT", host="127.0.0.1")

    def test_an_expired_certificate_is_not(self):
        with self.assertRaises(LinkError):
            _connect("EXPIRED_PORT")


unittest.main()
