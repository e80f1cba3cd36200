"""The firmware on a virtual board, from the door contact to the cloud's acknowledgement."""

import os
import signal
import time

from edge.tools.bundle import FIRMWARE
from simulators.board.board import LED_PIN, XSHUT_PIN, VirtualBoard
from simulators.board.hardware import WATCHDOG
from simulators.board.install import device_command
from simulators.board.rig import Broker, Cloud, wait_until
from simulators.board.vl53l1x import STUCK


def _wait_until_online(cloud: Cloud, births: int = 1) -> None:
    wait_until(lambda: sum(s["state"] == "online" for s in cloud.statuses) >= births)


def test_a_board_that_gets_power_again_says_so_in_its_birth(
    board: VirtualBoard, cloud: Cloud
) -> None:
    _wait_until_online(cloud)
    board.power_cut()
    cloud.statuses.clear()

    board.power_on()
    _wait_until_online(cloud)

    assert cloud.statuses[-1]["reset"] == "power_on"


def test_an_opened_door_is_an_event_with_its_time(board: VirtualBoard, cloud: Cloud) -> None:
    _wait_until_online(cloud)
    wait_until(lambda: len(cloud.kinds("door")) == 1)
    before_ms = board.clock.unix_s() * 1000

    board.open_door()
    opened = wait_until(lambda: cloud.kinds("door")[1:])[0]

    assert opened["open"] == 1
    assert before_ms - 50 <= opened["at"] <= board.clock.unix_s() * 1000


def test_a_contact_that_bounces_is_one_change(board: VirtualBoard, cloud: Cloud) -> None:
    wait_until(lambda: board.is_counting and len(cloud.kinds("door")) == 1)
    edges = board.hardware.driven

    for _ in range(3):
        board.open_door()
        _outlast_a_bounce(board)
        board.close_door()
        _outlast_a_bounce(board)
    wait_until(lambda: len(cloud.kinds("door")) == 7)

    assert board.hardware.driven - edges > 6  # it has bounced
    assert [door["open"] for door in cloud.kinds("door")] == [0, 1, 0, 1, 0, 1, 0]


def test_a_new_board_measures_the_floor_before_it_counts(board: VirtualBoard, cloud: Cloud) -> None:
    board.power_cut()
    (board.flash / "idle-0.json").unlink()
    board.power_on()

    (calibrated,) = wait_until(lambda: cloud.kinds("calibrated"))
    board.walk_in()
    wait_until(lambda: cloud.kinds("passage"))

    assert all(2350 < idle_mm < 2450 for idle_mm in calibrated["idle_mm"])
    assert [passage["direction"] for passage in cloud.kinds("passage")] == ["in"]


def test_two_people_walk_in_and_one_walks_out(board: VirtualBoard, cloud: Cloud) -> None:
    wait_until(lambda: board.is_counting)

    board.walk_in()
    wait_until(lambda: len(cloud.kinds("passage")) == 1)
    board.walk_in(speed_mm_s=900, height_mm=1550)
    wait_until(lambda: len(cloud.kinds("passage")) == 2)
    board.walk_out(speed_mm_s=1400)
    wait_until(lambda: len(cloud.kinds("passage")) == 3)

    assert [passage["direction"] for passage in cloud.kinds("passage")] == ["in", "in", "out"]


def test_a_board_that_waits_for_a_processor_misses_nobody(
    board: VirtualBoard, cloud: Cloud
) -> None:
    wait_until(lambda: board.is_counting)
    board.walk_in()
    wait_until(lambda: board.world.bodies[0].y_mm(board.clock.now_ms()) > -300)

    os.kill(board.pid, signal.SIGSTOP)
    until_s = time.monotonic() + 0.5
    wait_until(lambda: time.monotonic() > until_s)
    os.kill(board.pid, signal.SIGCONT)
    wait_until(lambda: cloud.kinds("passage"))

    assert [passage["direction"] for passage in cloud.kinds("passage")] == ["in"]
    assert cloud.kinds("ambiguous_passage") == []


