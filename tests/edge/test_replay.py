"""Traces: recorded on a board, replayed through the firmware's counter."""

import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.tools.cli import device
from edge.tools.replay import TraceError, replay, report
from simulators.board.board import VirtualBoard
from simulators.board.rig import Cloud, wait_until
from tests.edge.test_tools import until_ctrl_c
from tests.waiting import WITHIN_S

TRACES = Path(__file__).with_name("traces")
FLOOR, HEAD = 2400, 700


def _passage(sensor: int, *, began_ms: int) -> list[str]:
    """Return the readings of somebody who walks in."""
    lines = []
    for at_ms in range(began_ms, began_ms + 1500, 30):
        zone = at_ms // 30 % 2
        since_ms = at_ms - began_ms - (300 if zone else 0)
        distance_mm = HEAD if 0 <= since_ms < 600 else FLOOR
        lines.append(f"t {sensor} {at_ms} {zone} {distance_mm}")
    return lines


def _trace() -> list[str]:
    return [f"trace 1 sensor 0 idle {FLOOR} {FLOOR}", *_passage(0, began_ms=6000)]


def test_a_replay_counts_what_the_board_counted() -> None:
    played = replay(_trace())

    assert [outcome.what for outcome in played.outcomes] == ["in"]
    assert played.readings == 50


def test_a_trace_in_which_the_ticks_of_the_board_wrap_is_counted_as_any_other() -> None:
    lines = []
    for line in _passage(0, began_ms=(1 << 30) - 480):
        kind, sensor, at_ms, *rest = line.split()
        lines.append(" ".join((kind, sensor, str(int(at_ms) % (1 << 30)), *rest)))

    told = list(report([_trace()[0], *lines]))

    assert told[0].startswith("1.5 s, 50 readings")
    assert told[-1] == "counted: 1 in, 0 out, 0 ambiguous"


def test_lines_of_the_console_are_passed_over() -> None:
    logs = ["shopbell 0.1.0 device front boot 7", "t 0 12", "outbox: 3 waiting"]

    played = replay([*logs, *_trace(), *logs])

    assert (played.readings, played.counted) == (50, {"in": 1})


def test_readings_before_the_floor_is_known_are_left_out() -> None:
    assert replay(["t 0 100 0 700", *_trace()]).readings == 50


def test_each_sensor_is_counted_by_itself() -> None:
    second = [f"trace 1 sensor 1 idle {FLOOR} {FLOOR}", *_passage(1, began_ms=6000)]

    played = replay([*_trace(), *second])

    assert [outcome.sensor for outcome in played.outcomes] == [0, 1]


def test_a_reading_without_distance_is_none() -> None:
    assert replay([*_trace(), "t 0 8000 0 -"]).without_distance == 1


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        (["truth in"], "truth:   1 in, 0 out: all counted"),
        (["truth in in", "truth out"], "truth:   2 in, 1 out: 1 in missing, 1 out missing"),
        (["truth"], "truth:   0 in, 0 out: 1 in too many"),
    ],
    ids=["right", "missing", "surplus"],
)
def test_the_count_is_compared_with_the_truth(truth: list[str], expected: str) -> None:
    lines = list(report([*_trace(), *truth]))

    assert lines[-2] == "counted: 1 in, 0 out, 0 ambiguous"
    assert lines[-1] == expected


def test_a_report_says_nothing_of_a_truth_that_nobody_knows() -> None:
    assert list(report(_trace()))[-1] == "counted: 1 in, 0 out, 0 ambiguous"


def test_a_file_without_a_trace_is_refused_in_a_sentence() -> None:
    with pytest.raises(TraceError, match="expected a line 'trace 1 sensor 0 idle"):
        replay(["boot", "", "t 0 100 0 700"])


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.txt")), ids=lambda path: path.stem)
def test_a_recorded_trace_is_counted_right(path: Path) -> None:
    assert list(report(path.read_text().splitlines()))[-1].endswith(": all counted")


def test_a_board_records_what_it_counts(board: VirtualBoard, cloud: Cloud, tmp_path: Path) -> None:
    trace = tmp_path / "door.txt"
    wait_until(lambda: cloud.statuses)

    with until_ctrl_c("record", "--port", board.port, str(trace)) as recording:
        wait_until(lambda: trace.exists() and "\nt 0 " in trace.read_text())
        board.walk_in()
        wait_until(lambda: len(cloud.kinds("passage")) == 1)
        board.walk_out()
        wait_until(lambda: len(cloud.kinds("passage")) == 2)
        wait_until(lambda: len(replay(trace.read_text().splitlines()).outcomes) == 2)
        recording.send_signal(signal.SIGINT)
        told, _ = recording.communicate(timeout=WITHIN_S)

    played = replay(trace.read_text().splitlines())
    assert [outcome.what for outcome in played.outcomes] == ["in", "out"]
    assert [outcome.value for outcome in played.outcomes] == [
        passage["confidence"] for passage in cloud.kinds("passage")
    ]
    assert recording.returncode == 0
    assert "then: shopbell device replay" in told
    assert not (board.flash / "trace").exists()


def test_a_recording_does_not_take_the_place_of_another(tmp_path: Path) -> None:
    trace = tmp_path / "door.txt"
    trace.write_text("an earlier one")

    result = CliRunner().invoke(device, ["record", "--port", "/dev/nowhere", str(trace)])

    assert f"{trace}: expected a new file, got File exists" in result.output
    assert trace.read_text() == "an earlier one"
