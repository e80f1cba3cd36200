"""Take a new firmware from the cloud into the spare folder, and let it prove itself.

A bundle is `SBU1`, the length of its manifest (4 bytes), the manifest as JSON ({"version", "files":
[[path, size], ...]}), and the files one behind the other. The command that orders the update
carries its HMAC-SHA-256 under the device's own key: nothing is started that the cloud did not make
for this device. Until `slots.begin_trial` nothing changes for the running firmware, so the power
may fail at any moment.
"""

import hashlib
import json
import os
import struct

import slots
import trust
from https import HttpError, read, request
from micropython import const

_MAGIC = b"SBU1"
_BLOCK_BYTES = const(512)
_MANIFEST_MAX = const(8192)
_HASH_BLOCK = const(64)


class UpdateError(Exception):
    """The bundle is not for this device, or is damaged; the old firmware goes on."""


class Hmac:
    """HMAC-SHA-256 (RFC 2104), which MicroPython does not bring along."""

    def __init__(self, key):
        key = hashlib.sha256(key).digest() if len(key) > _HASH_BLOCK else key
        self._key = key + bytes(_HASH_BLOCK - len(key))
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in self._key))

    def update(self, data):
        self._inner.update(data)

    def digest(self):
        outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in self._key))
        outer.update(self._inner.digest())
        return outer.digest()


class Writer:
    """Receives a bundle piece by piece and lays its files out in a folder."""

    def __init__(self, folder, key):
        self._folder = folder
        self._hmac = Hmac(key)
        self._head = bytearray()
        self._files = None  # [path, size] still to come
        self._file = None
        self._left = 0
        self.version = None
        empty(folder)

    def write(self, data):
        self._hmac.update(data)
        if self._files is None:
            self._head.extend(data)
            data = self._begin()
        while data:
            if not self._left:
                self._open_next()
            part = data[: self._left]
            self._file.write(part)
            self._left -= len(part)
            data = data[len(part) :]
            if not self._left:
                self.close()

    def finish(self, expected):
        """Raise UpdateError unless everything is there and has the expected HMAC."""
        self.close()
        if self._files is None or self._files or self._left:
            raise UpdateError("bundle: expected all of its files, it ended before")
        if not _same(self._hmac.digest(), expected):
            raise UpdateError("bundle: expected the HMAC of the command, got another")

    def close(self):
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self):
        """Read the manifest once it is complete and return what follows it."""
        if len(self._head) < 8:
            return b""
        if self._head[:4] != _MAGIC:
            raise UpdateError("bundle: expected SBU1, got something else")
        size = struct.unpack(">I", self._head[4:8])[0]
        if size > _MANIFEST_MAX:
            raise UpdateError("manifest: expected at most 8192 bytes, got more")
        if len(self._head) < 8 + size:
            return b""
        manifest = json.loads(self._head[8 : 8 + size])
        self.version = manifest["version"]
        self._files = manifest["files"]
        rest = bytes(self._head[8 + size :])
        self._head = None
        return rest

    def _open_next(self):
        if not self._files:
            raise UpdateError("bundle: expected its end, got more")
        name, self._left = self._files.pop(0)
        if ".." in name or name.startswith("/") or self._left < 1:
            raise UpdateError("manifest: expected names below its folder, got another")
        if "/" in name:
            _make_folder(self._folder + "/" + name.split("/")[0])
        self._file = open(self._folder + "/" + name, "wb")


async def carry_out(url, expected, settings, reset, beat):
    """Load a new firmware and restart into it; say why when it is refused."""
    tls = trust.context(settings["api_ca"] or settings["mqtt"]["ca"])
    try:
        version = await fetch(url, expected, settings["key"].encode(), tls, beat)
    except UpdateError as error:
        print("update: refused,", error)
        return
    print("update: restarting into", version)
    reset()


async def fetch(url, expected, key, tls, beat):
    """Load a bundle into the spare folder and put it on trial; return its version."""
    try:
        status, stream, length = await request("GET", url, tls)
    except HttpError as error:
        raise UpdateError("bundle: %s" % error)
    writer = Writer(slots.spare(), key)
    try:
        if status != 200:
            raise UpdateError("bundle: expected status 200, got %d" % status)
        received = 0
        while received < length:
            beat()
            block = await read(stream, min(_BLOCK_BYTES, length - received))
            if not block:
                break
            received += len(block)
            writer.write(block)
        writer.finish(expected)
    except (HttpError, OSError, ValueError, KeyError, TypeError) as error:
        raise UpdateError("bundle: %s" % error)
    finally:
        writer.close()
        stream.s.close()
    slots.begin_trial()
    return writer.version


def empty(folder):
    """Remove everything in a folder, which is made when it is not there."""
    _make_folder(folder)
    for name, kind, *_ in list(os.ilistdir(folder)):
        path = folder + "/" + name
        if kind & 0x4000:
            empty(path)
            os.rmdir(path)
        else:
            os.remove(path)


def _make_folder(path):
    try:
        os.mkdir(path)
    except OSError:
        pass  # it is there


def _same(a, b):
    # every byte is looked at, so that the time tells nothing
    difference = len(a) ^ len(b)
    for x, y in zip(a, b):  # noqa: B905  (MicroPython has no strict)
        difference |= x ^ y
    return difference == 0
