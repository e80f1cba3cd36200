"""Every shop is scored by processes that find the database by their own settings."""

from collections.abc import Iterator

import pytest
from joblib.externals.loky import get_reusable_executor
from sqlalchemy import select

from cloud.app.jobs.nightly import score_all_shops
from cloud.app.jobs.parallel import Backend
from cloud.app.settings import Settings
from cloud.app.store.scores import Score
from tests.jobs.conftest import NOW, make_till

COLUMNS = {"customer": 0, "date": 1, "amount": 2}


@pytest.fixture
def environment(own_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings as processes find them; no process of an earlier test is used."""
    url = own_settings.database_url.set(drivername="postgresql")
    monkeypatch.setenv("SHOPBELL_DATABASE_URL", url.render_as_string(hide_password=False))
    monkeypatch.setenv("SHOPBELL_DATABASE_ROLE_PASSWORD", own_settings.database_role_password)
    monkeypatch.setenv("SHOPBELL_SECRET_KEY", own_settings.secret_key)
    get_reusable_executor().shutdown(wait=True)
    yield
    get_reusable_executor().shutdown(wait=True)


@pytest.mark.usefixtures("environment")
def test_every_shop_is_scored(own_settings: Settings) -> None:
    tills = [make_till(own_settings) for _ in range(3)]
    for number, till in enumerate(tills):
        rows = "".join(f"{customer},2026-03-01,5.00\n" for customer in range(number))
        till.imported(f"customer,date,amount\n{rows}", COLUMNS)

    done = score_all_shops(tills[0].jobs, NOW, Backend(processes=2))

    assert done == (3, 0)
    counts = []
    for till in tills:
        with till.session() as session:
            counts.append(len(session.scalars(select(Score)).all()))
        for sessions in (till.app, till.jobs):
            sessions.kw["bind"].dispose()
    assert counts == [0, 1, 2]
