"""The benchmark of imports in small: it measures what it says, with a worker that is killed."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import import_speed
from cloud.app.settings import Settings

ROWS = 2_000


def test_one_import_is_measured_and_stored_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_speed, "in_process", in_this_process)
    file = tmp_path / "till.csv"
    total_minor = import_speed.write_export(file, ROWS)
    found = import_speed.import_once(settings, file)
    import_speed.assert_once(settings, found["shop_id"], ROWS, total_minor)
    assert found["rows"] == ROWS
    undone = import_speed.undo_here(settings, found["shop_id"], found["import_id"])
    assert min(found["upload_s"], found["totals_s"], found["run_s"], undone["seconds"]) > 0


def test_a_worker_that_is_killed_leaves_each_row_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_speed, "in_process", in_this_process)
    monkeypatch.setattr(import_speed, "KILLS", 1)
    file = tmp_path / "till.csv"
    total_minor = import_speed.write_export(file, ROWS)
    kills, twice, missing = import_speed.import_killed(settings, file, total_minor)
    assert kills <= 1  # a fast worker is done before
    assert (twice, missing) == (0, 0)


def in_this_process(work: Any, *args: object) -> dict[str, Any]:
    return import_speed._measured(work, args)
