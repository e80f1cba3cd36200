"""Every shop is scored by processes that find the database by their own settings."""

import datetime as dt
from collections.abc import Iterator

import pytest
from distributed import LocalCluster
from joblib.externals.loky import get_reusable_executor
from sqlalchemy import select

from cloud.app.jobs.nightly import score_all_shops
from cloud.app.jobs.parallel import Backend
from cloud.app.settings import Settings
from cloud.app.store.scores import Score
from cloud.app.store.scoring import MonthlyReport
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


@pytest.fixture(params=["loky", "dask"])
def backend(request: pytest.FixtureRequest, environment: None) -> Iterator[Backend]:
    """Two processes here, or the worker of a Dask scheduler, with the settings of this test."""
    if request.param == "loky":
        yield Backend(processes=2)
        return
    with LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as running:
        yield Backend("dask", scheduler=running.scheduler_address)


def test_every_shop_is_looked_after_once(own_settings: Settings, backend: Backend) -> None:
    tills = [make_till(own_settings) for _ in range(3)]
    for number, till in enumerate(tills):
        rows = "".join(f"{customer},2026-03-01,5.00\n" for customer in range(number))
        till.imported(f"customer,date,amount\n{rows}", COLUMNS)

    assert score_all_shops(tills[0].jobs, NOW, backend) == (3, 0)
    assert score_all_shops(tills[0].jobs, NOW, backend) == (0, 0)

    scores, reports = [], []
    for till in tills:
        with till.session() as session:
            scores.append(len(session.scalars(select(Score)).all()))
            reports.append([report.month for report in session.scalars(select(MonthlyReport))])
        for sessions in (till.app, till.jobs):
            sessions.kw["bind"].dispose()
    assert scores == [0, 1, 2]
    # last month's, where anything was sold by then
    assert reports == [[], [dt.date(2026, 10, 1)], [dt.date(2026, 10, 1)]]
