"""Each shop's model, sealed in the database: loaded once a process, swapped without restart."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.store.roles import act_for
from cloud.app.store.scoring import CHURN, Model
from cloud.ml import artifacts
from cloud.ml.analysis import Analysis
from cloud.ml.artifacts import Artifact, ModelCard, Outdated, from_bytes, to_bytes


class ModelTable:
    """The models of all shops. Raises NotOurs for bytes that this installation has not sealed."""

    def __init__(self, sessions: sessionmaker[Session], key: bytes) -> None:
        self._sessions = sessions
        self._key = key
        self._loaded: dict[uuid.UUID, tuple[str, Artifact]] = {}

    def load(self, shop_id: uuid.UUID) -> Artifact | None:
        """The shop's latest model, from memory while it is the same; None without a signal."""
        with self._sessions.begin() as session:
            act_for(session, shop_id=shop_id)
            of_shop = (Model.shop_id == shop_id, Model.name == CHURN)
            checksum = session.scalar(select(Model.checksum).where(*of_shop))
            kept = self._loaded.get(shop_id)
            if checksum is None or (kept and kept[0] == checksum):
                return kept[1] if kept and checksum else None
            sealed = session.scalar(select(Model.sealed).where(*of_shop))
        artifact = from_bytes(sealed or b"", self._key)
        self._loaded[shop_id] = (checksum, artifact)
        return artifact

    def load_or_train(self, shop_id: uuid.UUID, train: Callable[[], None]) -> Artifact | None:
        """The same; `train` scores the shop anew where its model is of other library versions."""
        try:
            return self.load(shop_id)
        except Outdated:
            train()
            return self.load(shop_id)


def keep_model(session: Session, shop_id: uuid.UUID, analysis: Analysis, key: bytes) -> None:
    """Seal the analysis' model in place of the one before; without a signal there is none."""
    if analysis.scorer is None:
        kept = session.get(Model, (shop_id, CHURN))
        if kept is not None:
            session.delete(kept)
        return
    artifact = Artifact(analysis.scorer, _card(analysis))
    sealed = to_bytes(artifact, key)
    values = {
        "sealed": sealed,
        "checksum": hashlib.sha256(sealed).hexdigest(),
        "card": json.loads(artifact.card.to_json()),
        "created_at": dt.datetime.now(dt.UTC),
    }
    statement = insert(Model).values(shop_id=shop_id, name=CHURN, **values)
    session.execute(
        statement.on_conflict_do_update(index_elements=["shop_id", "name"], set_=values)
    )


def versions() -> str:
    """What models depend on, as text: other versions mean scoring again."""
    return json.dumps(artifacts.library_versions(), sort_keys=True)


def _card(analysis: Analysis) -> ModelCard:
    summary, scorer = analysis.summary, analysis.scorer
    if scorer is None:
        raise ValueError("analysis: expected one with a signal, found none")
    customers = analysis.customers
    as_of = dt.date.fromisoformat(summary["as_of"])
    scores = summary["backtest"]["candidates"].get(summary["model"], {})
    return ModelCard(
        name=CHURN,
        trained_from=as_of - dt.timedelta(days=int(customers["tenure_days"].max())),
        trained_to=as_of,
        horizon_days=summary["horizon_days"],
        customers=len(customers),
        feature_names=tuple(scorer.model.candidate.inputs),
        metrics={name: scores.get(name) for name in ("auc", "brier", "ece") if name in scores},
    )
