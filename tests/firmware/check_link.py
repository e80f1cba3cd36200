"""The network task in simulated time: half-open links, names that lie, pauses, birth and will."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import json
import unittest

import network
from broker import Broker
from link import Link

simulated.begin()
_SETTINGS = {
    "device": "front",
    "wifi": {"ssid": "shop", "password": ""},
    "mqtt": {"host": "broker.example", "port": 8883, "user": None, "password": None},
}


class Outbox:
    """Batches that are there for ever, each of one event."""

    boot = 7
    in_flight = 0
    handed_out = 0
    rewound = 0

    def next_batch(self):
        if self.handed_out:
            return None
        self.handed_out += 1
        self.in_flight += 1
        return b'{"boot":7,"oldest":1,"events":[]}'

    def rewind(self):
        self.rewound += 1
        self.handed_out = self.in_flight = 0

    def commit(self, boot, seq):
        self.in_flight = 0


class Clock:
    is_set = True


def _play(script, clock=Clock, tls=None):
    """Run a link against a broker while the script changes things."""
    broker, outbox = Broker().install(), Outbox()
    link = Link(_SETTINGS, outbox, clock, lambda: {"state": "online", "boot": 7}, None, tls)

    async def main():
        duty = asyncio.create_task(link.run(lambda: None))
        await script(broker, link, outbox)
        duty.cancel()

    simulated.Time.elapsed_ms = 0
    asyncio.run(main())
    return broker, link


class LinkTest(unittest.TestCase):
    def test_the_will_goes_with_the_connection_and_the_birth_comes_first(self):
        async def script(broker, link, _outbox):
            await asyncio.sleep_ms(100)
            self.assertTrue(link.is_online)

        broker, _ = _play(script)
        connect = broker.packets[0][0]
        self.assertTrue(b'shopbell/1/front/status\x00\x1c{"state":"offline","boot":7}' in connect)
        self.assertEqual(0x04 | 0x08 | 0x20, connect[9] & 0x3C)  # a will, QoS 1, retained
        published = [packet for packet, _ in broker.packets if packet[0] & 0xF0 == 0x30]
        self.assertEqual(0x33, published[0][0])  # QoS 1, retained
        birth = json.loads(published[0][published[0].index(b"{") :])
        self.assertEqual("online", birth["state"])

    def test_a_half_open_link_is_given_up_after_an_unanswered_ping(self):
        async def script(broker, link, _outbox):
            await asyncio.sleep_ms(100)
            broker.is_silent = True  # the router has forgotten the connection
            await asyncio.sleep_ms(24_000)
            self.assertTrue(link.is_online)
            await asyncio.sleep_ms(4_000)
            self.assertFalse(link.is_online)
            broker.is_silent = False
            await asyncio.sleep_ms(35_000)
            self.assertTrue(link.is_online)

        broker, _ = _play(script)
        pings = [at for kind, at in broker.kinds() if kind == 0xC0]
        self.assertTrue(14_000 < pings[0] < 17_000)

    def test_a_quiet_link_whose_pings_are_answered_stays(self):
        async def script(broker, link, _outbox):
            await asyncio.sleep_ms(300_000)
            self.assertTrue(link.is_online)

        broker, _ = _play(script)
        self.assertEqual(1, len(broker.attempts))

    def test_the_pauses_grow_to_a_limit_and_no_two_boards_are_alike(self):
        async def script(broker, _link, _outbox):
            broker.fault = OSError(111)
            await asyncio.sleep_ms(600_000)

        pauses = []
        for _ in range(2):
            attempts = _play(script)[0].attempts
            pauses.append([b - a for a, b in zip(attempts, attempts[1:])])  # noqa: B905, RUF007
        for street in pauses:
            self.assertTrue(max(street[:2]) <= 1_100)
            self.assertTrue(4_000 < max(street) <= 8_100)
        self.assertNotEqual(pauses[0][:5], pauses[1][:5])

    def test_a_name_that_is_not_known_is_asked_for_again(self):
        async def script(broker, link, _outbox):
            broker.fault = OSError(-2)  # EAI_NONAME
            await asyncio.sleep_ms(60_000)
            broker.fault = None
            await asyncio.sleep_ms(17_000)
            self.assertTrue(link.is_online)

        _play(script)

    def test_a_name_that_leads_nowhere_costs_a_deadline_each(self):
        async def script(broker, link, _outbox):
            broker.hangs = True
            await asyncio.sleep_ms(120_000)
            broker.hangs = False
            await asyncio.sleep_ms(32_000)
            self.assertTrue(link.is_online)

        broker, _ = _play(script)
        self.assertTrue(4 <= len(broker.attempts) <= 9)

    def test_a_name_that_leads_to_a_stranger_is_left(self):
        async def script(broker, link, _outbox):
            broker.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
            await asyncio.sleep_ms(60_000)
            self.assertFalse(link.is_online)
            broker.greeting = b"\x20\x02\x00\x00"
            await asyncio.sleep_ms(32_000)
            self.assertTrue(link.is_online)

        broker, _ = _play(script)
        self.assertTrue(0x30 not in [kind for kind, at in broker.kinds() if at < 60_000])

    def test_what_the_cloud_does_not_commit_is_sent_again_after_growing_pauses(self):
        async def script(_broker, _link, outbox):
            await asyncio.sleep_ms(600_000)
            self.assertTrue(6 <= outbox.rewound <= 10)  # 5, 10, 20, ... 240 s

        _play(script)

    def test_an_encrypted_link_waits_for_the_clock_by_which_certificates_are_judged(self):
        class Unset:
            is_set = False

        async def script(broker, link, _outbox):
            await asyncio.sleep_ms(3_000)
            self.assertEqual([], broker.attempts)
            Unset.is_set = True
            await asyncio.sleep_ms(100)
            self.assertTrue(link.is_online)

        _play(script, Unset, tls=object())

    def test_a_time_server_that_never_answers_is_not_waited_for_for_ever(self):
        class Unset:
            is_set = False

        async def script(broker, link, _outbox):
            await asyncio.sleep_ms(6_900)
            self.assertEqual([], broker.attempts)
            await asyncio.sleep_ms(400)
            self.assertTrue(link.is_online)

        _play(script, Unset, tls=object())

    def test_without_wifi_nobody_is_asked_for_a_name(self):
        async def script(broker, link, _outbox):
            await asyncio.sleep_ms(60_000)
            self.assertEqual([], broker.attempts)
            network.WLAN.is_up = True
            await asyncio.sleep_ms(30_000)
            self.assertTrue(link.is_online)

        network.WLAN.is_up = False
        try:
            _play(script)
        finally:
            network.WLAN.is_up = True

    def test_an_access_point_that_goes_away_costs_no_restart(self):
        async def script(_broker, link, _outbox):
            await asyncio.sleep_ms(100)
            network.WLAN.is_up, network.WLAN.is_trying = False, True
            await asyncio.sleep_ms(30_000)
            self.assertFalse(link.is_online)
            network.WLAN.is_up = True
            await asyncio.sleep_ms(30_000)
            self.assertTrue(link.is_online)

        try:
            _play(script)
        finally:
            network.WLAN.is_up, network.WLAN.is_trying = True, False


unittest.main()
