"""What the board runs after power-on: choose the firmware's folder and start it."""

import sys

import machine
import slots

folder, is_trial = slots.choose()
sys.path.insert(0, folder)
del sys.modules["slots"], slots  # its memory is wanted

try:
    import start  # only now it can be found

    start.run(is_trial)
except Exception as error:
    sys.print_exception(error)
    if is_trial:
        machine.reset()  # into the old firmware
