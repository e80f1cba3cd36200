"""Trained models as files or bytes that only this installation can have written.

joblib unpickles, and unpickling runs whatever the bytes say. So an artifact begins with a seal, an
HMAC of all that follows with the installation's key, and nothing is unpickled before the seal has
been checked. The layout, in bytes:

    8  magic and version | 32 HMAC-SHA256 | 4 length of the card | card (JSON) | joblib payload

The card tells what the model is without loading it. A model of other library versions is not
loaded either, because scikit-learn promises nothing across versions: it is trained again.
"""

import hashlib
import hmac
import io
import json
import os
import platform
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib

MAGIC = b"SBMODEL1"
SEAL_BYTES = hashlib.sha256().digest_size
LENGTH_BYTES = 4
MIN_KEY_BYTES = 32
LIBRARIES = ("joblib", "numpy", "pandas", "scikit-learn", "scipy")
SUFFIX = ".model"


class ArtifactError(Exception):
    """The artifact cannot be used; the text says why."""


class NotOurs(ArtifactError):
    """The bytes were not written by this installation, or were changed or cut since."""


class Outdated(ArtifactError):
    """The model was trained with other library versions and must be trained again."""


@dataclass(frozen=True)
class ModelCard:
    """What a model is: for the owner, the auditor, and the decision to train again."""

    name: str
    trained_from: date | None
    trained_to: date
    horizon_days: int
    customers: int
    feature_names: tuple[str, ...]
    metrics: Mapping[str, float | None]
    versions: Mapping[str, str] = field(default_factory=lambda: library_versions())

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=date.isoformat, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "ModelCard":
        values = json.loads(text)
        began, ended = values.pop("trained_from"), values.pop("trained_to")
        return cls(
            trained_from=date.fromisoformat(began) if began else None,
            trained_to=date.fromisoformat(ended),
            feature_names=tuple(values.pop("feature_names")),
            **values,
        )


@dataclass(frozen=True)
class Artifact:
    """A model and its card."""

    model: Any
    card: ModelCard


def library_versions() -> dict[str, str]:
    """What a saved model depends on."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def key_from(secret: str) -> bytes:
    """The key for models, derived from the installation's secret; they must not share one."""
    return hmac.digest(secret.encode(), b"shopbell model artifacts", "sha256")


def to_bytes(artifact: Artifact, key: bytes) -> bytes:
    """The sealed artifact, for a file or a column of the database."""
    _check(key)
    payload = io.BytesIO()
    joblib.dump(artifact.model, payload, compress=3)
    card = artifact.card.to_json().encode()
    body = len(card).to_bytes(LENGTH_BYTES, "big") + card + payload.getvalue()
    return MAGIC + _seal(body, key) + body


def read_card(sealed: bytes, key: bytes) -> ModelCard:
    """The card alone, without loading the model. Raises NotOurs."""
    return _opened(sealed, key)[0]


def from_bytes(sealed: bytes, key: bytes) -> Artifact:
    """The model and its card.

    Raises
    ------
    NotOurs
        Before anything is unpickled, when the seal is missing or wrong.
    Outdated
        Also before, when a library has another version than at training.
    """
    card, payload = _opened(sealed, key)
    now = library_versions()
    changed = {name: had for name, had in card.versions.items() if now.get(name) != had}
    if changed or set(now) != set(card.versions):
        names = ", ".join(f"{name} {had} (now {now.get(name)})" for name, had in changed.items())
        raise Outdated(f"{card.name}: trained with {names or 'other libraries'}")
    return Artifact(joblib.load(io.BytesIO(payload)), card)  # sealed by us: see above


class ModelFolder:
    """Artifacts in a folder, each loaded once a process until its file is replaced."""

    def __init__(self, path: Path, key: bytes) -> None:
        _check(key)
        self.path = path
        self._key = key
        self._loaded: dict[str, tuple[tuple[int, int, int], Artifact]] = {}
        self._lock = threading.Lock()

    def save(self, artifact: Artifact) -> Path:
        """Write it and put it in the place of its predecessor at once; readers see one of both."""
        target = self._file(artifact.card.name)
        self.path.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self.path, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(to_bytes(artifact, self._key))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return target

    def load(self, name: str) -> Artifact:
        """The latest artifact of this name, from memory while its file is the same.

        Raises FileNotFoundError, NotOurs, Outdated.
        """
        file = self._file(name)
        with self._lock:
            found = file.stat()
            stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
            if name not in self._loaded or self._loaded[name][0] != stamp:
                self._loaded[name] = (stamp, from_bytes(file.read_bytes(), self._key))
            return self._loaded[name][1]

    def load_or_train(self, name: str, train: Callable[[], Artifact]) -> Artifact:
        """The kept model; trained and kept when there is none or it is outdated.

        A file that is not ours is an attack or a damaged disk: that raises NotOurs and is for a
        person to look at.
        """
        try:
            return self.load(name)
        except (FileNotFoundError, Outdated):
            artifact = train()
            if artifact.card.name != name:
                raise ValueError(
                    f"train: expected a model named {name}, found {artifact.card.name}"
                ) from None
            self.save(artifact)
            return self.load(name)

    def _file(self, name: str) -> Path:
        if not name or not name.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"name: expected letters, digits, - and _, found {name!r}")
        return self.path / f"{name}{SUFFIX}"


def _opened(sealed: bytes, key: bytes) -> tuple[ModelCard, bytes]:
    _check(key)
    start = len(MAGIC) + SEAL_BYTES
    if not sealed.startswith(MAGIC) or len(sealed) < start + LENGTH_BYTES:
        raise NotOurs("expected a model of this installation, found other bytes")
    seal, body = sealed[len(MAGIC) : start], sealed[start:]
    if not hmac.compare_digest(seal, _seal(body, key)):
        raise NotOurs("expected a model sealed by this installation, found another seal")
    end = LENGTH_BYTES + int.from_bytes(body[:LENGTH_BYTES], "big")
    return ModelCard.from_json(body[LENGTH_BYTES:end].decode()), body[end:]


def _seal(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, MAGIC + body, "sha256")


def _check(key: bytes) -> None:
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"key: expected {MIN_KEY_BYTES} bytes or more, found {len(key)}")
