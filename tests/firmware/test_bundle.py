"""Every module compiles for the ESP32, and together they are small."""

from pathlib import Path

import pytest

from edge.tools.bundle import CompileError, build, compile_module, sources


@pytest.mark.parametrize("name", sorted(sources()))
def test_every_module_compiles_for_the_esp32(name: str) -> None:
    assert compile_module(sources()[name], march="xtensawin")[:1] == b"M"


def test_the_bundle_is_below_100_kb() -> None:
    assert sum(len(content) for content in build(compiled=True).values()) < 100_000


def test_a_module_with_an_error_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def :\n")

    with pytest.raises(CompileError, match=r"(?s)broken\.py.*SyntaxError"):
        compile_module(broken)
