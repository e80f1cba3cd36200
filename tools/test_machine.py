"""`python -m tools.test_machine`: make sure that what the tests drive is here.

On Debian, as root, what is missing is installed with apt-get; elsewhere it is named.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# program -> Debian's package
NEEDED = {"mosquitto": "mosquitto", "chromium": "chromium", "openssl": "openssl"}

# Debian keeps daemons out of a user's PATH
SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def main() -> int:
    """Install or name what is missing; return 0 when the tests can run."""
    missing = [program for program in NEEDED if not shutil.which(program, path=SEARCH)]
    if missing and _can_install():
        _install([NEEDED[program] for program in missing])
        missing = [program for program in missing if not shutil.which(program, path=SEARCH)]
    for program in missing:
        print(f"The tests need {program}: install Debian's package {NEEDED[program]}, "
              f"or your system's, so that `{program}` is on PATH.", file=sys.stderr)  # fmt: skip
    return 1 if missing else 0


def _can_install() -> bool:
    return os.geteuid() == 0 and Path("/etc/debian_version").exists()


def _install(packages: list[str]) -> None:
    print("Installing with apt-get:", *packages)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
