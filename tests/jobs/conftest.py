"""A shop with an uploaded till's export, and the jobs' own sessions."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.jobs.imports import run_import
from cloud.app.jobs.sessions import job_sessions
from cloud.app.services import imports
from cloud.app.settings import Settings
from cloud.app.store import roles
from cloud.app.store.connection import sessions_for
from cloud.app.store.roles import act_for
from cloud.app.store.sales import ImportBatch
from cloud.app.store.shops import Shop

MODEL_KEY = b"a key for the models of the tests"
KEY = "k" * 32
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Till:
    """A shop whose exports are imported."""

    shop_id: uuid.UUID
    app: sessionmaker[Session]
    jobs: sessionmaker[Session]

    def upload(self, content: str, columns: dict[str, int], kind: str = "purchases") -> uuid.UUID:
        """Upload a file and let it be run, as the API does."""
        with self.app.begin() as session:
            act_for(session, shop_id=self.shop_id)
            batch = imports.upload(
                session,
                shop_id=self.shop_id,
                person_id=None,
                filename="till.csv",
                content=content.encode(),
                kind=kind,
            )
            import_id = batch.id
        self.ask(import_id, columns)
        return import_id

    def ask(self, import_id: uuid.UUID, columns: dict[str, int]) -> None:
        """Ask for an import to be run."""
        with self.session() as session:
            imports.run(
                session,
                shop_id=self.shop_id,
                import_id=import_id,
                columns=columns,
                date_order=None,
                decimal=None,
            )
            session.commit()

    def run(self, import_id: uuid.UUID, *, block_rows: int = 1000) -> None:
        run_import(
            self.jobs,
            shop_id=self.shop_id,
            import_id=import_id,
            key=KEY,
            now=NOW,
            block_rows=block_rows,
        )

    def imported(
        self, content: str, columns: dict[str, int], kind: str = "purchases"
    ) -> dict[str, object]:
        """Import a file and return its outcome."""
        import_id = self.upload(content, columns, kind)
        self.run(import_id)
        batch = self.batch(import_id)
        assert batch.state == "done", batch.error
        return dict(batch.outcome or {})

    def batch(self, import_id: uuid.UUID) -> ImportBatch:
        with self.session() as session:
            return imports.import_by_id(session, self.shop_id, import_id)

    def session(self) -> Session:
        """Return a session of the API's role that acts for the shop."""
        session = self.app()
        act_for(session, shop_id=self.shop_id)
        return session


@pytest.fixture
def till(settings: Settings) -> Iterator[Till]:
    """A bakery with a till."""
    till = make_till(settings)
    yield till
    for sessions in (till.app, till.jobs):
        sessions.kw["bind"].dispose()


def make_till(settings: Settings) -> Till:
    till = Till(uuid.uuid4(), sessions_for(settings, roles.APP), job_sessions(settings))
    shop = Shop(
        id=till.shop_id,
        slug=f"till-{till.shop_id}",
        name="Bakery",
        country="DE",
        time_zone="Europe/Berlin",
        currency="EUR",
    )
    with till.app.begin() as session:
        act_for(session, shop_id=till.shop_id)
        session.add(shop)
    return till