def test_the_walk_test_after_a_set_up_flashes_once_for_in_and_twice_for_out(
    board: VirtualBoard, cloud: Cloud
) -> None:
    wait_until(lambda: board.is_counting)
    assert not (board.flash / "walk-test").exists()  # until the next restart only

    board.walk_in()
    wait_until(lambda: len(board.hardware.flashes(LED_PIN)) == 1)
    board.walk_out()
    wait_until(lambda: len(board.hardware.flashes(LED_PIN)) == 3)

    first, second, third = board.hardware.flashes(LED_PIN)
    assert third - second < second - first
    assert [passage["direction"] for passage in cloud.kinds("passage")] == ["in", "out"]


def test_nothing_is_lost_while_the_broker_is_away(
    board: VirtualBoard, broker: Broker, cloud: Cloud
) -> None:
    _wait_until_online(cloud)
    wait_until(lambda: board.is_counting)

    broker.stop()
    board.open_door()
    board.walk_in()
    wait_until(lambda: not board.world.bodies)
    board.close_door()
    broker.start()
    wait_until(lambda: len(cloud.kinds("door")) == 3 and cloud.kinds("passage"))

    assert [door["open"] for door in cloud.kinds("door")] == [0, 1, 0]
    assert _has_no_gaps(cloud)


def test_an_opening_that_is_over_before_the_wifi_is_there_arrives_with_both_its_times(
    board: VirtualBoard, cloud: Cloud
) -> None:
    wait_until(lambda: cloud.kinds("door"))
    board.power_cut()
    board.wifi_down()
    board.power_on()
    wait_until(lambda: board.is_counting)

    board.open_door()
    _outlast_a_bounce(board)
    board.close_door()
    wait_until(lambda: board.hardware.rtc_memory.count(b'"door"') == 3)
    board.wifi_up()
    wait_until(lambda: len(cloud.kinds("door")) == 4)

    doors = cloud.kinds("door")[-3:]
    assert [door["open"] for door in doors] == [0, 1, 0]
    assert 60 < doors[2]["up"] - doors[1]["up"] < 1000
    assert [door["at"] for door in doors] == [None] * 3  # no time server without Wi-Fi


def test_a_bus_that_a_sensor_holds_down_is_clocked_free_and_counting_goes_on(
    board: VirtualBoard, cloud: Cloud
) -> None:
    wait_until(lambda: board.is_counting)

    sensor = board.hardware.sensors[XSHUT_PIN]
    sensor.fault = STUCK
    wait_until(lambda: sensor.fault is None)
    shots = sensor.shots
    assert board.hardware.clocks >= 9  # before the shutdown pin, which would free it, too
    wait_until(lambda: sensor.shots > shots + 4)
    board.walk_in()
    wait_until(lambda: cloud.kinds("passage"))

    assert [passage["direction"] for passage in cloud.kinds("passage")] == ["in"]


def test_events_of_an_earlier_boot_survive_a_power_cut(
    board: VirtualBoard, broker: Broker, cloud: Cloud
) -> None:
    _wait_until_online(cloud)
    broker.stop()
    _fill_the_rtc(board)

    board.power_cut()
    broker.start()
    board.power_on()
    wait_until(lambda: len({boot for _, boot, _ in cloud.events}) == 2)

    first, second = sorted({boot for _, boot, _ in cloud.events})
    assert second == first + 1
    assert len([door for door in cloud.kinds("door") if door["open"]]) > 5
    assert _has_no_gaps(cloud)


def test_an_event_that_was_never_flushed_survives_a_reset(
    board: VirtualBoard, broker: Broker, cloud: Cloud
) -> None:
    _wait_until_online(cloud)
    broker.stop()
    board.open_door()
    wait_until(lambda: b'"open":1' in board.hardware.rtc_memory)

    board.hardware.watchdog_s = 0.01
    wait_until(lambda: board.hardware.reset_cause == WATCHDOG)
    broker.start()
    wait_until(lambda: len(cloud.kinds("door")) == 3)

    assert [door["open"] for door in cloud.kinds("door")] == [0, 1, 1]
    assert _has_no_gaps(cloud)


