"""What travels between device and cloud: topics and messages, on MicroPython and CPython."""
