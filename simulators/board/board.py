"""A virtual board: the firmware on MicroPython at a pseudo-terminal, in simulated hardware.

Power-on starts a MicroPython process whose file system is a folder. `port` is a serial port like a
real board's: mpremote connects to it (with `resume`: a soft reset ends the process, and the next
one boots like any other). Each reset, whatever its cause, is a new process; the port, the flash and
the world stay.
"""

import contextlib
import os
import random
import selectors
import threading
import time
import tty
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

from simulators.board.chip import Chip, compiled_modules
from simulators.board.clock import Clock
from simulators.board.hardware import (
    DNS_PORT,
    HARD,
    MDNS_PORT,
    POWER_ON,
    REQUEST,
    SOFT,
    WATCHDOG,
    Hardware,
    ResetRequested,
)
from simulators.board.network import Names, Neighbours
from simulators.board.timeserver import TimeServer
from simulators.board.vl53l0x import VL53L0X
from simulators.board.vl53l1x import VL53L1X
from simulators.board.world import Body, World

# How the firmware's defaults wire it (`edge/firmware/settings.py`).
DOOR_PIN, PIR_PIN, XSHUT_PIN, BUTTON_PIN, LED_PIN = 27, 26, 25, 0, 2

SensorKind = Literal["vl53l1x", "vl53l0x"]

_TICK_S = 0.05
_CONSOLE_KEPT = 200_000
_PORT_BUFFER = 16_384
_PIR_PULSE_S = 2.0
_BOUNCES = 4
_BOUNCE_S = 0.002
_SHOTS_TO_COUNT = 4  # one calibrates the sensor itself
_STEP_US = 5_000  # what the board works between two looks at its clock, at most
_CTRL_C = b"\x03"
_PROMPTS = (">>> ", ">")  # the last is the raw REPL's
# a program that runs asks its hardware all the time, unless it hangs
_CTRL_C_WITHIN_S = 5.0


