"""Passwords, hashed with argon2id at the strength that OWASP asks for at least."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

# each hash takes 19 MiB: no number of sign-ins at once may fill the memory
HASHES_AT_ONCE = 4


class Passwords:
    """Hashes and checks passwords, a few at a time."""

    def __init__(self, *, time_cost: int = 2, memory_kib: int = 19456) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._places = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._hash_of_nobody = self._hasher.hash("nobody")

    def hash(self, password: str) -> str:
        with self._places:
            return self._hasher.hash(password)

    def is_right(self, password_hash: str | None, password: str) -> bool:
        """Tell whether the password fits; takes as long when there is no such account."""
        with self._places:
            try:
                self._hasher.verify(password_hash or self._hash_of_nobody, password)
            except VerifyMismatchError:
                return False
        return password_hash is not None
