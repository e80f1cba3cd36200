"""What the cloud may ask of the board, and its replies."""

import asyncio
import binascii

import files
from micropython import const

_FLASHES = const(33)  # 10 s
_REPLY_MS = const(2000)  # in which the reply still leaves
_REMEMBERED = const(8)


class Commands:
    """Executes each command once: a message can arrive twice, and a reboot must not be repeated.

    replies are those to the last commands, with their ids; the next one is added.
    """

    def __init__(self, replies, settings, blink, counters, link, reset):
        self._replies = replies
        self._settings = settings
        self._blink = blink
        self._counters = counters
        self._link = link
        self._reset = reset
        self._actions = {
            "configure": self._configure,
            "reboot": self._reboot,
            "update": self._update,
        }
        if blink is not None:  # in safe mode there are only the network and updates
            self._actions["identify"] = self._identify
            self._actions["recalibrate"] = self._recalibrate

    def execute(self, command):
        """Carry out a command and return the reply to it."""
        for reply in self._replies:
            if reply["id"] == command["id"]:
                return reply
        ok, detail = self._outcome(command)
        self._replies.append({"id": command["id"], "ok": ok, "detail": detail})
        if len(self._replies) > _REMEMBERED:
            self._replies.pop(0)
        return self._replies[-1]

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
            files.remove("/home-assistant")  # the cloud has removed the entities, and the right to
        asyncio.create_task(_soon(self._reset))
        return "kept; rebooting in 2 s"

    def _update(self, args):
        """Have the network task load a new firmware once it has left the broker."""
        url, expected = args["url"], binascii.unhexlify(args["hmac"])

        async def errand(beat):
            import update  # here: it is rare, and its code large

            await update.carry_out(url, expected, self._settings, self._reset, beat)

        asyncio.create_task(_soon(self._link.run_errand, errand))
        return "loading in 2 s"

    def _identify(self, _args):
        asyncio.create_task(self._blink(_FLASHES))
        return "blinking for 10 s"

    def _recalibrate(self, _args):
        for counter in self._counters:
            counter.recalibrate_requested = True
        return "will measure the floor as soon as nobody is there"

    def _reboot(self, _args):
        asyncio.create_task(_soon(self._reset))
        return "rebooting in 2 s"


async def _soon(action, *args):
    await asyncio.sleep_ms(_REPLY_MS)
    action(*args)
