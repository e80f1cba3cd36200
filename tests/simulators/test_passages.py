"""People who pass a door, counted against the truth, from the command line."""

import re

from click.testing import CliRunner

from simulators.cli import simulate


def passages(*options: str) -> str:
    done = CliRunner().invoke(simulate, ["passages", "--scenario", "single_file", *options])
    assert done.exit_code == 0, done.output
    return done.output


def test_people_one_by_one_are_counted_as_they_were() -> None:
    said = passages("--episodes", "12", "--seed", "7")
    found = dict(re.findall(r"(in|out)  true: (\d+)  counted: \2\n", said))
    assert sum(map(int, found.values())) == 12


def test_each_episode_is_shown_and_the_same_seed_is_the_same_people() -> None:
    said = passages("--episodes", "3", "--seed", "7", "--each")
    assert len(said.splitlines()) == 3 + 3
    assert said == passages("--episodes", "3", "--seed", "7", "--each")
    assert said != passages("--episodes", "3", "--seed", "8", "--each")


def test_a_height_at_which_no_sensor_hangs_is_refused() -> None:
    done = CliRunner().invoke(simulate, ["passages", "--mount-mm", "1200"])
    assert done.exit_code == 2
    assert "1200 is not in the range 2000<=x<=2800" in done.output
