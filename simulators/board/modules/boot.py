"""Power-on of the virtual board: give it the ESP32's view of its flash, then run what is there.

The unix port has no boot of its own. Each reset is a new process whose interpreter runs this file,
as the ROM and `_boot.py` do on the chip; with `-i` the REPL follows when main.py ends or Ctrl-C
interrupts it.
"""

import os
import sys

from vfs import VfsPosix, mount, umount

_flash, _modules = os.getenv("BOARD_FLASH"), os.getenv("BOARD_MODULES")
umount("/")
mount(VfsPosix(_flash), "/")
mount(VfsPosix(_modules), "/rom")
os.chdir("/")
sys.path[:] = ["", ".frozen", "/lib", "/rom"]
del _flash, _modules, VfsPosix, mount, umount

import _board  # noqa: E402  (found only now)

_board.request("b")

for _name in ("boot.py", "main.py"):
    if _name in os.listdir("/"):
        with open(_name) as _file:
            _source = _file.read()
        exec(compile(_source, _name, "exec"), globals())  # noqa: S102  (this is what booting means)
