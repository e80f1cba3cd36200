"""The network between a board and its broker: it drops, delays, half-opens and lies about names."""

import contextlib
import socket
import struct
import threading
import time

from simulators.board.datagrams import DatagramServer

_CHUNK_BYTES = 4096


class Names(DatagramServer):
    """A name server on loopback. What has no entry is the host's to resolve."""

    def __init__(self) -> None:
        self.lies: dict[str, str | None] = {}  # to an address, or to nothing
        super().__init__()

    def answer(self, question: bytes) -> bytes:
        """Answer as most servers do, with an alias before the address."""
        address = self._resolve(_name_in(question))
        if address is None:
            return question[:2] + b"\x81\x83" + question[4:]  # no such name
        alias = b"\x05alias\x00"
        records = b"\xc0\x0c\x00\x05\x00\x01" + struct.pack(">IH", 30, len(alias)) + alias
        records += alias + b"\x00\x01\x00\x01" + struct.pack(">IH", 30, 4)
        records += socket.inet_aton(address)
        head = question[:2] + b"\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"
        return head + question[12:] + records

    def _resolve(self, name: str) -> str | None:
        if name in self.lies:
            return self.lies[name]
        if name.endswith(".local"):
            return None  # no server knows those
        try:
            return socket.gethostbyname(name)
        except OSError:
            return None


class Neighbours(DatagramServer):
    """The devices of the local network, each of which answers for its own name (mDNS)."""

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        super().__init__()

    def answer(self, question: bytes) -> bytes | None:
        """Answer as RFC 6762, 6.7 has it for who asks once, from another port than 5353."""
        address = self.addresses.get(_name_in(question))
        if address is None:
            return None
        head = question[:2] + b"\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00"
        record = b"\xc0\x0c\x00\x01\x00\x01" + struct.pack(">IH", 10, 4)
        return head + question[12:] + record + socket.inet_aton(address)

    def _send(self, answer: bytes, asker: tuple[str, int]) -> None:
        # the question went to all; who answers does so from an address of its own
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as neighbour:
            neighbour.sendto(answer, asker)


def _name_in(query: bytes) -> str:
    labels = []
    at = 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels)


class Line:
    """A TCP connection's way to a port of this machine, at `port`."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._flows = threading.Event()
        self._flows.set()
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.delay_s = 0.0
        threading.Thread(target=self._accept, name="line", daemon=True).start()

    def hold(self) -> None:
        """Let nothing through and close nothing: what is open is half open from now on."""
        self._flows.clear()

    def release(self) -> None:
        """Let everything through again."""
        self._flows.set()

    def drop(self) -> None:
        """Close every connection."""
        with self._lock:
            ends, self._open = self._open, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the line for good."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.release()
        self.drop()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target_port))
        except OSError:
            near.close()
            return
        self.connections += 1
        with self._lock:
            self._open += [near, far]
        for ends in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=ends, name="line", daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(_CHUNK_BYTES):
                self._flows.wait()
                time.sleep(self.delay_s)
                sink.sendall(part)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
