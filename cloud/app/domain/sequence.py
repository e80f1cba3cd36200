"""Which numbers of one boot are recorded, how far without a gap, and which are lost for ever."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

Range = tuple[int, int]

# A healthy device sends in order and has no gaps but those of messages that overtake each other.
# The limit keeps one that counts wildly from filling the database.
GAPS_MAX = 1000
# what the wire takes and a column holds
SEQUENCE_MAX = 2**31 - 1


class SequenceLog:
    """The recorded numbers of one boot as ranges (first, last), and the oldest one still held.

    What lies below `oldest` and was never recorded is lost: the device no longer has it. A lost
    number that arrives after all, because an older message was overtaken, is lost no more.
    """

    def __init__(self, ranges: Sequence[Range] = (), oldest: int = 1) -> None:
        self._firsts = [first for first, _ in ranges]
        self._lasts = [last for _, last in ranges]
        self.oldest = oldest

    def may_record(self, sequence: int) -> bool:
        """Tell whether a number can be noted: not when it would open one gap too many."""
        if len(self._firsts) <= GAPS_MAX:
            return True
        at = bisect_right(self._firsts, sequence)
        before = at > 0 and sequence <= self._lasts[at - 1] + 1
        return before or (at < len(self._firsts) and sequence + 1 == self._firsts[at])

    def record(self, sequence: int) -> bool:
        """Note a number; return False when it was recorded before."""
        if self._lasts and sequence == self._lasts[-1] + 1:
            self._lasts[-1] = sequence
            return True
        return self._insert(sequence)

    @property
    def recorded(self) -> int:
        """How many numbers are recorded."""
        return sum(last - first + 1 for first, last in self.ranges)

    def settle(self, oldest: int) -> None:
        """Note that the device holds nothing below `oldest` any more."""
        self.oldest = min(max(self.oldest, oldest), SEQUENCE_MAX)

    def finish(self, last: int) -> None:
        """Note that the device holds nothing of this boot any more; `last` is the highest number
        that it knows of."""
        self.settle(max(last, self.highest) + 1)

    @property
    def ranges(self) -> list[Range]:
        """The recorded numbers as (first, last), in order."""
        return list(zip(self._firsts, self._lasts, strict=True))

    @property
    def highest(self) -> int:
        """The highest recorded number, 0 when there is none."""
        return self._lasts[-1] if self._lasts else 0

    @property
    def committed(self) -> int:
        """The number up to which everything is recorded or lost."""
        settled = self.oldest - 1
        at = bisect_right(self._firsts, settled + 1) - 1
        return max(settled, self._lasts[at]) if at >= 0 else settled

    @property
    def lost(self) -> int:
        """How many numbers below `oldest` were never recorded."""
        below = self.oldest - 1
        return below - sum(
            min(last, below) - first + 1 for first, last in self.ranges if first <= below
        )

    def _insert(self, sequence: int) -> bool:
        at = bisect_right(self._firsts, sequence)
        if at and sequence <= self._lasts[at - 1]:
            return False
        joins_left = at > 0 and self._lasts[at - 1] == sequence - 1
        joins_right = at < len(self._firsts) and self._firsts[at] == sequence + 1
        if joins_left and joins_right:
            self._lasts[at - 1] = self._lasts.pop(at)
            del self._firsts[at]
        elif joins_left:
            self._lasts[at - 1] = sequence
        elif joins_right:
            self._firsts[at] = sequence
        else:
            self._firsts.insert(at, sequence)
            self._lasts.insert(at, sequence)
        return True


@dataclass(frozen=True)
class EventCounts:
    """What became of the events of a device, exactly: `known` are all whose numbers were given."""

    known: int = 0
    stored: int = 0
    rejected: int = 0
    lost: int = 0

    @property
    def awaited(self) -> int:
        """How many were overtaken: the device still has them, or will say that it has not."""
        return self.known - self.stored - self.rejected - self.lost

    @property
    def sentence(self) -> str:
        """For the owner."""
        if not self.known:
            return "no events yet"
        if self.lost:
            return f"{self.lost:,} of {self.known:,} events missing"
        if self.awaited:
            return f"{self.awaited:,} of {self.known:,} events on their way"
        return f"all {self.known:,} events accounted for"
