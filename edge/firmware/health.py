"""How the board is doing: the figures of the birth message and of every heartbeat."""

import gc

import machine

# Where it came from when a board starts: the first thing to know about one that restarts too often.
_RESET_CAUSES = {
    machine.PWRON_RESET: "power_on",
    machine.HARD_RESET: "hard",
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "deep_sleep",
    machine.SOFT_RESET: "soft",
}


def report(firmware, boot, clock, outbox, rssi):
    """Return the online status message."""
    uptime_ms = clock.uptime_ms()
    return {
        "state": "online",
        "boot": boot,
        "up": uptime_ms,
        "at": clock.unix_ms(uptime_ms),
        "firmware": firmware,
        "reset": _RESET_CAUSES.get(machine.reset_cause(), "unknown"),
        "heap_free": gc.mem_free(),
        "rssi": rssi,
        "outbox_depth": outbox.depth,
        "outbox_dropped": outbox.dropped,
    }
