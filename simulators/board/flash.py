"""The flash under littlefs: a block device in RAM whose power can fail, for MicroPython.

A program clears bits and an erase takes a block. The one in which the power fails is torn: carried
out up to some byte and no further.
"""

BLOCK_BYTES = 4096

_EIO = -5
_BLOCK_COUNT, _BLOCK_SIZE, _ERASE = 4, 5, 6  # operations of ioctl, as littlefs asks for them


class Flash:
    """`content` stays when the power fails; `left` is how many bytes until then, None for never."""

    def __init__(self, content: bytearray, left: "int | None" = None) -> None:
        self.content = content
        self.left = left
        self.is_dead = False
        self.erases = 0
        self.spent = 0  # bytes that were programmed or erased; what was torn counts as a whole

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        """Read."""
        at = block * BLOCK_BYTES + offset
        buffer[:] = memoryview(self.content)[at : at + len(buffer)]

    def writeblocks(self, block: int, buffer: bytearray, offset: int = 0) -> int:
        """Program."""
        size = self._survive(len(buffer))
        at = block * BLOCK_BYTES + offset
        self.content[at : at + size] = memoryview(buffer)[:size]
        return self._outcome()

    def ioctl(self, operation: int, block: int) -> int:
        """Tell the size, or erase a block."""
        if operation == _BLOCK_COUNT:
            return len(self.content) // BLOCK_BYTES
        if operation == _BLOCK_SIZE:
            return BLOCK_BYTES
        if operation == _ERASE:
            size = self._survive(BLOCK_BYTES)
            at = block * BLOCK_BYTES
            self.content[at : at + size] = b"\xff" * size
            self.erases += 1
            return self._outcome()
        return 0

    def _survive(self, size: int) -> int:
        """Return how much of an operation is carried out."""
        if self.is_dead:
            return 0
        self.spent += size
        if self.left is None or self.spent <= self.left:
            return size
        self.is_dead = True
        return size - (self.spent - self.left)

    def _outcome(self) -> int:
        # an error code: an exception would jump through littlefs and leave its files open
        return _EIO if self.is_dead else 0
