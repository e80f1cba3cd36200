"""Become another program with standard input as controlling terminal, so that Ctrl-C works."""

import fcntl
import os
import sys
import termios

if __name__ == "__main__":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606  (no shell is wanted)
