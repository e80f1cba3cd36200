"""The board's own time: it stands still while the machine lets the board wait for a processor.

A process that is not run misses what passes meanwhile; a chip is never treated like that. So work
passes as much time as it takes, but at most `_STEP_US` between two looks at the clock, and waiting
passes what was waited for, however late the process is woken. What the machine owes is made up for
in later waits. With 0 for `BOARD_STEP_US` the time is the machine's.
"""

import asyncio.core as core
from os import getenv
from select import POLLIN, POLLOUT

import utime

_STEP_US = int(getenv("BOARD_STEP_US") or 0)
# asyncio's queue is in C and stamps with the machine's time what is to run at once; ours lies ahead
_LEAD_MS = utime.ticks_ms() + (1 << 40)

_looked_us = _began_us = utime.ticks_us()
_now_us = 0


def now_us():
    """Return the microseconds since the start."""
    global _looked_us, _now_us
    looked_us = utime.ticks_us()
    step_us = looked_us - _looked_us
    _now_us += min(step_us, _STEP_US) if _STEP_US else step_us
    _looked_us = looked_us
    return _now_us


def sleep_ms(milliseconds):
    """Wait, for exactly that long; nothing else runs meanwhile."""
    global _looked_us, _now_us
    until_us = now_us() + milliseconds * 1000
    utime.sleep_us(milliseconds * 1000)
    if _STEP_US:
        _looked_us = utime.ticks_us()
        _now_us = until_us


def _loop_ms():
    return now_us() // 1000 + _LEAD_MS


def _wait_io_event(queue, wait_ms):
    """Wait as asyncio does, for a shorter time when the machine has let us wait before."""
    global _looked_us, _now_us
    now_us()
    pause_ms = wait_ms
    if _STEP_US and wait_ms > 0:
        owed_ms = (_looked_us - _began_us - _now_us) // 1000
        pause_ms -= min(owed_ms, wait_ms // 2)
    found = queue.poller.poll(pause_ms)
    if _STEP_US and wait_ms > 0:
        before_us, _looked_us = _looked_us, utime.ticks_us()
        waited_us = _looked_us - before_us
        _now_us += waited_us if waited_us < pause_ms * 1000 else wait_ms * 1000
    _run_in_turn(queue, found)


def _run_in_turn(queue, found):
    """Let tasks that waited for these streams run after what was due before: asyncio would put them
    first, by the machine's time, and a busy line would keep sleepers from waking up."""
    now_ms = _loop_ms()
    for stream, event in found:
        waiting = queue.map[id(stream)]  # who reads, who writes
        for place, other in ((0, POLLOUT), (1, POLLIN)):
            if event & ~other and waiting[place] is not None:
                core._task_queue.push(waiting[place], now_ms)
                waiting[place] = None
        if waiting[0] is waiting[1] is None:
            queue._dequeue(stream)
        else:
            queue.poller.modify(stream, POLLOUT if waiting[0] is None else POLLIN)


core.ticks = _loop_ms
core.ticks_add = utime.ticks_add
core.ticks_diff = utime.ticks_diff
core.IOQueue.wait_io_event = _wait_io_event
