"""What the board runs after power-on: choose the firmware's folder and start it."""

import sys
import time

import machine
import slots

folder, is_trial = slots.choose()
sys.path.insert(0, folder)
del sys.modules["slots"], slots  # its memory is wanted

try:
    import start  # only now it can be found

    start.run(is_trial)
except Exception as error:  # the watchdog may not be there yet, and nobody comes to pull the plug
    sys.print_exception(error)
    if not is_trial:  # else the old firmware is next
        time.sleep(3)  # for Ctrl-C
    machine.reset()
