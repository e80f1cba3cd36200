"""The flash log of events: what the cloud has not committed yet, oldest first.

A folder holds segments, small files named `<boot>-<first sequence number>` that are only ever
appended to. A record is length (2 bytes), CRC-32 of its event seeded with its sequence number (4
bytes), and the event as JSON. A power cut can tear the last record of a segment: reading stops
there, and the next boot begins a segment of its own, so nothing is ever written behind a torn
record.

New events wait in RAM, and in the RTC's memory, and go to flash in batches. A write costs about one
erase, seldom two or three, which stops the sampling for as long: so each takes a turn of its own,
and waits until nobody is below a sensor unless it must not wait. A reset therefore loses nothing,
and a power cut no event that the cloud has or that is older than `FLUSH_AFTER_MS`.
An event leaves when the cloud says that it has committed it, and not before; when all segments are
used, the oldest one goes and its events are counted as dropped. A boot's later batches say what was
lost before them; where none will follow, `Gone` keeps it for the status.
"""

import binascii
import struct

import buffers
from files import remove
from gone import Gone
from micropython import const

from wire.fields import encode

# What a power cut can cost while the cloud is out of reach. Shorter, and a quiet shop would pay an
# erase for a handful of events (decision 0032).
FLUSH_AFTER_MS = const(1200000)

_PATIENCE_MS = const(60000)  # of it, in which a write waits for nobody to be there
_FLUSH_EVENTS = const(24)  # more than the RTC's memory holds
_EVENT_BYTES = const(120)  # what a passage takes of it, at most
_SEGMENT_BYTES = const(4096)  # one erase block
_ENOSPC = const(28)  # `errno` does not have it on every port
_SEGMENT_EVENTS = const(64)  # and what waits in RAM while the flash refuses
_MESSAGE_EVENTS = const(64)  # what the wire takes
_BATCH_HEAD_BYTES = const(64)  # in the room, before the events, which are a segment at most
_GONE = const("/gone")
_NAME = const("%s/%d-%d")  # folder, boot, first sequence number
_APPEND = const("ab")
_HEADER = const(">HI")
_HEADER_BYTES = const(6)
_COMMA = const(44)


