"""`shopbell device`: roll back, release, watch, self-test, and errors that say what is wrong."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import serial
from click.testing import CliRunner
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from edge.tools import backup
from edge.tools.board import Board, BoardError, connected
from edge.tools.cli import device
from edge.tools.selftest import judge
from edge.tools.watch import messages_of
from simulators.board.board import VirtualBoard
from simulators.board.install import provision
from simulators.board.rig import Broker, Cloud, wait_until
from tests.waiting import WITHIN_S

GOOD: dict[str, Any] = {
    "is_set_up": True,
    "heap_free": 90_000,
    "flash_free": 1_500_000,
    "flash_write_ms": 40,
    "gc_ms": 6.5,
    "i2c": [[0x29]],
    "i2c_read_us": 400,
    "sensor": "vl53l1x",
    "models": [0xEACC],
    "measured": [[True, 2397, 31], [True, 2392, 31]],
    "door": 0,
    "pir": 0,
    "wifi_rssi": -60,
}


@contextmanager
def until_ctrl_c(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `shopbell device` until SIGINT, which a job in the background would ignore."""
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        " from edge.tools.cli import device; device()"
    )
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # it has ended, unless the test has failed


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a virtual board on a busy machine take its time to answer."""
    monkeypatch.setattr("edge.tools.board._READ_TIMEOUT_S", 15)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for a port that will not come."""
    monkeypatch.setattr("edge.tools.board._OPEN_TIMEOUT_S", 0)


def _run(*arguments: str) -> Any:
    return CliRunner().invoke(device, list(arguments))


def test_a_deploy_can_be_rolled_back(
    board: VirtualBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup.keep, "__defaults__", (tmp_path,))
    monkeypatch.setattr(backup.restore, "__defaults__", (tmp_path,))
    old = board.flash / "app" / "door.mpy"
    old.write_bytes(b"an older version")
    (board.flash / "app" / "pir.mpy").unlink()

    deployed = _run("deploy", "--port", board.port)
    assert old.read_bytes() != b"an older version"
    rolled_back = _run("deploy", "--port", board.port, "--roll-back")

    assert (deployed.exit_code, rolled_back.exit_code) == (0, 0), rolled_back.output
    assert re.findall(r"copy   (\S+)", deployed.output) == ["/app/door.mpy", "/app/pir.mpy"]
    assert "files are back; what was new is removed" in rolled_back.output
    assert old.read_bytes() == b"an older version"
    assert not (board.flash / "app" / "pir.mpy").exists()


def test_an_answer_that_ctrl_c_forestalls_is_not_the_next_question_s(board: VirtualBoard) -> None:
    answer = board.hardware.answer

    def forestalled(request: bytes, payload: bytes) -> bytes:
        if request[:1] == b"g":
            os.kill(board.pid, signal.SIGINT)
        return answer(request, payload)

    with connected(board.port) as talking:
        talking.run("import machine; machine.RTC().memory(b'bell')")
        board.hardware.answer = forestalled  # type: ignore[method-assign]
        for _ in range(5):
            with pytest.raises(BoardError, match="KeyboardInterrupt"):
                talking.run("machine.Pin(27).value()")
            assert talking.run("print(machine.RTC().memory())") == "b'bell'"


def test_a_board_that_takes_nothing_any_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.tools.board._READ_TIMEOUT_S", 0.1)
    monkeypatch.setattr(
        "edge.tools.board._introduced", lambda _, transport: Board(transport, "esp32", True, "")
    )
    end, port = os.openpty()  # nobody reads what arrives at the other end
    try:
        name = os.ttyname(port)
        with pytest.raises(BoardError, match=f"{name}: lost the board"), connected(name) as board:
            board.transport.serial.write(bytes(100_000))
    finally:
        os.close(end)
        os.close(port)


def test_what_the_tests_leave_in_a_flash_is_what_the_tool_writes(
    board: VirtualBoard, broker: Broker, cloud: Cloud
) -> None:
    wait_until(lambda: cloud.statuses)  # until then the walk test is still to come
    left = json.loads((board.flash / "config.json").read_text())
    provision(board, {"device": "front", "mqtt": {"host": "127.0.0.1", "port": broker.port}})
    written = json.loads((board.flash / "config.json").read_text())
    assert written.pop("boot_start") >= left.pop("boot_start")
    assert written == left


def test_a_release_is_one_file_with_its_hmac(tmp_path: Path) -> None:
    output = tmp_path / "bundle"

    result = _run("release", "--version", "1", "--output", str(output), "--key", "k")

    assert output.read_bytes()[:4] == b"SBU1"
    assert output.stat().st_size < 100_000
    assert "hmac " in result.output


