"""Which Node builds the client."""

import pytest

from tools.npm import is_suitable


@pytest.mark.parametrize("version", [(20, 19), (20, 20), (22, 12), (24, 0)])
def test_a_version_that_vite_supports_is_taken(version: tuple[int, int]) -> None:
    assert is_suitable(version)


@pytest.mark.parametrize("version", [(0, 0), (18, 20), (20, 18), (21, 7), (22, 11)])
def test_any_other_version_is_not(version: tuple[int, int]) -> None:
    assert not is_suitable(version)
