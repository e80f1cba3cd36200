"""What a start finds of earlier ones: the last boot number, and the events that are not sent yet.

Used once, at the start, and then forgotten.
"""

import os

import buffers
from files import remove, replace
from outbox import Outbox, append_record, path_of, record_at


def next_boot(path, start, folder):
    """Count one more boot and return its number, above those that have events in the folder.

    It is never below `start`, which was written at set-up (Unix seconds of that moment), so that a
    board whose flash was wiped goes on above the numbers it has used before.
    """
    boot = max([_read(path) + 1, start] + [boot + 1 for boot, _ in _names(folder)])
    replace(path, b"%d" % boot)
    return boot


def open_outbox(folder, boot, rtc_log=None, max_segments=128):
    """Return the outbox of a boot, with what earlier ones have left in flash and in the RTC."""
    try:
        os.mkdir(folder)
    except OSError:
        pass  # it is there
    segments = _segments(folder)
    if rtc_log is not None:
        _recover(folder, boot, segments, *rtc_log.load())
        rtc_log.clear()
    return Outbox(folder, boot, segments, rtc_log, max_segments)


def _segments(folder):
    """Return [boot, first, last] of each segment, oldest first; remove those without a record."""
    names = _names(folder)
    segments = []
    for index, (boot, first) in enumerate(names):
        segment = [boot, first, first - 1]
        segment[2] = _last_of(folder, segment, names[index + 1 : index + 2])
        if segment[2] < first:
            remove(path_of(folder, segment))  # its only record is torn
        else:
            segments.append(segment)
    return segments


def _last_of(folder, segment, after):
    """Return the number of the last record that is whole, wherever a bad one stands."""
    # only the last segment of a boot can be torn, so only that one is read
    boot, seq, last = segment
    if after and after[0][0] == boot:
        return after[0][1] - 1
    room = buffers.payload
    at = 0
    try:
        with open(path_of(folder, segment), "rb") as file:
            size = file.readinto(room)
    except OSError:
        return last
    while at < size:
        _, at, is_whole = record_at(room, at, size, seq)
        if is_whole:
            last = seq
        seq += 1
    return last


def _recover(folder, this_boot, segments, boot, first, records):
    """Write to flash what only the RTC's memory has kept of an earlier boot."""
    known = [segment[2] for segment in segments if segment[0] == boot]
    skipped = max(0, max(known or [0]) + 1 - first)
    records = records[skipped:]
    if boot == this_boot or not records:
        return
    segment = [boot, first + skipped, first + skipped + len(records) - 1]
    content = bytearray()
    for number, record in enumerate(records, segment[1]):
        append_record(content, record, number)
    segments.append(segment)
    try:
        with open(path_of(folder, segment), "wb") as file:
            file.write(content)
    except OSError:
        pass  # what cannot be read again is counted as lost when it is to be sent


def _names(folder):
    """Return the sorted (boot, first sequence number) of the segments in a folder."""
    names = []
    try:
        files = os.listdir(folder)
    except OSError:
        return names
    for file in files:
        boot, _, first = file.partition("-")
        if boot.isdigit() and first.isdigit():
            names.append((int(boot), int(first)))
    names.sort()
    return names


def _read(path):
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0
