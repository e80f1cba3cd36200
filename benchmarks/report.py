"""What every benchmark has in common: its options, and the one JSON object that it prints.

    {"benchmark", "machine", "figures": [{"name", "value", "unit", "goal", "met"}]}

The exit code is 0 when it could measure, met or not. Peers and limits are measured in the same run,
because machines are shared and noisy: carry over the ratios, not the times.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How much to measure, and where real data lies (None: on data made for it)."""

    size: str
    data: Path | None

    @property
    def is_full(self) -> bool:
        """Tell whether the full size was asked for."""
        return self.size == "full"


@dataclass(frozen=True)
class Figure:
    """One measured figure; `goal` in words, `met` None where there is nothing to reach."""

    name: str
    value: float | int | str | None
    unit: str
    goal: str | None = None
    met: bool | None = None


def at_least(name: str, value: float, unit: str, goal: float) -> Figure:
    """Return a figure that must not fall below its goal."""
    return Figure(name, _rounded(value), unit, f"at least {goal:g}", value >= goal)


def at_most(name: str, value: float, unit: str, goal: float) -> Figure:
    """Return a figure that must not exceed its goal."""
    return Figure(name, _rounded(value), unit, f"at most {goal:g}", value <= goal)


def plain(name: str, value: float | int | str, unit: str) -> Figure:
    """Return a figure without a goal: a peer's, a limit's, or context."""
    return Figure(name, _rounded(value) if isinstance(value, float) else value, unit)


def main(benchmark: str, measure: Callable[[Options], list[Figure]]) -> None:
    """Read the options, measure, and print the JSON object."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{benchmark}")
    parser.add_argument("--size", choices=("small", "full"), default="full")
    parser.add_argument("--data", type=Path, default=None, help="folder of real data sets")
    chosen = parser.parse_args()
    figures = measure(Options(chosen.size, chosen.data))
    report = {
        "benchmark": benchmark,
        "machine": machine(),
        "figures": [asdict(figure) for figure in figures],
    }
    json.dump(report, sys.stdout, indent=1)
    print()


def machine() -> dict[str, object]:
    """Return what the figures were measured on."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1e6 else round(value)
