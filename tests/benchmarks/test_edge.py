"""The benchmarks of the edge in very small: that they measure, and what does not depend on time."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import edge_counting, edge_memory, edge_mqtt, edge_outbox, edge_sampling
from benchmarks.report import Figure, Options
from simulators.board.crowds import SCENARIOS

SMALL = Options("small", None)


def _by_name(figures: list[Figure]) -> dict[str, Any]:
    return {figure.name: figure.value for figure in figures}


def test_power_cuts_lose_and_double_nothing_and_spare_the_flash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_outbox, "_SMALL_CUTS", 20)

    figures = edge_outbox.measure(SMALL)

    assert _by_name(figures)["cuts of power or resets"] == 20
    assert _by_name(figures)["events made"] > 100
    assert [figure.name for figure in figures if figure.met is False] == []


def test_every_scenario_is_counted_by_all_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_SMALL_PASSAGES": 1, "_LEAST_RUNS": 2, "_RUNS_AT_ONCE": 2}.items():
        monkeypatch.setattr(edge_counting, name, value)
    monkeypatch.setattr(edge_counting, "_EPISODES_A_RUN", 5)
    monkeypatch.setattr(edge_counting, "_SMALL_DAY_EPISODES", 10)

    found = _by_name(edge_counting.measure(SMALL))

    assert all(found[f"{name}: passages"] > 0 for name in SCENARIOS)
    for algorithm in ("shopbell", "st", "roode"):
        assert found[f"single_file: {algorithm} f1"] == 1
    assert found["door_leaf: shopbell precision"] == 1
    assert "worst day's drift of the occupancy" in found


def test_the_whole_firmware_lives_in_the_heap_of_its_goal(tmp_path: Path) -> None:
    flash = edge_memory._flash(tmp_path)
    harness = edge_memory._harness(flash)

    lived = edge_memory._run(flash, 1, edge_memory.GOAL_K * 1024 + harness)

    assert lived is not None, f"expected to live in {edge_memory.GOAL_K} kB, see edge_memory.py"
    assert (len(lived["heap"]), lived["commands"]) == (2, 1)
    assert lived["events"] > edge_memory.LEAST_EVENTS_AN_HOUR
    assert edge_memory._run(flash, 0, edge_memory.GOAL_K * 512 + harness) is None


def test_the_names_of_the_firmware_fit_into_the_pools_of_its_goal(tmp_path: Path) -> None:
    names = edge_memory._names_of_firmware(edge_memory._flash(tmp_path))

    expected = (
        f"at most {edge_memory.NAMES_GOAL} names: the next pool takes 7 kB, see edge_memory.py"
    )
    assert names <= edge_memory.NAMES_GOAL, f"expected {expected}"


def test_both_clients_drain_their_backlog_and_the_board_returns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_mqtt, "_SMALL_EVENTS", (100,))
    monkeypatch.setattr(edge_mqtt, "_SMALL_RESTARTS", 1)

    found = _by_name(edge_mqtt.measure(SMALL))

    assert found["backlog drained by stock umqtt.simple, TLS, QoS 1"] > 0
    assert found["100 events drained by the firmware, TLS, QoS 1"] > 0
    assert found["online again after a broker restart, p95"] > 0


def test_sampling_is_watched_while_network_and_flash_are_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"_SMALL_STALL_S": 0.5, "_SMALL_EVENTS": 48, "_SMALL_IDLE_S": 0.5}.items():
        monkeypatch.setattr(edge_sampling, name, value)
    monkeypatch.setattr(edge_sampling, "_SMALL_CHANGES", 4)
    monkeypatch.setattr(edge_sampling, "_DEADLINE_S", 300)  # no promise about speed

    found = _by_name(edge_sampling.measure(SMALL))

    assert found["zone pairs on the idle board"] > 0
    assert all(value > 0 for name, value in found.items() if name.startswith("longest gap"))
