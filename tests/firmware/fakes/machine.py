"""Pins, I2C and resets for tests of single modules; the whole board is `simulators/board`."""

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5


class Reset(BaseException):
    """The board has restarted: nothing of what ran goes on."""


def reset():
    raise Reset


def reset_cause():
    return PWRON_RESET


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.level = value or (1 if pull == Pin.PULL_UP else 0)
        self.handler = None

    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
        return None

    def irq(self, handler, trigger):
        self.handler = handler

    def drive(self, level):
        """Change the level from outside, with the interrupt that it causes."""
        self.level = level
        if self.handler:
            self.handler(self)


class I2C:
    opened = 0

    def __init__(self, id=-1, scl=None, sda=None, freq=400000):
        I2C.opened += 1


class RTC:
    calendar = None
    content = b""

    def memory(self, data=None):
        if data is None:
            return RTC.content
        RTC.content = bytes(data)
        return None

    def datetime(self, calendar=None):
        RTC.calendar = calendar


class WDT:
    feeds = 0

    def __init__(self, timeout):
        pass

    def feed(self):
        WDT.feeds += 1
