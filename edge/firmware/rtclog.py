"""The newest events in the RTC's memory, which keeps them through any reset but a power cut.

The image only grows, so that a reset in the middle of a write harms the last record at most: magic,
boot and first sequence number, then records of length, CRC-32 and event. The CRC covers boot and
sequence number as well, so that nothing left over from an earlier image is ever taken for ours.
"""

import binascii
import struct

import buffers
from micropython import const

_MAGIC = const(b"sb1")
_START = const(">3sQI")
_START_BYTES = const(15)
_SEED = const(">QI")
_HEADER = const(">HI")
_HEADER_BYTES = const(6)


class RtcLog:
    def __init__(self, rtc):
        self._rtc = rtc
        self._image = buffers.rtc_image
        self._end = 0

    def load(self):
        """Return (boot, first sequence number, records) of what an earlier boot left behind."""
        image = self._rtc.memory()
        if len(image) < _START_BYTES or image[:3] != _MAGIC:
            return 0, 1, []
        _, boot, first = struct.unpack_from(_START, image, 0)
        records = []
        at = _START_BYTES
        while at + _HEADER_BYTES <= len(image):
            length, crc = struct.unpack_from(_HEADER, image, at)
            at += _HEADER_BYTES
            record = bytes(image[at : at + length])
            if len(record) < length or _crc(boot, first + len(records), record) != crc:
                break
            records.append(record)
            at += length
        return boot, first, records

    def add(self, boot, seq, record):
        """Keep one more event; return how many bytes are left then, below 0 when it had no room."""
        start = self._end or _START_BYTES
        end = start + _HEADER_BYTES + len(record)
        left = len(self._image) - end
        if left < 0:
            return left
        if not self._end:
            struct.pack_into(_START, self._image, 0, _MAGIC, boot, seq)
        struct.pack_into(_HEADER, self._image, start, len(record), _crc(boot, seq, record))
        self._image[start + _HEADER_BYTES : end] = record
        self._end = end
        self._rtc.memory(memoryview(self._image)[:end])
        return left

    def clear(self):
        """Forget everything: it is in flash, or the cloud has it."""
        if self._end:
            self._end = 0
            self._rtc.memory(b"")


def _crc(boot, seq, record):
    return binascii.crc32(record, binascii.crc32(struct.pack(_SEED, boot, seq)))
