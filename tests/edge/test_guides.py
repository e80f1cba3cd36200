"""The guides for who builds a board: their commands, pins and tables are those of the code."""

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from edge.tools.bundle import FIRMWARE, sources
from edge.tools.cli import device
from edge.tools.firmware import firmware_module
from edge.tools.selftest import judge
from simulators.cli import simulate
from tests.edge.test_tools import GOOD

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = ("first-board.md", "wiring.md", "home-assistant.md")
_COMMAND = re.compile(r"shopbell device [^`#\n]+")


def _commands() -> list[str]:
    return [
        found.strip().removesuffix(":")
        for guide in GUIDES
        for found in _COMMAND.findall((DOCS / guide).read_text())
        if len(found.split()) > 3
    ]


@pytest.mark.parametrize("line", _commands())
def test_a_command_of_a_guide_exists_with_its_options(line: str) -> None:
    _, _, name, *arguments = shlex.split(line)
    command = device.commands[name]
    context = click.Context(command, info_name=name)

    given, rest, _ = command.make_parser(context).parse_args(list(arguments))

    assert rest == []
    required = {option.name for option in command.params if option.required}
    assert required <= {name for name, value in given.items() if value}


def test_the_guide_shows_every_command_that_a_board_needs() -> None:
    shown = {line.split()[2] for line in _commands()}

    assert set(device.commands) - shown == {"release"}  # for who makes new firmware


@pytest.mark.parametrize("place", ["wiring.md", "wiring/pins.svg"])
def test_the_pins_of_the_guide_are_those_of_the_firmware(place: str) -> None:
    firmware_module("files")
    pins = firmware_module("settings")._DEFAULTS["pins"]
    text = (DOCS / place).read_text()

    wired = [pins["sda"], pins["scl"], *pins["xshut"], pins["door"], pins["pir"]]
    if place == "wiring.md":
        wired += [pins["led"], pins["button"]]
    assert all(f"GPIO {pin}" in text for pin in wired)
    if place == "wiring.md":
        rows = dict(re.findall(r"\| (SDA|SCL|XSHUT|OUT) \| GPIO (\d+) \|", text))
        names = {"SDA": pins["sda"], "SCL": pins["scl"], "XSHUT": pins["xshut"][0]}
        assert rows == {key: str(pin) for key, pin in (names | {"OUT": pins["pir"]}).items()}


def test_the_guide_explains_every_line_of_the_self_test() -> None:
    text = (DOCS / "first-board.md").read_text()

    lines = [finding.what for finding in judge(GOOD | {"wifi": ""})]

    assert len(lines) == 11
    assert [line for line in lines if f"\n| {line} |" not in text] == []


def test_the_prices_of_the_parts_add_up() -> None:
    text = (DOCS / "wiring.md").read_text()
    low, high = (
        sum(int(pair[side]) for pair in re.findall(r"\| (\d+)–(\d+) € \|", text)) for side in (0, 1)
    )

    assert f"Together {low} to {high} €." in text


def test_a_drawing_is_there_for_each_that_is_shown_and_says_what_it_shows() -> None:
    text = (DOCS / "wiring.md").read_text()
    drawings = re.findall(r"!\[[^\]]+\]\((wiring/\w+\.svg)\)", text)

    assert {DOCS / drawing for drawing in drawings} == set((DOCS / "wiring").glob("*.svg"))
    assert all('<title id="title">' in (DOCS / drawing).read_text() for drawing in drawings)


def test_the_guide_knows_how_many_files_are_copied() -> None:
    guide = (DOCS / "first-board.md").read_text()

    assert f"0 of {len(sources()) + 1} files are the same" in guide  # main.py, too


def test_what_the_guide_says_a_board_prints_is_what_it_prints() -> None:
    guide = (DOCS / "first-board.md").read_text()
    code = "".join(path.read_text() for path in FIRMWARE.glob("*.py"))

    for text in ("link: online", "link: lost"):
        assert text in guide
        assert text in code


def test_the_example_of_the_simulators_prints_what_their_readme_shows() -> None:
    readme = (DOCS.parent / "simulators" / "README.md").read_text()
    shown = re.search(r"    \$ python -m simulators (passages .*)\n((?:    .+\n)+)", readme)
    assert shown

    printed = CliRunner().invoke(simulate, shlex.split(shown[1])).output

    assert [line.strip() for line in printed.splitlines()] == [
        line.strip() for line in shown[2].splitlines()
    ]
