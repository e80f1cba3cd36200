"""Drain a backlog over TLS, by the firmware or by stock umqtt.simple; prints events a second.

Runs on MicroPython: `micropython drain.py ours|stock PORT CA COUNT`. Ours is the firmware's network
task with its outbox; only Wi-Fi and pins are played (`tests/firmware/fakes`).
"""

import asyncio
import json
import ssl
import sys
import time

_EVENT = "shopbell/1/front/event"
_FIELDS = {"sensor": 0, "direction": "in", "confidence": 95}
_LOOK_MS = 5


def _tls(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    with open(path, "rb") as file:
        context.load_verify_locations(cadata=file.read())
    return context


def _outbox(folder, count):
    from recovery import open_outbox

    outbox = open_outbox(folder, 7, max_segments=1000)
    for number in range(count):
        outbox.append("passage", 1000 * number, 1795179445000 + 1000 * number, _FIELDS)
        if number % 24 == 23:
            outbox.flush()
    outbox.flush()
    return outbox


async def _ours(port, ca, folder, count):
    import health
    import mqtt
    from clock import Clock
    from link import Link

    outbox = _outbox(folder, count)
    clock = Clock()
    clock.set_unix_ms(1795179445000)
    settings = {
        "device": "front",
        "wifi": {"ssid": "", "password": ""},
        "mqtt": {"host": "localhost", "port": port, "user": None, "password": None},
    }
    started = []

    async def resolve(_name):
        return "127.0.0.1"

    mqtt.resolve = resolve  # there is no name server

    def status():
        started.append(time.ticks_us())  # the birth comes right before the backlog
        return health.report("0", outbox.boot, clock, outbox, None)

    link = Link(settings, outbox, clock, status, None, _tls(ca))
    duty = asyncio.create_task(link.run(lambda: None))
    while outbox.depth:
        await asyncio.sleep_ms(_LOOK_MS)
    spent_us = time.ticks_diff(time.ticks_us(), started[0])
    duty.cancel()
    return spent_us


def _stock(port, ca, count):
    from umqtt.simple import MQTTClient  # here: the firmware's subclass frees what it replaces

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