class VirtualBoard:
    """One board. Use it as a context manager, or `close()` it.

    Drive it with `open_door()`, `close_door()`, `walk_in()`, `walk_out()`, `motion()`,
    `press_reset()`, `power_cut()` and `power_on()`; `hardware` and `world` give everything else.
    Its objects are of 64 bits: the default heap is what 110 kB are on an ESP32. `xshut` has a pin
    for each VL53L1X, or two for each pair of VL53L0X; each of them hangs over a doorway of its own,
    in `worlds`, and `world` is the first. Its time passes as it finds processors (`clock`), unless
    `in_real_time`: then a machine under load makes it miss what happens.
    """

    def __init__(
        self,
        flash: Path,
        seed: int = 1,
        heap: str = "192k",
        mount_mm: int = 2400,
        sensor: SensorKind = "vl53l1x",
        xshut: Sequence[int] = (XSHUT_PIN,),
        in_real_time: bool = False,
    ) -> None:
        self.flash = flash.resolve()
        self.flash.mkdir(parents=True, exist_ok=True)
        doorways = len(xshut) if sensor == "vl53l1x" else len(xshut) // 2
        self.worlds = [World(mount_mm=mount_mm, seed=seed + index) for index in range(doorways)]
        self.world = self.worlds[0]
        self.clock = Clock()
        self.time_server = TimeServer(self.clock.unix_s)
        self.names = Names()
        self.neighbours = Neighbours()
        ports = {DNS_PORT: self.names.port, MDNS_PORT: self.neighbours.port}
        self.hardware = Hardware(self._interrupt, self.clock, ports=ports)
        self.hardware.sensors.update(
            {pin: self._sensor(sensor, index) for index, pin in enumerate(xshut)}
        )
        self.hardware.levels[BUTTON_PIN] = 1  # pulled up
        self.hardware.lose_power()
        self.console = ""
        self._heap = heap
        self._chance = random.Random(f"reed {seed}")
        self._step_us = 0 if in_real_time else _STEP_US
        self._modules = compiled_modules()
        self._lock = threading.RLock()
        self._chip: Chip | None = None
        self._is_closed = False
        self._pir_ends_at: float | None = None
        self._typed = b""
        self._typed_until_s = 0.0
        self._port = _Port()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._port.end, selectors.EVENT_READ, self._on_port)
        self._thread = threading.Thread(target=self._serve, name="virtual board", daemon=True)
        self._thread.start()

    def __enter__(self) -> "VirtualBoard":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> str:
        """The path of the serial port."""
        return self._port.name

    @property
    def pid(self) -> int:
        """The process that plays the chip; the board has to have power."""
        assert self._chip is not None
        return self._chip.pid

    @property
    def is_counting(self) -> bool:
        """Whether each sensor has been read in both zones since the board's last start."""
        sensors = self.hardware.sensors.items()
        return all(sensor.shots - self._shots[pin] > _SHOTS_TO_COUNT for pin, sensor in sensors)

    def power_on(self) -> None:
        """Connect the power: the board boots."""
        with self._lock:
            if self._chip is None:
                self._start(POWER_ON)

    def power_cut(self) -> None:
        """Take the power away, in the middle of whatever the board is doing."""
        with self._lock:
            self._stop()
            self.hardware.lose_power()

    def press_reset(self) -> None:
        """Press the reset button, which the ESP32 takes for a power-on."""
        with self._lock:
            self._restart(POWER_ON)

    def open_door(self) -> None:
        """Open the door: the contact lets go of ground."""
        self._move_contact(1)

    def close_door(self) -> None:
        """Close the door."""
        self._move_contact(0)

    def walk_in(
        self, speed_mm_s: int = 1200, height_mm: int = 1700, x_mm: int = 0, doorway: int = 0
    ) -> float:
        """Let somebody walk in; return the seconds until they have left the sensor's view."""
        return self._walk(Body(self.clock.now_ms(), "in", speed_mm_s, height_mm, x_mm), doorway)

    def walk_out(
        self, speed_mm_s: int = 1200, height_mm: int = 1700, x_mm: int = 0, doorway: int = 0
    ) -> float:
        """Let somebody walk out; return the seconds until they have left the sensor's view."""
        return self._walk(Body(self.clock.now_ms(), "out", speed_mm_s, height_mm, x_mm), doorway)

    def motion(self, seconds: float = _PIR_PULSE_S) -> None:
        """Let the PIR see motion."""
        with self._lock:
            self._pir_ends_at = self.clock.now_s() + seconds
            self.hardware.drive(PIR_PIN, 1)

    def wifi_down(self) -> None:
        """Switch the access point off."""
        self.hardware.wifi.is_up = False

    def wifi_up(self) -> None:
        """Switch the access point on."""
        self.hardware.wifi.is_up = True

    def state(self) -> dict[str, object]:
        """Return what a script may want to see: power, door, truth and the end of the console."""
        with self._lock:
            return {
                "powered": self._chip is not None,
                "door_open": bool(self.hardware.levels.get(DOOR_PIN, 0)),
                "passages": [list(passage) for passage in self.world.passages],
                "console": self.console[-2000:],
            }

    def close(self) -> None:
        """Stop the board and give everything back."""
        with self._lock:
            self._is_closed = True
            self._stop()
        self._thread.join()
        self.time_server.close()
        self.names.close()
        self.neighbours.close()
        self._selector.close()
        self._port.close()

    def _move_contact(self, level: int) -> None:
        """Move the reed, which bounces for a few milliseconds."""
        for _ in range(self._chance.randrange(_BOUNCES)):
            for bounced in (level, 1 - level):
                with self._lock:
                    self.hardware.drive(DOOR_PIN, bounced)
                time.sleep(self._chance.uniform(0, _BOUNCE_S))
        with self._lock:
            self.hardware.drive(DOOR_PIN, level)

    def _walk(self, body: Body, doorway: int) -> float:
        with self._lock:
            self.worlds[doorway].walk(body)
            self.motion()
        return body.duration_s

    def _sensor(self, kind: SensorKind, index: int) -> VL53L1X | VL53L0X:
        if kind == "vl53l1x":
            return VL53L1X(
                lambda first, last: self.worlds[index].look(first, last, self.clock.now_ms())
            )
        # tilted outwards, each of a pair looks where one half of the other sensor would
        half = (8, 15) if index % 2 else (0, 7)
        return VL53L0X(lambda: self.worlds[index // 2].look(*half, self.clock.now_ms()))

    def _interrupt(self, pin: int, level: int) -> None:
        if self._chip is not None:
            with contextlib.suppress(OSError):  # the chip has just ended
                self._chip.interrupts.send(bytes((pin, level)))

    def _start(self, cause: int) -> None:
        self.hardware.reset_cause = cause
        self.hardware.restart()
        self._shots = {pin: sensor.shots for pin, sensor in self.hardware.sensors.items()}
        chip = self._chip = Chip(self.flash, self._modules, self._heap, self._step_us)
        self._selector.register(chip.console, selectors.EVENT_READ, self._on_console)
        self._selector.register(chip.requests, selectors.EVENT_READ, self._on_request)

    def _stop(self) -> None:
        if self._chip is not None:
            self._drain(self._chip)
            self._selector.unregister(self._chip.console)
            self._selector.unregister(self._chip.requests)
            self._chip.kill()
            self._chip = None

    def _restart(self, cause: int) -> None:
        if self._chip is not None:
            self._stop()
            self._start(cause)

    def _serve(self) -> None:
        while not self._is_closed:
            for key, _ in self._selector.select(_TICK_S):
                with self._lock:
                    # an earlier event of this round may have reset the board
                    is_current = self._selector.get_map().get(key.fd) is key
                    if is_current and self._chip is not None:
                        handler: Callable[[Chip], None] = key.data
                        handler(self._chip)
            with self._lock:
                self._tick()

    def _tick(self) -> None:
        if self._chip is not None:
            self._pass_on(self._chip)
        if self._pir_ends_at is not None and self.clock.now_s() >= self._pir_ends_at:
            self._pir_ends_at = None
            self.hardware.drive(PIR_PIN, 0)
        if self._chip is not None and self.hardware.watchdog_bites:
            self._restart(WATCHDOG)
        elif self._chip is not None and not self._chip.is_running:
            self._restart(SOFT)
        self._port.flush()

    def _on_port(self, chip: Chip) -> None:
        if not self.hardware.has_booted:  # Ctrl-C would hit the start of the interpreter
            time.sleep(0.001)  # what was typed stays where it is; the chip boots in milliseconds
            return
        if _CTRL_C not in self._typed:
            self._typed_until_s = time.monotonic() + _CTRL_C_WITHIN_S
        self._typed += os.read(self._port.end, 4096)
        self._pass_on(chip)

    def _pass_on(self, chip: Chip, *, is_asking: bool = False) -> None:
        """Hand the chip what was typed; Ctrl-C where it waits for its hardware or at its prompt.

        The interpreter raises KeyboardInterrupt wherever the signal finds it. Within the heap of C
        that ended the process, or left its lock locked, now and then.
        """
        if is_asking and _CTRL_C in self._typed:
            chip.interrupt()  # the terminal would send the signal when it gets round to it
            self._typed = self._typed.replace(_CTRL_C, b"")
        is_safe = _CTRL_C not in self._typed or self.console.endswith(_PROMPTS)
        if self._typed and (is_safe or time.monotonic() >= self._typed_until_s):
            with contextlib.suppress(BlockingIOError):  # nobody reads: lost, as on a real port
                os.write(chip.console, self._typed)
            self._typed = b""

    def _on_console(self, chip: Chip) -> None:
        try:
            output = os.read(chip.console, 65536)
        except BlockingIOError:
            return
        except OSError:  # the process has ended
            self._restart(SOFT)
            return
        self._print(output)

    def _drain(self, chip: Chip) -> None:
        """Pass on the chip's last words: mpremote waits for the echo of its last command."""
        with contextlib.suppress(OSError):
            self._print(os.read(chip.console, 65536))

    def _print(self, output: bytes) -> None:
        self.console = (self.console + output.decode(errors="replace"))[-_CONSOLE_KEPT:]
        self._port.send(output)

    def _on_request(self, chip: Chip) -> None:
        try:
            request = _receive(chip, REQUEST.size)
            payload = _receive(chip, Hardware.payload_size(request))
            self._pass_on(chip, is_asking=True)
            chip.requests.sendall(self.hardware.answer(request, payload))
        except ResetRequested:
            self._restart(HARD)
        except ConnectionError:
            self._restart(SOFT)


class _Port:
    """The pseudo-terminal that stands for the USB port; it stays while chips come and go."""

    def __init__(self) -> None:
        self.end, self._held = os.openpty()  # holding its other end keeps the port from hanging up
        self.name = os.ttyname(self._held)
        self._waiting = b""
        tty.setraw(self._held)
        os.set_blocking(self.end, False)

    def send(self, output: bytes) -> None:
        """Hand output to whoever listens; what nobody reads is lost, as on a real port."""
        self._waiting = (self._waiting + output)[-_PORT_BUFFER:]
        self.flush()

    def flush(self) -> None:
        """Write as much as fits."""
        with contextlib.suppress(BlockingIOError):
            while self._waiting:
                self._waiting = self._waiting[os.write(self.end, self._waiting) :]

    def close(self) -> None:
        os.close(self.end)
        os.close(self._held)


def _receive(chip: Chip, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = chip.requests.recv(size - len(received))
        if not part:
            raise ConnectionError("the chip has ended")
        received += part
    return received
