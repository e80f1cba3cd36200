"""An access point that a test may take away."""

STA_IF = 0
AP_IF = 1


class WLAN:
    is_up = True
    is_trying = False  # by itself, as the ESP32 does when its access point goes away

    def __init__(self, interface=STA_IF):
        pass

    def active(self, is_active=None):
        return True

    def connect(self, ssid=None, key=None):
        if WLAN.is_trying:
            raise OSError("Wifi Internal State Error")

    def disconnect(self):
        WLAN.is_trying = False

    def isconnected(self):
        return WLAN.is_up

    def ifconfig(self):
        return "192.0.2.9", "255.255.255.0", "192.0.2.1", "192.0.2.53"

    def status(self, what=None):
        return -60
