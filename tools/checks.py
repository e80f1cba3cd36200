"""`python -m tools.checks`: format, lint, types and every test, each timed; all run, then the sum.

The checks that need no server run beside the tests, because a machine has two cores at least.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable


@dataclass(frozen=True)
class Check:
    """A command that must exit with 0."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """How a check ended."""

    check: Check
    exit_code: int
    output: str
    seconds: float


STATIC = (
    Check("Python format", (PYTHON, "-m", "ruff", "format", "--check", "-q", ".")),
    Check("Python lint", (PYTHON, "-m", "ruff", "check", "-q", ".")),
    Check("Python types", (PYTHON, "-m", "mypy")),
    Check("web format", (PYTHON, "-m", "tools.npm", "run", "--silent", "format:check")),
    Check("web lint", (PYTHON, "-m", "tools.npm", "run", "--silent", "lint")),
    Check("web tests", (PYTHON, "-m", "tools.npm", "test", "--silent")),
)
# by file, in the order of tests/conftest.py; one process more than cores, because boards and
# browsers keep their tests waiting
SHARED = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
TESTS = Check("all tests", (PYTHON, "-m", "pytest", *SHARED))


def main() -> int:
    """Run every check; print what failed and a summary; return 0 when all passed."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        static = [pool.submit(run, check) for check in STATIC]
        tests = run(TESTS, shown=True)
        results = [*(future.result() for future in static), tests]
    for result in results:
        if result.exit_code and result.output:
            print(f"\n--- {result.check.name} ---\n{result.output}")
    print()
    for result in results:
        verdict = "FAILED" if result.exit_code else "ok"
        print(f"{result.check.name:<16}{verdict:<8}{result.seconds:6.1f} s")
    failed = sum(1 for result in results if result.exit_code)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


def run(check: Check, *, shown: bool = False) -> Result:
    """Run one check; its output is kept, or with `shown` goes to the terminal as it comes."""
    began = time.monotonic()
    pipe = None if shown else subprocess.PIPE
    process = subprocess.run(
        check.command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Result(check, process.returncode, process.stdout or "", time.monotonic() - began)


def environment() -> dict[str, str]:
    """The environment of the checks: Python may keep what it has compiled.

    The tests start some hundred processes, and each would compile our modules anew.
    """
    found = dict(os.environ)
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    return found


if __name__ == "__main__":
    sys.exit(main())
