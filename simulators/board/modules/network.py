"""`network` of the ESP32: a station and an access point; the sockets are the host's."""

import struct

import _board

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_GOT_IP = 1010


class WLAN:
    IF_STA = STA_IF
    IF_AP = AP_IF

    def __init__(self, interface=STA_IF):
        self._is_active = False

    def active(self, is_active=None):
        if is_active is None:
            return self._is_active
        self._is_active = bool(is_active)
        return None

    def config(self, **_settings):
        pass

    def connect(self, ssid=None, key=None):
        if not self._is_active:
            raise OSError("Wifi Not Started")
        is_joined, _, _, is_trying = self._state()
        if is_trying and not is_joined:
            raise OSError("Wifi Internal State Error")
        _board.request("j", 1)

    def disconnect(self):
        _board.request("j", 0)

    def isconnected(self):
        return self._is_active and bool(self._state()[0])

    def status(self, what=None):
        if what == "rssi":
            return self._state()[2]
        return STAT_GOT_IP if self.isconnected() else STAT_IDLE

    def scan(self):
        _, is_up, rssi, _ = self._state()
        return [(b"Shop", b"\x02\x00\x00\x00\x00\x01", 6, rssi, 3, False)] if is_up else []

    def ifconfig(self):
        return "127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1"

    def _state(self):
        return struct.unpack("<BBbB", _board.ask("n"))
