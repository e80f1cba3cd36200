"""What the RTC's memory keeps through a reset, and what a reset in the middle of a write leaves."""

import json
import os
import unittest

from outbox import FLUSH_AFTER_MS
from recovery import open_outbox
from rtclog import RtcLog

_FOLDER = "/tmp/shopbell-rtclog-" + os.urandom(6).hex()


class Rtc:
    def __init__(self, content=b""):
        self.content = content

    def memory(self, data=None):
        if data is None:
            return self.content
        self.content = bytes(data)
        return None


def _records(rtc):
    return RtcLog(rtc).load()


class RtcLogTest(unittest.TestCase):
    def _with_two(self):
        rtc = Rtc()
        log = RtcLog(rtc)
        log.add(7, 5, b"first")
        log.add(7, 6, b"second")
        return rtc

    def test_what_was_added_is_loaded_by_the_next_boot(self):
        self.assertEqual((7, 5, [b"first", b"second"]), _records(self._with_two()))

    def test_an_empty_or_strange_memory_holds_nothing(self):
        for content in (b"", b"sb1", b"\xff" * 2048):
            self.assertEqual([], _records(Rtc(content))[2])

    def test_a_reset_at_any_byte_harms_the_last_record_only(self):
        whole = self._with_two().content
        for cut in range(len(whole) - len(b"second"), len(whole)):
            self.assertEqual([b"first"], _records(Rtc(whole[:cut]))[2])

    def test_records_of_an_earlier_image_are_not_taken_for_ours(self):
        old, rtc = self._with_two().content, Rtc()
        RtcLog(rtc).add(8, 5, b"first")
        torn = rtc.content + old[len(rtc.content) :]
        self.assertEqual([b"first"], _records(Rtc(torn))[2])

    def test_a_full_memory_says_so(self):
        log = RtcLog(Rtc())
        self.assertTrue(0 <= log.add(7, 1, b"x" * 1500) < 600)
        self.assertTrue(log.add(7, 2, b"x" * 1500) < 0)


class OutboxWithRtcTest(unittest.TestCase):
    def tearDown(self):
        for name in os.listdir(_FOLDER):
            os.remove(_FOLDER + "/" + name)
        os.rmdir(_FOLDER)

    def _boot(self, boot, rtc):
        return open_outbox(_FOLDER, boot, RtcLog(rtc))

    def _append(self, outbox, count, uptime_ms=0):
        for number in range(count):
            outbox.append("door", uptime_ms, None, {"open": number % 2})

    def _seqs(self, outbox):
        found = []
        while True:
            payload = outbox.next_batch()
            if payload is None:
                return found
            batch = json.loads(payload)
            found.extend((batch["boot"], event["seq"]) for event in batch["events"])

    def test_a_reset_loses_nothing_that_was_not_flushed(self):
        rtc = Rtc()
        self._append(self._boot(7, rtc), 3)
        self.assertEqual([(7, 1), (7, 2), (7, 3)], self._seqs(self._boot(8, rtc)))

    def test_what_is_in_flash_and_in_the_rtc_is_there_once(self):
        rtc = Rtc()
        outbox = self._boot(7, rtc)
        self._append(outbox, 2)
        kept = rtc.content
        outbox.flush()
        self.assertEqual([(7, 1), (7, 2)], self._seqs(self._boot(8, Rtc(kept))))

    def test_what_was_recovered_survives_a_power_cut(self):
        rtc = Rtc()
        self._append(self._boot(7, rtc), 2)
        self._boot(8, rtc)
        self.assertEqual([(7, 1), (7, 2)], self._seqs(self._boot(9, Rtc())))

    def test_a_committed_event_leaves_the_rtc(self):
        rtc = Rtc()
        outbox = self._boot(7, rtc)
        self._append(outbox, 2)
        outbox.commit(7, 2)
        self.assertEqual([], self._seqs(self._boot(8, rtc)))

    def test_the_flash_is_written_when_the_rtc_is_full_or_the_oldest_waited_long(self):
        outbox = self._boot(7, Rtc())
        self.assertFalse(outbox.is_due(FLUSH_AFTER_MS))
        self._append(outbox, 2, uptime_ms=1000)
        self.assertFalse(outbox.is_due(FLUSH_AFTER_MS - 60_000))
        self.assertTrue(outbox.is_due(FLUSH_AFTER_MS + 1000))
        self._append(outbox, 40)
        self.assertTrue(outbox.is_due(1000))

    def test_a_write_waits_for_nobody_to_be_there_as_long_as_it_may(self):
        outbox = self._boot(7, Rtc())
        self._append(outbox, 1)
        before_ms = FLUSH_AFTER_MS - 30_000
        self.assertFalse(outbox.is_due(before_ms, is_quiet=False))
        self.assertTrue(outbox.is_due(before_ms, is_quiet=True))
        self.assertTrue(outbox.is_due(FLUSH_AFTER_MS, is_quiet=False))

    def test_a_reset_loses_nothing_while_a_write_waits(self):
        rtc = Rtc()
        outbox = self._boot(7, rtc)
        while not outbox.is_due(0, is_quiet=True):
            self._append(outbox, 1)
        self.assertFalse(outbox.is_due(0, is_quiet=False))
        count = outbox.depth
        self.assertTrue(count > 18)
        self.assertEqual(count, len(self._seqs(self._boot(8, rtc))))

    def test_a_batch_that_fills_a_segment_takes_two_turns_and_is_kept_in_between(self):
        rtc = Rtc()
        outbox = self._boot(7, rtc)
        self._append(outbox, 60)
        outbox.flush()
        self._append(outbox, 20)
        self.assertTrue(outbox.write())
        left = len(outbox._pending)
        self.assertTrue(0 < left < 20)
        self.assertEqual(80, len(self._seqs(self._boot(8, Rtc(rtc.content)))))
        self.assertTrue(outbox.write())
        self.assertEqual((0, b""), (len(outbox._pending), rtc.content))


unittest.main()
