"""What only a real board can show: heap, flash, timing, wiring and Wi-Fi, asked and judged."""

import json
from dataclasses import dataclass
from typing import Any

from edge.tools.board import Board

# Runs on the board. Each part stands alone: a missing sensor must not hide a weak Wi-Fi.
_SCRIPT = """
import gc, json, os, sys, time, machine
found = {'platform': sys.platform, 'version': sys.version}
gc.collect()
found['heap_free'] = gc.mem_free()
size = os.statvfs('/')
found['flash_free'] = size[0] * size[3]
try:
    settings = json.load(open('/config.json'))
except (OSError, ValueError):
    settings = {}
found['is_set_up'] = bool(settings)
kind = settings.get('sensor', 'vl53l1x')
register, size, addrsize = (0x010F, 2, 16) if kind == 'vl53l1x' else (0xC0, 1, 8)
pins = {'door': 27, 'pir': 26, 'sda': 21, 'scl': 22, 'xshut': [25]}
pins.update(settings.get('pins', {}))
found['pins'] = pins
started = time.ticks_us()
with open('/selftest', 'wb') as file:
    file.write(bytes(4096))
found['flash_write_ms'] = time.ticks_diff(time.ticks_us(), started) // 1000
os.remove('/selftest')
started = time.ticks_us()
gc.collect()
found['gc_ms'] = time.ticks_diff(time.ticks_us(), started) / 1000
found['door'] = machine.Pin(pins['door'], machine.Pin.IN, machine.Pin.PULL_UP).value()
found['pir'] = machine.Pin(pins['pir'], machine.Pin.IN).value()
xshut = [machine.Pin(pin, machine.Pin.OUT, value=0) for pin in pins['xshut']]
found['sensor'] = kind
found['i2c'] = []
found['models'] = []
try:
    i2c = machine.I2C(0, sda=machine.Pin(pins['sda']), scl=machine.Pin(pins['scl']), freq=400000)
    for pin in xshut:  # one by one: they all wake at the same address
        pin.value(1)
        time.sleep_ms(5)
        found['i2c'].append(i2c.scan())
        started = time.ticks_us()
        model = i2c.readfrom_mem(0x29, register, size, addrsize=addrsize)
        found['i2c_read_us'] = time.ticks_diff(time.ticks_us(), started)
        found['models'].append(int.from_bytes(model, 'big'))
        pin.value(0)
except OSError as error:
    found['i2c_error'] = str(error)
try:
    import network
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    name = settings.get('wifi', {}).get('ssid', '')
    seen = [n[3] for n in wlan.scan() if not name or n[0].decode() == name]
    found['wifi'] = name
    found['wifi_rssi'] = max(seen) if seen else None
except (AttributeError, OSError) as error:
    found['wifi_error'] = str(error)
print(json.dumps(found))
"""
# Measures as the firmware does, with its drivers.
_MEASURE = """
import asyncio, json, sys, time
try:
    import slots
    sys.path.insert(0, slots.running())
    import parts
    async def measure():
        seen = []
        for sensor in parts.sensors(%r, json.loads(%r)):
            await sensor.start()
            sensor.set_zone_size(8, 16)
            for centre in (167, 231):
                started = time.ticks_ms()
                await sensor.read(centre)
                ms = time.ticks_diff(time.ticks_ms(), started)
                seen.append((sensor.status == 9, sensor.distance_mm, ms))
        return seen
    print(json.dumps(asyncio.run(measure())))
except Exception as error:
    print(json.dumps(repr(error)))
"""


_MODELS = {"vl53l1x": 0xEACC, "vl53l0x": 0xEE}
_AT = 0x29  # where each sensor wakes
_WEAKEST_DBM = -75
_LONGEST_WRITE_MS = 100
_LONGEST_COLLECTION_MS = 30
_LONGEST_BUS_READ_US = 2000
_LONGEST_READING_MS = 45


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what it should be."""

    what: str
    found: str
    expected: str
    is_good: bool


def examine(board: Board) -> list[Finding]:
    """Return the findings on a board."""
    found = json.loads(board.run(_SCRIPT))
    wiring = found["sensor"], json.dumps(found["pins"])
    found["measured"] = json.loads(board.run(_MEASURE % wiring).splitlines()[-1])
    return judge(found)


def judge(found: dict[str, Any]) -> list[Finding]:
    """Compare what the board says with what it should be."""
    models, rssi = found["models"], found.get("wifi_rssi")
    expected = _MODELS[found["sensor"]]
    shown = [f"0x{model:04x}" for model in models]
    if "i2c_error" in found:
        shown.append(f"no answer from sensor {len(models)}, {found['i2c_error']}")
    return [
        # beside the code of a firmware that was running until now
        _at_least(
            "free heap", found["heap_free"], 30_000 if found["is_set_up"] else 60_000, "bytes"
        ),
        _at_least("free flash", found["flash_free"], 600_000, "bytes"),
        _at_most("write of one flash block", found["flash_write_ms"], _LONGEST_WRITE_MS, "ms"),
        _at_most("garbage collection", found["gc_ms"], _LONGEST_COLLECTION_MS, "ms"),
        Finding(
            "on the bus with each sensor",
            "; ".join(_addresses(answered) for answered in found["i2c"]) or "nothing",
            "0x29",
            bool(found["i2c"]) and all(_AT in answered for answered in found["i2c"]),
        ),
        Finding(
            "model of each sensor",
            ", ".join(shown),
            f"0x{expected:04x}, a {found['sensor'].upper()}",
            set(models) == {expected} and "i2c_error" not in found,
        ),
        _at_most("read over I2C", found.get("i2c_read_us", 10**6), _LONGEST_BUS_READ_US, "us"),
        _measured(found["measured"]),
        Finding("door contact", "open" if found["door"] else "closed", "as the door is", True),
        Finding("PIR", "motion" if found["pir"] else "quiet", "as you move", True),
        Finding(
            f"Wi-Fi {found['wifi']}" if found.get("wifi") else "strongest Wi-Fi",
            "not found" if rssi is None else f"{rssi} dBm",
            "-75 dBm or stronger",
            rssi is not None and rssi >= _WEAKEST_DBM,
        ),
    ]


def _addresses(answered: list[int]) -> str:
    return ", ".join(f"0x{address:02x}" for address in answered) or "nothing"


def _measured(measured: str | list[tuple[bool, int, int]]) -> Finding:
    """Judge a reading of each zone; a text says why there is none."""
    expected = f"what a folding rule says, in at most {_LONGEST_READING_MS} ms each"
    if isinstance(measured, str):
        return Finding("distance in each zone", f"none, {measured}", expected, False)
    shown = [f"{mm} mm" if is_valid else "no distance" for is_valid, mm, _ in measured]
    longest_ms = max(ms for _, _, ms in measured)
    is_good = all(is_valid for is_valid, _, _ in measured) and longest_ms <= _LONGEST_READING_MS
    found = f"{', '.join(shown)}, in {longest_ms} ms"
    return Finding("distance in each zone", found, expected, is_good)


def _at_least(what: str, value: float, limit: float, unit: str) -> Finding:
    return Finding(what, f"{value:,} {unit}", f"at least {limit:,}", value >= limit)


def _at_most(what: str, value: float, limit: float, unit: str) -> Finding:
    return Finding(what, f"{value:,} {unit}", f"at most {limit:,}", value <= limit)
