"""`python -m tools.install LOCK`: install a lock file's packages, showing one line a package.

Imports the standard library only, because it runs before anything is installed.
"""

import re
import subprocess
import sys

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
COLLECTING = re.compile(r"Collecting (\S+?)==(\S+)")


def main(lock: str) -> int:
    """Install the packages; on failure print all that pip said and return its exit code."""
    said = []
    command = (*PIP, "install", "--progress-bar", "off", "--require-hashes", "-r", lock)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            said.append(line)
            package = COLLECTING.match(line)
            if package:
                print(f"  {package[1]} {package[2]}", flush=True)
            elif line.startswith("Installing collected"):
                print("  unpacking", flush=True)
    if pip.returncode:
        print("".join(said), file=sys.stderr)
    return pip.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
