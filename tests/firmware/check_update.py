"""An update is whole or nothing, wherever the power fails, and a bad one gives way to the old."""

import binascii
import hashlib
import json
import struct
import unittest

import slots
import vfs
from update import Hmac, UpdateError, Writer

from simulators.board.flash import BLOCK_BYTES, Flash

_FLASH_BYTES = 32 * BLOCK_BYTES
_KEY = b"the device's key"
_FILES = (("start.mpy", b"A" * 700), ("wire/topics.mpy", b"B" * 300))


def _bundle(files=_FILES):
    listed = [[name, len(content)] for name, content in files]
    manifest = json.dumps({"version": "2", "files": listed}).encode()
    return b"SBU1" + struct.pack(">I", len(manifest)) + manifest + b"".join(c for _, c in files)


def _sign(bundle, key=_KEY):
    hmac = Hmac(key)
    hmac.update(bundle)
    return hmac.digest()


def _update(bundle, expected, folder="/flash/app-b", step=100):
    writer = Writer(folder, _KEY)
    try:
        for at in range(0, len(bundle), step):
            writer.write(bundle[at : at + step])
        writer.finish(expected)
    finally:
        writer.close()
    slots.begin_trial("/flash/slot.json")


def _mount(content, left=None):
    flash = Flash(content, left)
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    return flash


def _is_whole(folder):
    for name, expected in _FILES:
        with open(folder + "/" + name, "rb") as file:
            if file.read() != expected:
                return False
    return True


class HmacTest(unittest.TestCase):
    def test_the_second_vector_of_rfc_4231(self):
        hmac = Hmac(b"Jefe")
        hmac.update(b"what do ya want for nothing?")
        expected = b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        self.assertEqual(expected, binascii.hexlify(hmac.digest()))

    def test_a_long_key_is_hashed_first(self):
        key = b"k" * 100
        self.assertEqual(_sign(b"x", hashlib.sha256(key).digest()), _sign(b"x", key))


class UpdateTest(unittest.TestCase):
    def setUp(self):
        self.content = bytearray(_FLASH_BYTES)
        vfs.VfsLfs2.mkfs(Flash(self.content))
        _mount(self.content)

    def tearDown(self):
        vfs.umount("/flash")

    def test_a_good_bundle_is_tried_once_and_stays_when_confirmed(self):
        bundle = _bundle()
        _update(bundle, _sign(bundle))
        path = "/flash/slot.json"
        self.assertEqual(("/app-b", True), slots.choose(path))
        slots.confirm(path)
        self.assertEqual(("/app-b", False), slots.choose(path))
        self.assertEqual("/app", slots.spare(path))
        self.assertTrue(_is_whole("/flash/app-b"))

    def test_a_trial_that_was_not_confirmed_gives_way_to_the_old_firmware(self):
        bundle = _bundle()
        _update(bundle, _sign(bundle))
        starts = [slots.choose("/flash/slot.json") for _ in range(3)]
        self.assertEqual([("/app-b", True), ("/app", False), ("/app", False)], starts)

    def test_a_bundle_for_another_device_is_refused(self):
        bundle = _bundle()
        with self.assertRaises(UpdateError):
            _update(bundle, _sign(bundle, b"another key"))
        self.assertEqual(("/app", False), slots.choose("/flash/slot.json"))

    def test_a_damaged_or_shortened_bundle_is_refused(self):
        bundle = _bundle()
        damaged = bundle[:-1] + b"C"
        for received in (damaged, bundle[:-1], bundle[:6], b"", bundle + b"x", b"X" + bundle[1:]):
            with self.assertRaises(UpdateError):
                _update(received, _sign(bundle))

    def test_a_bundle_cannot_write_outside_of_its_folder(self):
        for name in ("../main.py", "/main.py"):
            bundle = _bundle(((name, b"x"),))
            with self.assertRaises(UpdateError):
                _update(bundle, _sign(bundle))

    def test_a_power_cut_in_any_write_leaves_the_old_firmware_or_the_whole_new_one(self):
        bundle = _bundle()
        expected = _sign(bundle)
        fresh = bytes(self.content)

        def start_after_cut(left):
            """Return the flash and the folder that starts after so many bytes were written."""
            vfs.umount("/flash")
            self.content[:] = fresh
            flash = _mount(self.content, left)
            try:
                _update(bundle, expected)
                slots.choose("/flash/slot.json")
                slots.confirm("/flash/slot.json")
            except OSError:
                pass  # the power has failed
            vfs.umount("/flash")
            _mount(self.content)
            folder, _ = slots.choose("/flash/slot.json")
            self.assertTrue(folder == "/app" or _is_whole("/flash" + folder), "cut at " + str(left))
            return flash, folder

        folders = set()
        flash, _ = start_after_cut(0)
        while flash.is_dead:  # a byte before each write is over, then a byte into the next one
            folders.add(start_after_cut(flash.spent - 1)[1])
            flash, folder = start_after_cut(flash.spent + 1)
            folders.add(folder)
        self.assertEqual({"/app", "/app-b"}, folders)


unittest.main()
