"""An access point that a test may take away."""

STA_IF = 0
AP_IF = 1


class WLAN:
    is_up = True

    def __init__(self, interface=STA_IF):
        pass

    def active(self, is_active=None):
        return True

    def connect(self, ssid=None, key=None):
        pass

    def disconnect(self):
        pass

    def isconnected(self):
        return WLAN.is_up

    def status(self, what=None):
        return -60
