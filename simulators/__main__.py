"""`python -m simulators`: the same as `shopbell simulate`."""

from simulators.cli import simulate

simulate(prog_name="python -m simulators")
