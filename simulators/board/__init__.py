"""Virtual boards: the real firmware on MicroPython, in simulated hardware, among people."""
