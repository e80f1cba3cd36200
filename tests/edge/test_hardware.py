"""The simulated I2C bus as the board asks for it: stuck lines, two sensors at one address."""

import errno

from simulators.board.hardware import REQUEST, SCL_PIN, Hardware
from simulators.board.vl53l1x import ADDRESS, STUCK, VL53L1X, Reading

_MODEL_ID = 0x010F


def _hardware(sensors: int = 1) -> Hardware:
    hardware = Hardware(lambda pin, level: None)
    for pin in range(sensors):
        hardware.sensors[pin] = VL53L1X(lambda first, last: Reading(2400))
    return hardware


def _read_model(hardware: Hardware, address: int = ADDRESS) -> tuple[int, bytes]:
    answer = hardware.answer(REQUEST.pack(b"r", address, _MODEL_ID, 2, 0), b"")
    return answer[0], answer[3:]


def _clock(hardware: Hardware, times: int) -> None:
    for _ in range(times):
        for level in (0, 1):
            hardware.answer(REQUEST.pack(b"s", SCL_PIN, level, 0, 0), b"")


def test_a_stuck_bus_times_out_until_the_ninth_clock() -> None:
    hardware = _hardware()
    hardware.sensors[0].fault = STUCK

    _clock(hardware, 8)
    still_stuck = _read_model(hardware)
    _clock(hardware, 1)

    assert still_stuck == (errno.ETIMEDOUT, b"")
    assert _read_model(hardware) == (0, b"\xea\xcc")


def test_two_sensors_at_one_address_are_both_moved() -> None:
    hardware = _hardware(sensors=2)

    hardware.answer(REQUEST.pack(b"w", ADDRESS, 0x0001, 1, 0), b"\x30")

    assert _read_model(hardware)[0] == errno.ENODEV
    assert all(sensor.answers(0x30) for sensor in hardware.sensors.values())


def test_a_sensor_that_is_shut_down_does_not_answer_and_forgets_its_address() -> None:
    hardware = _hardware()
    hardware.answer(REQUEST.pack(b"w", ADDRESS, 0x0001, 1, 0), b"\x30")

    hardware.answer(REQUEST.pack(b"s", 0, 0, 0, 0), b"")
    silent = _read_model(hardware, 0x30)[0]
    hardware.answer(REQUEST.pack(b"s", 0, 1, 0, 0), b"")

    assert silent == errno.ENODEV
    assert _read_model(hardware)[0] == 0
