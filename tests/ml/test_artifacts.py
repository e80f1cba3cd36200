"""A model comes back as it was saved, and nothing foreign is ever unpickled."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from cloud.ml.artifacts import (
    MAGIC,
    Artifact,
    ModelCard,
    ModelFolder,
    NotOurs,
    Outdated,
    from_bytes,
    key_from,
    library_versions,
    read_card,
    to_bytes,
)

KEY = key_from("an installation's secret of some length")
X = np.arange(20.0).reshape(-1, 1)


def artifact(split: float = 10.0, name: str = "churn") -> Artifact:
    model = LogisticRegression().fit(X, X.ravel() > split)
    card = ModelCard(
        name=name,
        trained_from=date(2024, 1, 1),
        trained_to=date(2024, 6, 30),
        horizon_days=30,
        customers=20,
        feature_names=("days_since_last_visit",),
        metrics={"auc": 0.76, "brier": None},
    )
    return Artifact(model, card)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.write_text, (self.path, "boom")


def test_model_and_card_come_back() -> None:
    saved = artifact()

    found = from_bytes(to_bytes(saved, KEY), KEY)

    assert found.card == saved.card
    assert (found.model.predict_proba(X) == saved.model.predict_proba(X)).all()
    assert found.card.versions == library_versions()


@pytest.mark.parametrize("position", [0, 10, 45, 100, -1])
def test_one_changed_byte_is_refused(position: int) -> None:
    sealed = bytearray(to_bytes(artifact(), KEY))
    sealed[position] ^= 1

    with pytest.raises(NotOurs):
        from_bytes(bytes(sealed), KEY)


@pytest.mark.parametrize("length", [0, 7, 40, 43, 200])
def test_cut_file_is_refused(length: int) -> None:
    with pytest.raises(NotOurs):
        from_bytes(to_bytes(artifact(), KEY)[:length], KEY)


def test_model_of_another_installation_is_refused() -> None:
    sealed = to_bytes(artifact(), key_from("another installation's secret"))

    with pytest.raises(NotOurs):
        from_bytes(sealed, KEY)
    with pytest.raises(NotOurs):
        read_card(sealed, KEY)


def test_foreign_pickle_is_refused_before_it_runs(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    bomb = pickle.dumps(Bomb(mark))
    other_key = key_from("what an attacker would use as a key")
    own = to_bytes(replace(artifact(), model=Bomb(mark)), other_key)

    for sealed in (bomb, MAGIC + bytes(32) + bomb, own):
        with pytest.raises(NotOurs):
            from_bytes(sealed, KEY)
    assert not mark.exists()

    joblib.load(_file(tmp_path / "bomb", bomb))  # and it would have run
    assert mark.exists()


def test_other_versions_mean_training_again(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    old = {**library_versions(), "scikit-learn": "0.24"}
    saved = artifact()
    outdated = Artifact(Bomb(mark), replace(saved.card, versions=old))

    with pytest.raises(Outdated, match=r"churn: trained with scikit-learn 0\.24 \(now "):
        from_bytes(to_bytes(outdated, KEY), KEY)
    assert not mark.exists()
    assert read_card(to_bytes(outdated, KEY), KEY).versions == old


def test_folder_loads_once_and_swaps_without_restart(tmp_path: Path) -> None:
    folder, writer = ModelFolder(tmp_path, KEY), ModelFolder(tmp_path, KEY)
    writer.save(artifact(split=5))
    first = folder.load("churn")

    assert folder.load("churn") is first

    writer.save(artifact(split=15))
    second = folder.load("churn")

    assert second is not first
    assert second.model.predict([[10.0]]) != first.model.predict([[10.0]])


def test_missing_and_outdated_models_are_trained(tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path, KEY)
    trained: list[str] = []

    def train() -> Artifact:
        trained.append("churn")
        return artifact()

    folder.load_or_train("churn", train)
    folder.load_or_train("churn", train)
    assert trained == ["churn"]

    old = replace(artifact().card, versions={"python": "2.7"})
    folder.save(Artifact(None, old))
    assert folder.load_or_train("churn", train).model is not None
    assert trained == ["churn", "churn"]


def test_foreign_file_in_the_folder_is_not_trained_over(tmp_path: Path) -> None:
    _file(tmp_path / "churn.model", b"whatever somebody uploaded")

    with pytest.raises(NotOurs):
        ModelFolder(tmp_path, KEY).load_or_train("churn", artifact)


def test_failed_save_leaves_the_old_model_and_no_litter(tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path, KEY)
    folder.save(artifact())
    unpicklable = replace(artifact(), model=lambda: None)

    with pytest.raises(Exception, match="pickle"):
        folder.save(unpicklable)

    assert [file.name for file in tmp_path.iterdir()] == ["churn.model"]
    assert folder.load("churn").model is not None


@pytest.mark.parametrize("name", ["", "../etc", "a/b", "a.b"])
def test_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name: expected"):
        ModelFolder(tmp_path, KEY).load(name)


def test_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        to_bytes(artifact(), b"short")


def _file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
