"""A server on loopback that answers datagrams, as name servers and time servers do."""

import socket
import threading
from abc import ABC, abstractmethod


class DatagramServer(ABC):
    """Answers at `port` until closed, or is made silent; `asked` counts the questions."""

    def __init__(self) -> None:
        self.is_silent = False
        self.asked = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, name=type(self).__name__, daemon=True).start()

    @abstractmethod
    def answer(self, question: bytes) -> bytes | None:
        """Return what to answer, None for nothing."""

    def close(self) -> None:
        """Stop answering for good."""
        # a blocked recvfrom is not woken by close(): send the empty datagram that ends the loop
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))

    def _serve(self) -> None:
        with self._socket as server:
            while True:
                question, asker = server.recvfrom(512)
                if not question:
                    return
                self.asked += 1
                answer = None if self.is_silent else self.answer(question)
                if answer is not None:
                    self._send(answer, asker)

    def _send(self, answer: bytes, asker: tuple[str, int]) -> None:
        self._socket.sendto(answer, asker)
