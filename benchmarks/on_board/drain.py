"""Drain a backlog over TLS, by the firmware or by stock umqtt.simple; prints seconds and events.

Runs on MicroPython: `micropython drain.py ours|stock PORT CA COUNT`.
"""

import asyncio
import json
import ssl
import sys
import time

from mqtt import Client
from outbox import Outbox
from umqtt.simple import MQTTClient

from wire.messages import decode_ack

_EVENT = "shopbell/1/front/event"
_FIELDS = {"sensor": 0, "direction": "in", "confidence": 95}
_WINDOW_BATCHES = 4


def _tls(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    with open(path, "rb") as file:
        context.load_verify_locations(cadata=file.read())
    return context


def _outbox(folder, count):
    outbox = Outbox(folder, 7, max_segments=1000)
    for number in range(count):
        outbox.append("passage", 1000 * number, 1795179445000 + 1000 * number, _FIELDS)
        if outbox.unflushed >= 32:
            outbox.flush()
    outbox.flush()
    return outbox


async def _ours(port, ca, folder, count):
    outbox = _outbox(folder, count)
    client = Client("front", "localhost", port, tls=_tls(ca))

    def on_message(_topic, payload):
        ack = decode_ack(payload)
        outbox.commit(ack["boot"], ack["seq"])

    client.set_callback(on_message)
    await client.connect()
    await client.subscribe("shopbell/1/front/ack")
    started = time.ticks_us()
    while outbox.depth:
        while outbox.in_flight < _WINDOW_BATCHES:
            payload = outbox.next_batch()
            if payload is None:
                break
            await client.publish(_EVENT, payload)
        await client.receive(5000)
        await client.send_replies()
    return time.ticks_diff(time.ticks_us(), started)


def _stock(port, ca, count):
    context = _tls(ca)

    class Ussl:  # the module's name of long ago, which this version of the client still imports
        @staticmethod
        def wrap_socket(sock):
            return context.wrap_socket(sock, server_hostname="localhost")

    sys.modules["ussl"] = Ussl
    client = MQTTClient("front", "localhost", port, ssl=True)
    client.connect()
    started = time.ticks_us()
    for number in range(count):
        event = {"seq": number + 1, "up": 1000 * number, "at": None, "kind": "passage"}
        event.update(_FIELDS)
        batch = {"boot": 8, "oldest": 1, "events": [event]}
        client.publish(_EVENT, json.dumps(batch).encode(), qos=1)
    return time.ticks_diff(time.ticks_us(), started)


def main():
    who, port, ca, folder, count = sys.argv[1:]
    if who == "ours":
        spent_us = asyncio.run(_ours(int(port), ca, folder, int(count)))
    else:
        spent_us = _stock(int(port), ca, int(count))
    print(json.dumps({"events_per_s": int(count) * 1e6 / spent_us}))


main()
