"""The tests of this folder again, on MicroPython."""

from pathlib import Path

import pytest

from edge.tools.packages import UNITTEST, module_path
from simulators.board.interpreter import run_file

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


@pytest.mark.parametrize("name", ["test_examples.py", "test_topics.py"])
def test_micropython_agrees(name: str) -> None:
    result = run_file(FOLDER / name, [ROOT, module_path(UNITTEST).parent])

    if not result.stdout.rstrip().endswith("OK"):
        pytest.fail(result.stdout + result.stderr, pytrace=False)
