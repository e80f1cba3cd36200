"""What is lost of boots of which the board holds nothing any more, until the cloud knows.

The batches of a boot say what was lost before them (`oldest`). When its last events are lost, no
batch follows: the number of the last one is kept here, in a file of its own, and goes out with the
status until the cloud has acknowledged it.
"""

import binascii
import struct

from files import remove, replace
from micropython import const

# A boot each: more are only lost at once by a board that starts every day and is never online.
_MAX_BOOTS = const(64)
_MESSAGE_BOOTS = const(8)  # what the wire takes
_ENTRY = const(">QII")  # boot, last sequence number, CRC-32 of both
_ENTRY_BYTES = const(16)
_CHECKED = const(">QI")
_CHECKED_BYTES = const(12)


class Gone:
    def __init__(self, path):
        self._path = path
        self._lasts = {}  # boot -> its last sequence number
        self._is_saved = True
        self._load()

    def note(self, boot, last):
        """Keep that a boot's events up to `last` are lost as far as they were not sent before."""
        if last <= self._lasts.get(boot, 0):
            return
        self._lasts[boot] = last
        if len(self._lasts) > _MAX_BOOTS:
            self._lasts.pop(min(self._lasts))
        self._is_saved = False
        self.save()

    def forget(self, boot, seq):
        """The cloud has settled a boot up to and with `seq`."""
        if self._lasts.get(boot, seq + 1) <= seq:
            self._lasts.pop(boot)
            self._is_saved = False
            self.save()

    def save(self):
        """Write what is not in flash yet; a flash that refuses is asked again later."""
        if self._is_saved:
            return
        try:
            if self._lasts:
                self._write()
            else:
                remove(self._path)
            self._is_saved = True
        except OSError:
            pass

    def pairs(self, before, held):
        """Return [boot, last] for the status, the oldest first: of boots before this one and of
        which nothing is held."""
        boots = sorted(boot for boot in self._lasts if boot < before and boot not in held)
        return [[boot, self._lasts[boot]] for boot in boots[:_MESSAGE_BOOTS]]

    def _write(self):
        content = bytearray()
        for boot, last in self._lasts.items():
            crc = binascii.crc32(struct.pack(_CHECKED, boot, last))
            content.extend(struct.pack(_ENTRY, boot, last, crc))
        replace(self._path, content)

    def _load(self):
        try:
            with open(self._path, "rb") as file:
                content = file.read(_MAX_BOOTS * _ENTRY_BYTES)
        except OSError:
            return
        for at in range(0, len(content) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            boot, last, crc = struct.unpack_from(_ENTRY, content, at)
            if binascii.crc32(content[at : at + _CHECKED_BYTES]) == crc:
                self._lasts[boot] = last
