"""What the cloud may ask of the board, and its replies."""

import asyncio
import binascii
import os

from micropython import const

_BLINKS = const(40)  # an even number leaves the LED as it was
_BLINK_MS = const(250)
_REBOOT_AFTER_MS = const(2000)  # so that the reply still leaves
_REMEMBERED = const(8)


class Commands:
    """Executes each command once: a message can arrive twice, and a reboot must not be repeated."""

    def __init__(self, led, counters, reset, update):
        self._led = led
        self._counters = counters
        self._reset = reset
        self._update = update
        self._replies = []  # (id, reply) of the last commands
        self._actions = {
            "configure": self._configure,
            "reboot": self._reboot,
            "update": self._begin_update,
        }
        if led is not None:  # in safe mode there are only the network and updates
            self._actions["identify"] = self._identify
            self._actions["recalibrate"] = self._recalibrate

    def execute(self, command):
        """Carry out a command and return the reply to it."""
        for known, reply in self._replies:
            if known == command["id"]:
                return reply
        ok, detail = self._outcome(command)
        reply = {"id": command["id"], "ok": ok, "detail": detail}
        self._replies = self._replies[1 - _REMEMBERED :] + [(command["id"], reply)]
        return reply

    def _outcome(self, command):
        action = self._actions.get(command["name"])
        if action is None:
            return 0, "%s: this firmware does not know it, or not in safe mode" % command["name"]
        try:
            return 1, action(command["args"])
        except (ValueError, KeyError, TypeError) as error:
            return 0, ("args: expected others, got %r" % error)[:200]
        except OSError as error:
            return 0, "flash: expected to read and write it, got %r" % error

    def _configure(self, args):
        import settings  # here: it is rarely needed

        settings.change(args)
        if args.get("home_assistant") is False:
            _remove("/home-assistant")  # the cloud has removed the entities, and the right to
        asyncio.create_task(self._reset_soon())
        return "kept; rebooting in 2 s"

    def _begin_update(self, args):
        url, expected = args["url"], binascii.unhexlify(args["hmac"])
        asyncio.create_task(self._update_soon(url, expected))
        return "loading in 2 s"

    async def _update_soon(self, url, expected):
        await asyncio.sleep_ms(_REBOOT_AFTER_MS)
        self._update(url, expected)

    def _identify(self, _args):
        asyncio.create_task(self._blink())
        return "blinking for 10 s"

    def _recalibrate(self, _args):
        for counter in self._counters:
            counter.recalibrate_requested = True
        return "will measure the floor as soon as nobody is there"

    def _reboot(self, _args):
        asyncio.create_task(self._reset_soon())
        return "rebooting in 2 s"

    async def _blink(self):
        for _ in range(_BLINKS):
            self._led.value(1 - self._led.value())
            await asyncio.sleep_ms(_BLINK_MS)

    async def _reset_soon(self):
        await asyncio.sleep_ms(_REBOOT_AFTER_MS)
        self._reset()


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        pass  # it is not there
