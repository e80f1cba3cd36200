"""Modules of the firmware on CPython, for what is pure in them."""

import importlib.util
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[1] / "firmware"


def firmware_module(name: str) -> Any:
    """Import a module of the firmware, once; what it imports of the firmware has to be there."""
    if name not in sys.modules:
        const: Callable[[int], int] = lambda value: value  # noqa: E731
        micropython = types.SimpleNamespace(const=const)
        sys.modules.setdefault("micropython", micropython)  # type: ignore[arg-type]
        spec = importlib.util.spec_from_file_location(name, _FOLDER / f"{name}.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    return sys.modules[name]