def test_a_recorded_trace_is_replayed_and_another_file_is_refused(tmp_path: Path) -> None:
    trace, other = tmp_path / "trace", tmp_path / "other"
    trace.write_text("trace 1 sensor 0 idle 2400 2400\nt 0 1000 0 2400\nt 0 1033 1 2400\n")
    other.write_text("hello\n")

    replayed, refused = _run("replay", str(trace)), _run("replay", str(other))

    assert "counted: 0 in, 0 out, 0 ambiguous" in replayed.output
    assert refused.exit_code == 1
    assert f"{other}: trace: expected a line" in refused.output


@pytest.mark.usefixtures("impatient")
def test_a_port_without_a_board_is_named() -> None:
    result = _run("deploy", "--port", "/dev/nowhere")

    assert result.exit_code == 1
    assert "/dev/nowhere: expected a free serial port with a board" in result.output


def test_a_board_is_not_prepared_for_an_api_that_it_could_not_check() -> None:
    without_ca = _run("add", "--port", "/dev/nowhere", "--api", "https://shopbell.example")
    without_scheme = _run("add", "--port", "/dev/nowhere", "--api", "shopbell.example")

    assert "--ca: expected the CA" in without_ca.output
    assert "--api: expected https://" in without_scheme.output


def test_the_messages_of_a_device_can_be_watched(
    board: VirtualBoard, broker: Broker, cloud: Cloud
) -> None:
    wait_until(lambda: cloud.statuses)
    seen: list[str] = []
    watcher = threading.Thread(
        target=lambda: seen.extend(messages_of("front", "127.0.0.1", broker.port, count=1))
    )

    watcher.start()
    wait_until(lambda: seen)

    assert seen[0].startswith("status  {")


def test_a_broker_that_lets_nobody_in_is_not_waited_for() -> None:
    def refuse(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.recv(1024)
        connection.sendall(b"\x20\x02\x00\x05")  # CONNACK: not authorised
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=refuse, args=(listener,), daemon=True).start()
        port = listener.getsockname()[1]
        result = _run("watch", "--device", "front", "--mqtt-port", str(port))

    assert result.exit_code == 1
    assert "expected an MQTT broker, got Not authorized" in result.output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("watch --device Front!", "--device: expected 1 to 32 of a-z 0-9 -"),
        ("release --version 1 --output {nowhere}", "{nowhere}: expected a file to write"),
        ("replay {binary}", "{binary}: trace: expected a line"),
        ("add --port p --api https://a.example --ca {binary}", "--ca: expected a certificate"),
        ("provision --port p --device F --mqtt-host h", "device: expected 1 to 32 of a-z"),
        ("provision --port p --device f --mqtt-host h --ntp a:b", "--ntp: expected HOST[:PORT]"),
        ("provision --port p --device f --mqtt-host h --ca {binary}", "--ca: expected a certif"),
        ('provision --port p --device f --mqtt-host h --more {{"pin":1}}', "pin: expected one of"),
    ],
)
def test_what_cannot_be_done_is_said_before_a_board_is_touched(
    arguments: str, expected: str, tmp_path: Path
) -> None:
    binary, nowhere = tmp_path / "binary", tmp_path / "nowhere" / "bundle"
    binary.write_bytes(b"\x7fELF\xd0\x00")

    words = arguments.format(binary=binary, nowhere=nowhere).split()
    result = _run(*words)

    assert result.exit_code > 0
    assert expected.format(binary=binary, nowhere=nowhere) in result.output


def test_the_logs_show_what_a_board_prints_until_ctrl_c_and_the_board_goes_on(
    board: VirtualBoard, cloud: Cloud
) -> None:
    (board.flash / "trace").touch()  # so that there is something to show at any time
    board.press_reset()
    wait_until(lambda: board.is_counting and cloud.kinds("door"))

    with until_ctrl_c("logs", "--port", board.port) as logs:
        assert logs.stdout is not None
        reading = next(line for line in logs.stdout if re.fullmatch(r"t 0 \d+ [01] \d+\n", line))
        logs.send_signal(signal.SIGINT)
        assert logs.wait(timeout=WITHIN_S) == 0
    doors = len(cloud.kinds("door"))
    board.open_door()
    wait_until(lambda: len(cloud.kinds("door")) > doors)

    assert 2300 < int(reading.split()[-1]) < 2500


def test_the_logs_of_a_port_without_a_board_end_in_a_sentence() -> None:
    result = _run("logs", "--port", "/dev/nowhere")

    assert result.exit_code == 1
    assert "/dev/nowhere: expected a serial port, got" in result.output


