"""What the tests need of the machine is installed, or named."""

import pytest

from tools import test_machine as machine


def test_what_is_missing_and_cannot_be_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "SEARCH", "/nowhere")
    monkeypatch.setattr(machine, "_can_install", lambda: False)
    assert machine.main() == 1
    said = capsys.readouterr().err
    assert [name for name in machine.NEEDED if f"The tests need {name}" not in said] == []


def test_a_machine_that_has_everything_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_install", lambda packages: pytest.fail(f"{packages}"))
    assert machine.main() == 0
