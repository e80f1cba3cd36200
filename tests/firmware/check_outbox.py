"""The flash log loses nothing that was flushed, whatever the power does."""

import json
import os
import unittest

from outbox import Outbox, newest_boot

_FOLDER = "/tmp/shopbell-outbox-" + os.urandom(6).hex()


def _clear():
    for name in os.listdir(_FOLDER):
        os.remove(_FOLDER + "/" + name)


def _outbox(boot=7, **options):
    return Outbox(_FOLDER, boot, **options)


def _append(outbox, count, kind="door"):
    for number in range(count):
        outbox.append(kind, 1000 * number, None, {"open": number % 2})


def _drain(outbox):
    """Return [(boot, seq)] of everything that the outbox hands out."""
    found = []
    while True:
        payload = outbox.next_batch()
        if payload is None:
            return found
        batch = json.loads(payload)
        found.extend((batch["boot"], event["seq"]) for event in batch["events"])


def _tail():
    return _FOLDER + "/" + sorted(os.listdir(_FOLDER))[-1]


def _content(path):
    with open(path, "rb") as file:
        return file.read()


def _rewrite(path, content):
    with open(path, "wb") as file:
        file.write(content)


class OutboxTest(unittest.TestCase):
    def setUp(self):
        try:
            os.mkdir(_FOLDER)
        except OSError:
            _clear()

    def tearDown(self):
        _clear()
        os.rmdir(_FOLDER)

    def test_events_come_out_in_their_order_before_and_after_the_flush(self):
        outbox = _outbox()
        _append(outbox, 3)
        outbox.flush()
        _append(outbox, 2)
        self.assertEqual([(7, seq) for seq in range(1, 6)], _drain(outbox))

    def test_an_event_is_handed_out_once_until_the_outbox_is_rewound(self):
        outbox = _outbox()
        _append(outbox, 2)
        self.assertEqual(2, len(_drain(outbox)))
        self.assertEqual([], _drain(outbox))
        outbox.rewind()
        self.assertEqual(2, len(_drain(outbox)))

    def test_what_was_flushed_is_there_after_a_restart_and_comes_first(self):
        outbox = _outbox()
        _append(outbox, 2)
        outbox.flush()
        again = _outbox(boot=8)
        _append(again, 1)
        self.assertEqual([(7, 1), (7, 2), (8, 1)], _drain(again))

    def test_an_ack_removes_what_it_covers_and_nothing_else(self):
        outbox = _outbox()
        _append(outbox, 5)
        outbox.flush()
        outbox.commit(7, 3)
        self.assertEqual(2, outbox.depth)
        self.assertEqual([(7, 4), (7, 5)], _drain(outbox))
        outbox.commit(7, 5)
        self.assertEqual(0, outbox.depth)
        self.assertEqual([], os.listdir(_FOLDER))

    def test_an_event_that_is_acknowledged_in_time_never_wears_the_flash(self):
        outbox = _outbox()
        _append(outbox, 3)
        _drain(outbox)
        outbox.commit(7, 3)
        outbox.flush()
        self.assertEqual([], os.listdir(_FOLDER))

    def test_an_ack_of_what_was_never_sent_is_ignored(self):
        outbox = _outbox()
        _append(outbox, 2)
        outbox.commit(7, 99)
        outbox.commit(6, 5)
        self.assertEqual(2, outbox.depth)

    def test_oldest_is_the_lowest_number_still_held(self):
        outbox = _outbox()
        _append(outbox, 4)
        outbox.flush()
        outbox.commit(7, 2)
        self.assertEqual(3, json.loads(outbox.next_batch())["oldest"])

    def test_batches_wait_for_their_ack(self):
        outbox = _outbox()
        _append(outbox, 1)
        outbox.next_batch()
        _append(outbox, 1)
        outbox.next_batch()
        self.assertEqual(2, outbox.in_flight)
        outbox.commit(7, 1)
        self.assertEqual(1, outbox.in_flight)

    def test_a_segment_fits_one_erase_block_and_one_message(self):
        outbox = _outbox()
        for _ in range(20):
            _append(outbox, 10)
            outbox.flush()
        for name in os.listdir(_FOLDER):
            self.assertTrue(os.stat(_FOLDER + "/" + name)[6] <= 4096)
        self.assertEqual([(7, seq) for seq in range(1, 201)], _drain(_outbox(boot=8)))

    def test_a_full_outbox_drops_the_oldest_and_counts_it(self):
        outbox = _outbox(max_segments=2)
        for _ in range(15):
            _append(outbox, 10)
            outbox.flush()
        kept = _drain(outbox)
        self.assertTrue(outbox.dropped > 0)
        self.assertEqual(150, outbox.dropped + len(kept))
        self.assertEqual((7, 150), kept[-1])
        outbox.rewind()
        self.assertEqual(kept[0][1], json.loads(outbox.next_batch())["oldest"])

    def test_a_power_cut_at_any_byte_loses_only_what_was_being_written(self):
        outbox = _outbox()
        _append(outbox, 2)
        outbox.flush()
        before = len(_content(_tail()))
        _append(outbox, 2)
        outbox.flush()
        path, whole = _tail(), _content(_tail())
        for cut in range(before, len(whole) + 1):
            _clear()
            _rewrite(path, whole[:cut])
            survived = _drain(_outbox(boot=8))
            self.assertEqual([(7, 1), (7, 2)], survived[:2], "cut at " + str(cut))
            self.assertEqual([(7, seq + 1) for seq in range(len(survived))], survived)

    def test_a_flipped_bit_in_the_last_record_is_found(self):
        outbox = _outbox()
        _append(outbox, 2)
        outbox.flush()
        path, content = _tail(), bytearray(_content(_tail()))
        content[-5] ^= 1
        _rewrite(path, content)
        self.assertEqual([(7, 1)], _drain(_outbox(boot=8)))

    def test_a_damaged_segment_is_skipped_and_its_loss_is_counted(self):
        outbox = _outbox()
        _append(outbox, 64)
        outbox.flush()
        first = _FOLDER + "/7-1"
        _append(outbox, 64)
        outbox.flush()
        content = bytearray(_content(first))
        content[20] ^= 1
        _rewrite(first, content)
        again = _outbox(boot=8)
        found = _drain(again)
        lost = 128 - len(found)
        self.assertTrue(lost > 0)
        self.assertEqual(lost, again.dropped)
        self.assertEqual((7, lost + 1), found[0])

    def test_events_stay_in_ram_while_the_flash_refuses(self):
        outbox = _outbox()
        outbox._folder = "/nowhere"
        _append(outbox, 3)
        self.assertFalse(outbox.flush())
        self.assertEqual(3, len(_drain(outbox)))
        outbox._folder = _FOLDER
        self.assertTrue(outbox.flush())
        self.assertEqual([(7, 1), (7, 2), (7, 3)], _drain(_outbox(boot=8)))

    def test_a_foreign_file_is_left_alone(self):
        _rewrite(_FOLDER + "/notes.txt", b"hello")
        outbox = _outbox()
        _append(outbox, 1)
        outbox.flush()
        self.assertEqual([(7, 1)], _drain(_outbox(boot=8)))
        self.assertTrue("notes.txt" in os.listdir(_FOLDER))

    def test_the_newest_boot_is_known_from_the_flash(self):
        self.assertEqual(0, newest_boot(_FOLDER))
        outbox = _outbox(boot=41)
        _append(outbox, 1)
        outbox.flush()
        self.assertEqual(41, newest_boot(_FOLDER))


unittest.main()