def test_events_stay_on_the_board_until_the_cloud_has_committed_them(
    board: VirtualBoard, cloud: Cloud
) -> None:
    cloud.acknowledges = False
    _wait_until_online(cloud)
    _fill_the_rtc(board)

    cloud.acknowledges = True
    boot = cloud.statuses[-1]["boot"]
    wait_until(lambda: not list((board.flash / "outbox").iterdir()) or _acknowledge(cloud, boot))


def test_a_dead_board_leaves_its_last_will_and_a_birth_follows(
    board: VirtualBoard, cloud: Cloud
) -> None:
    _wait_until_online(cloud)

    board.press_reset()
    _wait_until_online(cloud, births=2)

    assert [status["state"] for status in cloud.statuses] == ["online", "offline", "online"]


def test_a_reboot_command_is_answered_once_and_carried_out(
    board: VirtualBoard, cloud: Cloud
) -> None:
    _wait_until_online(cloud)

    cloud.publish("front", "command", {"id": "c-1", "name": "reboot", "args": {}})
    _wait_until_online(cloud, births=2)

    assert cloud.replies == [{"id": "c-1", "ok": 1, "detail": "rebooting in 2 s"}]
    assert cloud.statuses[-1]["reset"] == "hard"


def test_a_board_that_stops_working_is_reset_by_its_watchdog(
    board: VirtualBoard, cloud: Cloud
) -> None:
    _wait_until_online(cloud)

    board.hardware.watchdog_s = 0.1  # so that the test need not wait for half a minute
    _wait_until_online(cloud, births=2)

    assert cloud.statuses[-1]["reset"] == "watchdog"


def test_a_board_whose_firmware_fails_at_its_start_starts_again(board: VirtualBoard) -> None:
    (board.flash / "app" / "start.mpy").rename(board.flash / "start")

    board.press_reset()
    wait_until(lambda: board.console.count("no module named 'start'") > 1)


def test_a_second_deploy_copies_nothing(board: VirtualBoard) -> None:
    output = device_command(board, "deploy")

    assert "copy" not in output
    assert "remove" not in output


def test_a_stale_source_is_removed_by_a_deploy(board: VirtualBoard) -> None:
    stale = (board.flash / "app" / "door.py", board.flash / "slots.py")
    stale[0].write_text("raise SystemExit\n")
    stale[1].write_text((FIRMWARE / "slots.py").read_text())  # as an earlier version deployed it

    dry = device_command(board, "deploy", "--dry-run")
    assert all(path.exists() for path in stale)
    device_command(board, "deploy")

    assert "remove /app/door.py" in dry
    assert "remove /slots.py" in dry
    assert not any(path.exists() for path in stale)


def _fill_the_rtc(board: VirtualBoard) -> None:
    """Open and close the door until events had to go to flash."""
    wait_until(lambda: board.is_counting)
    for _ in range(13):
        board.open_door()
        _outlast_a_bounce(board)
        board.close_door()
        _outlast_a_bounce(board)
    wait_until(lambda: _in_flash(board, b'"open":1'))


def _outlast_a_bounce(board: VirtualBoard) -> None:
    settled_ms = board.clock.now_ms() + 70
    wait_until(lambda: board.clock.now_ms() > settled_ms)


def _acknowledge(cloud: Cloud, boot: int) -> None:
    last = max(seq for _, _, seq in cloud.events)
    cloud.publish("front", "ack", {"boot": boot, "seq": last})


def _in_flash(board: VirtualBoard, text: bytes) -> bool:
    return any(text in segment.read_bytes() for segment in (board.flash / "outbox").iterdir())


def _has_no_gaps(cloud: Cloud) -> bool:
    last: dict[int, int] = {}
    for _, boot, seq in sorted(cloud.events):
        if seq != last.get(boot, 0) + 1:
            return False
        last[boot] = seq
    return True
