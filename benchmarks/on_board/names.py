"""Print how many names the interpreter knows before and after it has read modules of the firmware.

Runs on MicroPython: `micropython names.py MODULE,MODULE,...`, with the environment of
`benchmarks.edge_memory`. What a board's chip brings along is imported before.
"""

import os
import sys

import micropython
from vfs import VfsPosix, mount, umount

umount("/")
mount(VfsPosix(os.getenv("BOARD_FLASH")), "/")
sys.path[:] = [".frozen", "/fakes", "/app", "/"]

for name in ("machine", "network", "os"):
    __import__(name)

micropython.qstr_info()
for name in sys.argv[1].split(","):
    __import__(name)
with open("/main.py") as file:
    compile(file.read(), "main.py", "exec")
micropython.qstr_info()
