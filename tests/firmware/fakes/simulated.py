"""Time that passes only while somebody waits for it: import this before anything that tells time.

The ticks are those of the ESP32, which wrap after 2**30, here in milliseconds 30 s after the start.
"""

import sys
import time as real

_TICKS = 1 << 30
_BEFORE_WRAP_MS = 30_000
# asyncio's queue is in C and stamps with the real time what is to run at once; ours lies ahead
_LEAD_MS = real.ticks_ms() + (1 << 40)


class Time:
    """The module `time`, in which only waiting passes time."""

    gmtime = staticmethod(real.gmtime)
    elapsed_ms = 0
    _now_us = 0

    @staticmethod
    def ticks_ms():
        return (Time._now_us // 1000 - _BEFORE_WRAP_MS) % _TICKS

    @staticmethod
    def ticks_us():
        return Time._now_us % _TICKS

    @staticmethod
    def ticks_add(ticks, delta):
        return (ticks + delta) % _TICKS

    @staticmethod
    def ticks_diff(later, earlier):
        return (later - earlier + _TICKS // 2) % _TICKS - _TICKS // 2

    @staticmethod
    def time():
        return 1795179445 + Time.elapsed_ms // 1000

    @staticmethod
    def sleep_ms(milliseconds):
        Time.advance(milliseconds)

    @staticmethod
    def sleep_us(microseconds):
        Time._now_us += microseconds

    @staticmethod
    def advance(milliseconds):
        Time._now_us += 1000 * milliseconds
        Time.elapsed_ms += milliseconds


sys.modules["time"] = Time


def begin():
    """Let asyncio's loop jump from one moment to the next."""
    import asyncio.core as core  # only now: it has to find our time

    class IoQueue:
        """Nothing here waits for a socket: the time passes at once, or as soon as a flag is set."""

        def __init__(self):
            self.map = {}  # task by the flag that it waits for, as asyncio has it

        def queue_read(self, flag):
            self.map[flag] = core.cur_task
            core.cur_task.data = self

        def remove(self, task):
            for flag in [flag for flag, waiting in self.map.items() if waiting is task]:
                del self.map[flag]

        def wait_io_event(self, milliseconds):
            is_set = [flag for flag in self.map if flag.state]
            for flag in is_set:
                core._task_queue.push(self.map.pop(flag))
            if not is_set:
                Time.advance(max(0, milliseconds))

    core.ticks = lambda: Time._now_us // 1000 + _LEAD_MS
    core.ticks_add, core.ticks_diff = real.ticks_add, real.ticks_diff
    core._io_queue = IoQueue()