class Outbox:
    """The log in a folder. It reads segments and makes messages in `buffers.payload`."""

    def __init__(self, folder, boot, segments, rtc_log=None, max_segments=128):
        """Make the log of a boot; `recovery.open_outbox` knows the segments of earlier ones."""
        self.boot = boot
        self.dropped = 0
        self._room = buffers.payload
        self._rtc_log = rtc_log
        self._rtc_left = _EVENT_BYTES  # bytes; below 0 when only the RAM has an event
        self._pending_since_ms = 0
        self._folder = folder
        self._max_segments = max_segments
        self._seq = 0  # the last one given away in this boot
        self._pending = []  # records of this boot that are not in flash yet
        self._segments = segments  # [boot, first, last], oldest first
        self._tail_bytes = _SEGMENT_BYTES  # full: the first flush begins a segment
        self._committed = {}  # boot -> sequence number
        self._sent = []  # (boot, last) of each batch that waits for its ack
        self._cursor = (-1, 0)  # (boot, seq) of the last event handed out
        self._gone = Gone(folder + _GONE)

    @property
    def depth(self):
        """How many events the cloud has not committed."""
        return len(self._pending) + sum(self._held(segment) for segment in self._segments)

    @property
    def in_flight(self):
        """How many batches were handed out and are not acknowledged."""
        return len(self._sent)

    @property
    def oldest_boot(self):
        """The earliest boot of which events are held; of those before it nothing will come."""
        return self._segments[0][0] if self._segments else self.boot

    @property
    def gone(self):
        """Earlier boots whose last events are lost, as [boot, last]: the cloud must be told."""
        return self._gone.pairs(self.boot, {segment[0] for segment in self._segments})

    def append(self, kind, uptime_ms, unix_ms, fields):
        """Add an event of this boot; it survives a reset now, and a power cut after `flush()`."""
        self._seq += 1
        event = {"seq": self._seq, "up": uptime_ms, "at": unix_ms, "kind": kind}
        event.update(fields)
        record = encode(event)
        if not self._pending:
            self._pending_since_ms = uptime_ms
        self._pending.append(record)
        self._rtc_left = -1
        if self._rtc_log is not None:
            self._rtc_left = self._rtc_log.add(self.boot, self._seq, record)
        if len(self._pending) > _SEGMENT_EVENTS:  # the flash refuses: the RAM is bounded as well
            self._pending.pop(0)
            self.dropped += 1
            self._tail_bytes = _SEGMENT_BYTES  # a segment has no gaps

    def is_due(self, uptime_ms, is_quiet=True):
        """Tell whether what waits in RAM should go to flash now; is_quiet when nobody is there."""
        if not self._pending:
            return False
        waited_ms = uptime_ms - self._pending_since_ms
        if self._rtc_left < 0 or waited_ms >= FLUSH_AFTER_MS:
            return True
        is_full = self._rtc_left < _EVENT_BYTES or len(self._pending) >= _FLUSH_EVENTS
        return is_quiet and (is_full or waited_ms >= FLUSH_AFTER_MS - _PATIENCE_MS)

    def flush(self):
        """Write what waits in RAM; return False when the flash refuses, and keep it."""
        while self._pending:
            if not self.write():
                return False
        self._gone.save()
        return True

    def write(self):
        """Write as much of it as takes about one erase; return False when the flash refuses."""
        if self._tail_bytes + _HEADER_BYTES + len(self._pending[0]) > _SEGMENT_BYTES:
            self._begin_segment()
        try:
            self._write()
        except OSError as error:
            # whatever reached the file is torn: go on behind a new name
            self._tail_bytes = _SEGMENT_BYTES
            if error.errno == _ENOSPC and len(self._segments) > 1:
                self._drop(self._segments[0])
            return False
        if not self._pending:
            self._clear_rtc()
            self._gone.save()
        return True

    def next_batch(self):
        """Return the payload of the oldest events not handed out yet, or None.

        It lies in the room and is good until the outbox is used again.
        """
        for segment in self._segments[:]:
            boot, first, last = segment
            after = self._after(boot)
            if after is not None and last > after:
                count, end = self._gather(segment, after)
                if count:
                    return self._batch(boot, max(first, after + 1), count, end)
                self._give_up(segment, after)
        after = self._after(self.boot)
        first = self._seq - len(self._pending) + 1
        skipped = max(0, after + 1 - first)
        count, end = self._gather_pending(skipped)
        if count:
            return self._batch(self.boot, first + skipped, count, end)
        return None

    def rewind(self):
        """Hand everything that is not committed out again, from the oldest."""
        self._cursor = (-1, 0)
        self._sent.clear()

    def commit(self, boot, seq):
        """Forget the events of a boot up to and with `seq`: the cloud has committed them."""
        if boot == self.boot and seq > self._seq:
            return  # never sent: an answer to somebody else
        self._gone.forget(boot, seq)
        if seq <= self._committed.get(boot, 0):
            return
        self._committed[boot] = seq
        self._sent = [batch for batch in self._sent if batch[0] != boot or batch[1] > seq]
        for segment in [s for s in self._segments if s[0] == boot and s[2] <= seq]:
            self._remove(segment)
        if boot == self.boot:
            first = self._seq - len(self._pending) + 1
            del self._pending[: max(0, seq + 1 - first)]
            if not self._pending:
                self._clear_rtc()
        elif not self._has_segments(boot):
            self._committed.pop(boot, None)

    def _clear_rtc(self):
        self._rtc_left = _EVENT_BYTES
        if self._rtc_log is not None:
            self._rtc_log.clear()

    def _begin_segment(self):
        if self._segments and self._segments[-1][2] < self._segments[-1][1]:
            self._segments.pop()  # nothing of it could be written
        while len(self._segments) >= self._max_segments:
            self._drop(self._segments[0])
        first = self._seq - len(self._pending) + 1
        self._segments.append([self.boot, first, first - 1])
        self._tail_bytes = 0

    def _write(self):
        """Append as many waiting records as the tail segment holds, in one write."""
        segment = self._segments[-1]
        first = self._seq - len(self._pending) + 1
        content = bytearray()
        count = 0
        for record in self._pending:
            if self._tail_bytes + len(content) + _HEADER_BYTES + len(record) > _SEGMENT_BYTES:
                break
            if first + count - segment[1] >= _SEGMENT_EVENTS:
                break
            append_record(content, record, first + count)
            count += 1
        if count:
            with open(
                path_of(self._folder, segment), _APPEND if self._tail_bytes else "wb"
            ) as file:
                file.write(content)
            self._tail_bytes += len(content)
            segment[2] += count
            del self._pending[:count]
        if count == 0 or segment[2] - segment[1] + 1 >= _SEGMENT_EVENTS:
            self._tail_bytes = _SEGMENT_BYTES

    def _gather(self, segment, after):
        """Leave the events of a segment beyond `after` in the room; return how many, and their end.

        They move towards the front, where a comma takes the place of a header. Reading stops at the
        first bad record.
        """
        room = self._room
        at = end = _BATCH_HEAD_BYTES
        try:
            with open(path_of(self._folder, segment), "rb") as file:
                size = at + file.readinto(room[at : at + _SEGMENT_BYTES])
        except OSError:
            return 0, end
        count = 0
        seq = segment[1]
        while seq <= segment[2] and at < size:
            begin, at, is_whole = record_at(room, at, size, seq)
            if not is_whole:
                break
            if seq > after:
                end = self._put(room[begin:at], count, end)
                count += 1
            seq += 1
        return count, end

    def _gather_pending(self, first):
        """Leave what waits in RAM from the first on in the room, as far as it fits; return how many
        that is, and the end."""
        end = _BATCH_HEAD_BYTES
        count = 0
        for record in self._pending[first : first + _MESSAGE_EVENTS]:
            if end + 1 + len(record) + 2 > len(self._room):
                break
            end = self._put(record, count, end)
            count += 1
        return count, end

    def _put(self, record, count, end):
        if count:
            self._room[end] = _COMMA
            end += 1
        self._room[end : end + len(record)] = record
        return end + len(record)

    def _after(self, boot):
        """Return the sequence number behind which a boot's events are still to be handed out."""
        committed = self._committed.get(boot, 0)
        if boot < self._cursor[0]:
            return None
        if boot == self._cursor[0]:
            return max(committed, self._cursor[1])
        return committed

    def _batch(self, boot, first, count, end):
        self._cursor = (boot, first + count - 1)
        self._sent.append(self._cursor)
        room = self._room
        head = b'{"boot":%d,"oldest":%d,"events":[' % (boot, self._oldest(boot))
        start = _BATCH_HEAD_BYTES - len(head)
        room[start:_BATCH_HEAD_BYTES] = head
        room[end : end + 2] = b"]}"
        return room[start : end + 2]

    def _oldest(self, boot):
        committed = self._committed.get(boot, 0)
        for segment in self._segments:
            if segment[0] == boot and segment[2] > committed:
                return max(segment[1], committed + 1)
        return self._seq - len(self._pending) + 1

    def _drop(self, segment):
        self.dropped += self._held(segment)
        self._note_gone(segment)
        self._remove(segment)
        self._gone.save()  # a full flash has room for it now

    def _give_up(self, segment, after):
        """Count as dropped what a damaged segment can no longer give."""
        self.dropped += segment[2] - after
        self._note_gone(segment)
        segment[2] = after
        if after < segment[1] or after <= self._committed.get(segment[0], 0):
            self._remove(segment)

    def _note_gone(self, segment):
        """Keep the last number of a boot before its last events go: nothing else in flash has it.

        Of this boot, too: it may end before its next event is in flash.
        """
        boot, _, last = segment
        is_last = not [s for s in self._segments if s[0] == boot and s[2] > last]
        if is_last and last > self._committed.get(boot, 0):
            self._gone.note(boot, last)

    def _has_segments(self, boot):
        return any(segment[0] == boot for segment in self._segments)

    def _held(self, segment):
        boot, first, last = segment
        return last - max(first - 1, min(last, self._committed.get(boot, 0)))

    def _remove(self, segment):
        if segment is self._segments[-1] and segment[0] == self.boot:
            self._tail_bytes = _SEGMENT_BYTES
        self._segments.remove(segment)
        remove(path_of(self._folder, segment))
        if segment[0] != self.boot and not self._has_segments(segment[0]):
            self._committed.pop(segment[0], None)


def append_record(content, record, seq):
    content.extend(struct.pack(_HEADER, len(record), binascii.crc32(record, seq)))
    content.extend(record)


def record_at(room, at, size, seq):
    """Return where a record begins and ends, and whether it is whole."""
    if at + _HEADER_BYTES > size:
        return size, size, False
    length, crc = struct.unpack_from(_HEADER, room, at)
    begin = at + _HEADER_BYTES
    end = begin + length
    return begin, end, end <= size and binascii.crc32(room[begin:end], seq) == crc


def path_of(folder, segment):
    """Return where a segment is."""
    return _NAME % (folder, segment[0], segment[1])
