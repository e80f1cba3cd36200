"""Time that passes only while asyncio waits for it: import this before anything that tells time."""

import sys
import time as real


class Time:
    """The module `time`, in which only waiting passes time."""

    ticks_diff = staticmethod(real.ticks_diff)
    ticks_add = staticmethod(real.ticks_add)
    gmtime = staticmethod(real.gmtime)
    sleep_us = staticmethod(real.sleep_us)
    now = real.ticks_add(0, 1000)
    elapsed_ms = 0

    @staticmethod
    def ticks_ms():
        return Time.now

    @staticmethod
    def time():
        return 1795179445 + Time.elapsed_ms // 1000

    @staticmethod
    def advance(milliseconds):
        Time.now = real.ticks_add(Time.now, milliseconds)
        Time.elapsed_ms += milliseconds


sys.modules["time"] = Time


def begin():
    """Let asyncio's loop jump from one moment to the next."""
    import asyncio.core  # only now: it has to find our time

    class IoQueue:
        """Nothing here waits for a socket: the time passes at once. Interrupts never come."""

        map = ()

        def queue_read(self, _flag):
            asyncio.core.cur_task.data = self

        def remove(self, _task):
            pass

        def wait_io_event(self, milliseconds):
            Time.advance(max(0, milliseconds))

    asyncio.core._io_queue = IoQueue()
