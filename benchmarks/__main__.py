"""`python -m benchmarks [--size small|full] [--data DIR]`: every benchmark, one after another."""

import pkgutil
import subprocess
import sys

import benchmarks

# not benchmarks themselves
SHARED = {"__main__", "house", "on_board", "raw_mqtt", "growth", "report", "shops", "web_house"}


def main() -> int:
    """Run each benchmark in a process of its own; return how many could not measure."""
    names = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in SHARED]
    failed = 0
    for name in sorted(names):
        command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
