"""The flash log loses nothing that was flushed, whatever the power does."""

import json
import os
import unittest

from recovery import next_boot, open_outbox

_FOLDER = "/tmp/shopbell-outbox-" + os.urandom(6).hex()


def _clear():
    for name in os.listdir(_FOLDER):
        os.remove(_FOLDER + "/" + name)


def _outbox(boot=7, **options):
    return open_outbox(_FOLDER, boot, **options)


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


def _fill(boots, events, max_segments=128):
    """Let each boot put its events into segments of its own; return the outbox of the last one."""
    for boot in boots:
        outbox = _outbox(boot=boot, max_segments=max_segments)
        _append(outbox, events)
        outbox.flush()
    return outbox


def _damage(name, at=20):
    """Flip a bit of the first record of a segment, or of another one."""
    content = bytearray(_content(_FOLDER + "/" + name))
    content[at] ^= 1
    _rewrite(_FOLDER + "/" + name, content)


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
        _append(outbox, 64)
        outbox.flush()
        _damage("7-1")
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

    def test_a_boot_whose_last_events_were_dropped_is_told_until_the_cloud_knows(self):
        outbox = _fill([5, 6, 7], 3, max_segments=2)
        self.assertEqual([[5, 3]], outbox.gone)
        again = _outbox(boot=8)
        self.assertEqual([[5, 3]], again.gone)
        again.commit(5, 2)
        self.assertEqual([[5, 3]], again.gone)
        again.commit(5, 3)
        self.assertEqual([], again.gone)
        self.assertEqual(6, again.oldest_boot)
        again.commit(6, 3)
        again.commit(7, 3)
        self.assertEqual(8, again.oldest_boot)
        self.assertFalse("gone" in os.listdir(_FOLDER))
        self.assertEqual([], _outbox(boot=9).gone)

    def test_a_boot_is_not_told_while_some_of_it_can_still_be_sent(self):
        outbox = _fill([6], 64)
        _append(outbox, 64)
        outbox.flush()
        outbox = _outbox(boot=7, max_segments=2)
        _append(outbox, 1)
        outbox.flush()
        self.assertEqual(6, outbox.oldest_boot)
        self.assertEqual(64, outbox.dropped)  # the first half: the next batch says so
        self.assertEqual([], outbox.gone)
        self.assertTrue(json.loads(outbox.next_batch())["oldest"] > 1)

    def test_what_the_cloud_has_is_not_told(self):
        outbox = _fill([6, 7], 3, max_segments=2)
        outbox.commit(6, 3)
        _fill([8, 9], 3, max_segments=2)
        self.assertEqual([[7, 3]], _outbox(boot=10).gone)

    def test_the_damaged_end_of_a_boot_is_told_once_the_rest_has_arrived(self):
        _fill([6], 64)
        record_bytes = len(_content(_FOLDER + "/6-1")) // 64
        _damage("6-1", 30 * record_bytes)
        outbox = _outbox(boot=7)
        sent = _drain(outbox)[-1][1]
        self.assertTrue(25 < sent < 35)
        self.assertEqual(64 - sent, outbox.dropped)
        self.assertEqual([], outbox.gone)
        again = _outbox(boot=8)  # the rest was not acknowledged before the power failed
        self.assertEqual(sent, len(_drain(again)))
        again.commit(6, sent)
        self.assertEqual([[6, 64]], again.gone)
        self.assertEqual([[6, 64]], _outbox(boot=9).gone)

    def test_a_wholly_damaged_boot_is_told(self):
        _fill([6], 64)
        _damage("6-1")
        outbox = _outbox(boot=7)
        self.assertEqual([], _drain(outbox))
        self.assertEqual([[6, 64]], outbox.gone)
        self.assertEqual(["gone"], os.listdir(_FOLDER))

    def test_damage_behind_what_the_cloud_has_leaves_no_file_behind(self):
        _fill([6], 64)
        outbox = _outbox(boot=7)
        outbox.commit(6, 20)
        _damage("6-1", 25 * (len(_content(_FOLDER + "/6-1")) // 64))
        sent = _drain(outbox)[-1][1]
        outbox.rewind()
        outbox.commit(6, sent)
        self.assertEqual([], _drain(outbox))
        self.assertEqual(["gone"], os.listdir(_FOLDER))
        self.assertEqual([[6, 64]], outbox.gone)

    def test_a_power_cut_at_any_byte_of_the_loss_neither_forgets_it_nor_makes_one_up(self):
        _fill([5, 6], 3)
        before = {name: _content(_FOLDER + "/" + name) for name in os.listdir(_FOLDER)}
        _fill([7], 3, max_segments=2)
        gone = _content(_FOLDER + "/gone")

        def restart(files):
            _clear()
            for name in files:
                _rewrite(_FOLDER + "/" + name, files[name])
            outbox = _outbox(boot=8)
            return outbox.gone, sorted({boot for boot, _ in _drain(outbox)})

        for cut in range(len(gone) + 1):  # while it is written
            files = before.copy()
            files["gone.new"] = gone[:cut]
            self.assertEqual(([], [5, 6]), restart(files), "cut at " + str(cut))
        files = before.copy()
        files["gone"] = gone  # between the rename and the removal: the boot can still be sent
        self.assertEqual(([], [5, 6]), restart(files))
        outbox = _outbox(boot=9)
        outbox.commit(5, 3)
        self.assertEqual([], outbox.gone)
        del files["5-1"]
        self.assertEqual(([[5, 3]], [6]), restart(files))

    def test_a_loss_that_the_flash_refuses_to_keep_is_told_all_the_same(self):
        outbox = _fill([6, 7], 3, max_segments=2)
        path, outbox._gone._path = outbox._gone._path, "/nowhere/gone"
        outbox._drop(outbox._segments[0])
        self.assertEqual([[6, 3]], outbox.gone)
        self.assertEqual([], _outbox(boot=8).gone)
        outbox._gone._path = path
        outbox.flush()
        self.assertEqual([[6, 3]], _outbox(boot=8).gone)

    def test_a_damaged_entry_is_left_out(self):
        _fill([4, 5, 6], 3, max_segments=1)
        content = bytearray(_content(_FOLDER + "/gone"))
        content[7] ^= 1
        _rewrite(_FOLDER + "/gone", content)
        self.assertEqual(1, len(_outbox(boot=8).gone))

    def test_losses_are_bounded_and_told_eight_at_a_time(self):
        outbox = _fill(range(1, 72), 1, max_segments=1)
        told = []
        while outbox.gone:
            self.assertTrue(len(outbox.gone) <= 8)
            for boot, last in outbox.gone:
                told.append(boot)
                outbox.commit(boot, last)
        self.assertEqual(list(range(7, 71)), told)

    def test_a_foreign_file_is_left_alone(self):
        _rewrite(_FOLDER + "/notes.txt", b"hello")
        outbox = _outbox()
        _append(outbox, 1)
        outbox.flush()
        self.assertEqual([(7, 1)], _drain(_outbox(boot=8)))
        self.assertTrue("notes.txt" in os.listdir(_FOLDER))

    def test_a_boot_is_above_all_whose_events_are_in_flash(self):
        counted = _FOLDER + "/boot"  # not there
        self.assertEqual(5, next_boot(counted, 5, _FOLDER))
        os.remove(counted)
        outbox = _outbox(boot=41)
        _append(outbox, 1)
        outbox.flush()
        self.assertEqual(42, next_boot(counted, 5, _FOLDER))


unittest.main()