def test_settings_are_changed_over_usb_and_take_effect(
    board: VirtualBoard, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(lambda: cloud.statuses)
    cloud.statuses.clear()
    monkeypatch.setenv("SHOPBELL_WIFI_PASSWORD", "a secret")

    result = _run("configure", "--port", board.port, "invert=true", "wifi.ssid=Shop", "pins.led=4")
    wait_until(lambda: any(s["state"] == "online" for s in cloud.statuses))

    kept = json.loads((board.flash / "config.json").read_text())
    assert (kept["invert"], kept["pins"]) == (True, {"led": 4})
    assert kept["wifi"] == {"ssid": "Shop", "password": "a secret"}
    assert '"ssid": "Shop"' in result.output, result.output
    assert "a secret" not in result.output


def test_settings_that_the_board_refuses_are_left_alone(board: VirtualBoard) -> None:
    before = (board.flash / "config.json").read_text()

    wrong_name = _run("configure", "--port", board.port, "pins.dor=4")
    wrong_value = _run("configure", "--port", board.port, "sensor=vl53l5")
    wrong_pin = _run("configure", "--port", board.port, "pins.door=99")
    nothing = _run("configure", "--port", board.port, "invert")

    assert "pins.dor: expected one of button, door, led" in wrong_name.output
    assert "sensor: expected one of vl53l1x, vl53l0x" in wrong_value.output
    assert re.search(r"pins.door: expected one of 0, 2, 4, .*, 33, found 99", wrong_pin.output)
    assert "invert: expected KEY=VALUE" in nothing.output
    assert (board.flash / "config.json").read_text() == before


def test_a_port_that_comes_back_after_a_reset_is_waited_for(
    board: VirtualBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = tmp_path / "port"

    def open_later(path: str, **options: Any) -> SerialTransport:
        if not port.exists():
            port.symlink_to(board.port)
            raise TransportError("not yet")
        return SerialTransport(path, **options)

    monkeypatch.setattr("edge.tools.board.SerialTransport", open_later)
    result = _run("deploy", "--port", str(port), "--dry-run")

    assert result.exit_code == 0, result.output


@pytest.mark.usefixtures("impatient")
def test_a_port_that_somebody_else_uses_is_named(board: VirtualBoard) -> None:
    with serial.Serial(board.port, exclusive=True):
        result = _run("deploy", "--port", board.port)

    assert result.exit_code == 1
    assert f"{board.port}: expected a free serial port with a board" in result.output


def test_a_port_at_which_nothing_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.tools.board._READ_TIMEOUT_S", 0.05)
    end, other = os.openpty()
    port = os.ttyname(other)

    result = _run("deploy", "--port", port)

    assert f"{port}: expected MicroPython to answer" in result.output
    os.close(end)
    os.close(other)


def test_another_chip_is_refused_by_name(
    board: VirtualBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.tools.board._PLATFORMS", ("esp32",))

    result = _run("deploy", "--port", board.port)

    assert f"{board.port}: expected a board of type esp32, got linux" in result.output


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual board takes the time of its machine; how much is too much, `judge` is asked."""
    for limit in ("WRITE_MS", "COLLECTION_MS", "BUS_READ_US", "READING_MS"):
        monkeypatch.setattr(f"edge.tools.selftest._LONGEST_{limit}", 10**5)


@pytest.mark.usefixtures("unhurried")
def test_the_self_test_passes_a_good_board_and_names_what_is_missing(board: VirtualBoard) -> None:
    good = _run("selftest", "--port", board.port)
    changed = _run("configure", "--port", board.port, "pins.xshut=[25,33]", "wifi.ssid=Another")
    bad = _run("selftest", "--port", board.port)

    assert (good.exit_code, changed.exit_code) == (0, 0), good.output + changed.output
    assert "ok   model of each sensor: 0xeacc" in good.output
    assert "ok   strongest Wi-Fi: -58 dBm" in good.output
    assert re.search(r"ok   distance in each zone: 2[34]\d\d mm, 2[34]\d\d mm, in ", good.output)
    assert bad.exit_code == 1
    assert "FAIL on the bus with each sensor: 0x29; nothing (expected: 0x29)" in bad.output
    assert "0xeacc, no answer from sensor 1" in bad.output
    assert "FAIL Wi-Fi Another: not found" in bad.output
    assert "FAIL distance in each zone: none, OSError" in bad.output


@pytest.mark.usefixtures("unhurried")
def test_a_board_without_settings_can_pass_the_self_test(board: VirtualBoard) -> None:
    board.power_cut()
    (board.flash / "config.json").unlink()
    board.power_on()

    result = _run("selftest", "--port", board.port)

    assert result.exit_code == 0, result.output


def test_a_good_board_passes_and_each_fault_is_found() -> None:
    faults = {
        "heap_free": 10,
        "i2c": [[0x29], []],
        "models": [0xEE],
        "measured": [[True, 2397, 31], [False, 0, 31]],
        "wifi_rssi": None,
        "flash_write_ms": 900,
    }

    assert all(finding.is_good for finding in judge(GOOD))
    assert all(f.is_good for f in judge(GOOD | {"sensor": "vl53l0x", "models": [0xEE, 0xEE]}))
    for name, value in faults.items():
        assert not all(finding.is_good for finding in judge(GOOD | {name: value})), name
