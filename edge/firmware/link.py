"""Wi-Fi and MQTT in one network task: join, connect, send the outbox, listen, and start again.

Nothing here keeps the sensors waiting, and nothing waits without a deadline. What the cloud has
committed comes back on `ack`; until then every event is sent again after a reconnect or a pause.
"""

import asyncio
import gc
import random
import time

import network
from micropython import const
from mqtt import Client, LinkError

from wire.down import decode_ack, decode_command
from wire.fields import encode

_JOIN_DEADLINE_MS = const(20000)
_CLOCK_DEADLINE_MS = const(7000)  # two questions to the time server
_HEARTBEAT_MS = const(30000)
_PING_AFTER_MS = const(15000)
_SILENCE_MS = const(25000)  # a ping unanswered for 10 s: the link is dead
_KEEPALIVE_S = const(60)
_TICK_MS = const(1000)
_WINDOW_BATCHES = const(4)
_RESEND_MS = const(5000)
_RESEND_MAX_MS = const(240000)
_BACKOFF_MS = const(500)
_BACKOFF_MAX_MS = const(8000)  # back within 10 s of the broker, a TLS handshake included


class Link:
    """Keeps the board connected. `run` is the network task; `wake` tells it that there is news.

    status() returns the birth and heartbeat message, execute(command) the reply to a command.
    home is what Home Assistant gets to see, or None.
    """

    def __init__(self, settings, outbox, clock, status, execute, tls=None, home=None):
        from wire.topics import DOWN, UP, topic  # here: used once, its memory is given back

        device = settings["device"]
        mqtt = settings["mqtt"]
        self._wifi = settings["wifi"]
        self._outbox = outbox
        self._clock = clock
        self._status = status
        self._execute = execute
        self._home = home
        self._topics = {name: topic(device, name).encode() for name in UP + DOWN}
        self._client = Client(
            device, mqtt["host"], mqtt["port"], mqtt["user"], mqtt["password"], _KEEPALIVE_S, tls
        )
        will = encode({"state": "offline", "boot": outbox.boot})
        self._client.set_last_will(self._topics["status"], will, retain=True, qos=1)
        self._client.set_callback(self._on_message)
        self._wlan = network.WLAN(network.STA_IF)
        self._news = asyncio.Event()
        self._commands = []
        self._failure = None
        self._errand = None
        self._attempt = 0
        self._resend_ms = _RESEND_MS
        self._ack_ticks = 0
        self.is_online = False

    @property
    def has_wifi(self):
        return self._wlan.isconnected()

    @property
    def rssi(self):
        """Signal strength in dBm, or None without Wi-Fi."""
        try:
            return self._wlan.status("rssi") if self._wlan.isconnected() else None
        except OSError:
            return None  # lost between both questions

    def wake(self):
        """Something is to be sent, or a received message is to be answered."""
        self._news.set()

    def run_errand(self, errand):
        """Close the session and await errand(beat): memory for a second TLS link is not there."""
        self._errand = errand
        self._news.set()

    async def run(self, beat):
        while True:
            beat()
            try:
                await self._join()
                await self._wait_for_clock(beat)
                beat()
                if self._errand is not None:
                    errand, self._errand = self._errand, None
                    await errand(beat)
                await self._session(beat)
            except LinkError as error:
                if self.is_online or self._attempt == 0:  # a loss is logged once
                    print("link: lost,", error)
            self.is_online = False
            self._client.close()
            await self._pause(beat)

    async def _join(self):
        wlan = self._wlan
        try:
            wlan.active(True)
            if wlan.isconnected():
                return
            wlan.connect(self._wifi["ssid"], self._wifi["password"])
            deadline = time.ticks_add(time.ticks_ms(), _JOIN_DEADLINE_MS)
            while not wlan.isconnected():
                if time.ticks_diff(deadline, time.ticks_ms()) < 0:
                    raise OSError("expected to join within 20 s, it did not")
                await asyncio.sleep_ms(100)
        except OSError as error:
            # the ESP32 refuses while it still tries by itself, or has got where it never connects
            wlan.disconnect()
            raise LinkError("Wi-Fi: not joined, %s" % error)

    async def _wait_for_clock(self, beat):
        """Give the time server a moment: TLS judges certificates by the clock.

        Without an answer the date of the set-up must do (`Clock.set_floor`).
        """
        deadline = time.ticks_add(time.ticks_ms(), _CLOCK_DEADLINE_MS)
        while self._client.tls and not self._clock.is_set:
            beat()
            if time.ticks_diff(deadline, time.ticks_ms()) < 0:
                return
            await asyncio.sleep_ms(50)

    async def _session(self, beat):
        gc.collect()  # TLS needs one large block; sockets that were given up are closed here
        await self._client.connect()
        await self._client.subscribe(self._topics["ack"])
        await self._client.subscribe(self._topics["command"])
        self._failure = None
        self._rewind()
        receiver = asyncio.create_task(self._receive())
        try:
            await self._send_status()
            await self._announce()
            self.is_online = True
            self._attempt = 0
            print("link: online")
            await self._send(beat)
        finally:
            receiver.cancel()

    async def _receive(self):
        try:
            while True:
                await self._client.receive()  # what is to be answered sets `_news`
        except LinkError as error:
            self._failure = error
            self._news.set()

    async def _send(self, beat):
        heartbeat_ticks = ping_ticks = time.ticks_ms()
        while True:
            beat()
            self._check()
            await self._answer()
            now = time.ticks_ms()
            if time.ticks_diff(now, heartbeat_ticks) >= _HEARTBEAT_MS:
                heartbeat_ticks = now
                await self._send_status()
            if time.ticks_diff(now, ping_ticks) >= _PING_AFTER_MS:
                ping_ticks = now
                await self._client.ping()
            await self._send_home()
            if not await self._send_batch():
                await self._client.send_replies()
                await self._wait_for_news()

    def _check(self):
        if self._failure is not None:
            raise self._failure
        if self._errand is not None and not self._commands:
            raise LinkError("update: the broker has to wait")
        if not self._wlan.isconnected():
            raise LinkError("Wi-Fi: expected to be connected, it is not")
        if self._client.silent_ms > _SILENCE_MS:  # half open: not even a PINGRESP arrives
            raise LinkError("broker: expected an answer within %d ms, got none" % _SILENCE_MS)
        if self._outbox.in_flight:
            waited_ms = time.ticks_diff(time.ticks_ms(), self._ack_ticks)
            if waited_ms > self._resend_ms:  # the broker lives but the cloud does not answer
                self._resend_ms = min(2 * self._resend_ms, _RESEND_MAX_MS)
                self._rewind()

    async def _answer(self):
        while self._commands:
            reply = self._execute(self._commands.pop(0))
            await self._client.publish(self._topics["reply"], encode(reply))

    async def _announce(self):
        if self._home is not None:
            for name, payload in self._home.announcements():
                await self._client.publish(name, payload, retain=True)

    async def _send_home(self):
        payload = self._home.news() if self._home is not None else None
        if payload is not None:
            await self._client.publish(self._home.topic, payload, retain=True)

    async def _send_batch(self):
        if self._outbox.in_flight >= _WINDOW_BATCHES:
            return False
        if not self._outbox.in_flight:
            self._ack_ticks = time.ticks_ms()
        payload = self._outbox.next_batch()
        if payload is None:
            return False
        await self._client.publish(self._topics["event"], payload)
        return True

    async def _wait_for_news(self):
        try:
            await asyncio.wait_for_ms(self._news.wait(), _TICK_MS)
        except asyncio.TimeoutError:
            pass
        self._news.clear()

    async def _send_status(self):
        await self._client.publish(self._topics["status"], encode(self._status()), retain=True)

    def _rewind(self):
        self._outbox.rewind()
        self._ack_ticks = time.ticks_ms()

    def _on_message(self, name, payload):
        try:
            if name == self._topics["ack"]:
                ack = decode_ack(payload)
                self._outbox.commit(ack["boot"], ack["seq"])
                self._ack_ticks = time.ticks_ms()
                self._resend_ms = _RESEND_MS
            elif name == self._topics["command"]:
                self._commands.append(decode_command(payload))
        except ValueError as error:  # MessageError is one
            print("link: ignored a message,", error)
        self._news.set()

    async def _pause(self, beat):
        """Wait before the next attempt; jitter, so that a street of boards returns one by one."""
        longest_ms = min(_BACKOFF_MAX_MS, _BACKOFF_MS << min(self._attempt, 10))
        self._attempt += 1
        until = time.ticks_add(time.ticks_ms(), random.randrange(100, longest_ms))
        while time.ticks_diff(until, time.ticks_ms()) > 0:
            beat()
            await asyncio.sleep_ms(min(_TICK_MS, max(1, time.ticks_diff(until, time.ticks_ms()))))
