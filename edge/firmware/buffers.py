"""The large blocks of memory, taken before any other module is loaded into the heap."""

from micropython import const

HEAD_BYTES = const(192)  # of an MQTT packet: replies, fixed header, topic, packet id
_PAYLOAD_BYTES = const(4162)  # the outbox's largest: head, a segment of the flash log, tail
_RTC_BYTES = const(2048)  # what MicroPython gives on the ESP32

packet = bytearray(HEAD_BYTES + _PAYLOAD_BYTES)
payload = memoryview(packet)[HEAD_BYTES:]
rtc_image = bytearray(_RTC_BYTES)
