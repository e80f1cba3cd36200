"""A customer who is only imagined: the grid says what the model says, and so does the command."""

import datetime as dt
import json
import random
from collections.abc import Iterator

import pandas as pd
import pytest
from click.testing import CliRunner

from cloud.app.domain.what_if import Figures, estimate
from cloud.app.jobs.grids import grid_of
from cloud.app.jobs.scoring import score_shop
from cloud.app.jobs.what_if import whatif
from cloud.app.settings import Settings
from cloud.ml import drivers
from cloud.ml.analysis import analyse
from cloud.ml.artifacts import key_from
from cloud.ml.drivers import Scorer
from tests.jobs.conftest import NOW, Till, make_till
from tests.jobs.test_scoring_job import COLUMNS, town

FIGURES = ("--visits", "8", "--days-since-last-visit", "60", "--tenure-days", "150")


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    rows = [row.split(",") for row in town(90).splitlines()[1:]]
    transactions = pd.DataFrame(
        {
            "customer_id": [row[0] for row in rows],
            "purchase_id": None,
            "occurred_at": pd.to_datetime([row[1] for row in rows]),
            "amount": [float(row[2]) for row in rows],
        }
    )
    found = analyse(transactions, as_of=dt.date(2025, 10, 31)).scorer
    assert found is not None
    return found


def test_the_grid_says_what_the_model_says(scorer: Scorer) -> None:
    grid = json.loads(json.dumps(grid_of(scorer)))
    chance = random.Random(1)
    misses = []
    for _ in range(60):
        visits, away = chance.randrange(1, 30), chance.randrange(100)
        tenure = away + (visits - 1) * chance.randrange(1, 30)
        value = chance.uniform(1, 30)
        near = estimate(grid, Figures(visits, away, tenure, value))
        exact = scorer.what_if(drivers.Figures(visits, away, tenure, value))
        misses.append(abs(near.churn_probability - exact.probability))
        assert near.low is not None
        assert near.high is not None
        assert near.low < near.churn_probability < near.high
        assert near.drivers[0] == exact.drivers[0]
        assert near.contributions.keys() <= exact.contributions.keys()
    assert sum(misses) / len(misses) < 0.02
    assert max(misses) < 0.1


def test_the_grid_tells_a_customer_who_was_here_yesterday_or_comes_daily(scorer: Scorer) -> None:
    grid = grid_of(scorer)
    for figures in ((1, 1, 1), (1, 5, 5), (10, 0, 9)):
        near = estimate(grid, Figures(*figures, 5.0))
        exact = scorer.what_if(drivers.Figures(*figures, 5.0))
        assert near.drivers[0] == exact.drivers[0]


@pytest.fixture
def shop(own_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    url = own_settings.database_url.set(drivername="postgresql")
    monkeypatch.setenv("SHOPBELL_DATABASE_URL", url.render_as_string(hide_password=False))
    monkeypatch.setenv("SHOPBELL_DATABASE_ROLE_PASSWORD", own_settings.database_role_password)
    monkeypatch.setenv("SHOPBELL_SECRET_KEY", own_settings.secret_key)
    till = make_till(own_settings)
    till.imported(town(60), COLUMNS)
    key = key_from(own_settings.secret_key)
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=key)
    yield till
    for sessions in (till.app, till.jobs):
        sessions.kw["bind"].dispose()


def test_the_command_tells_probability_interval_and_reasons(shop: Till) -> None:
    slug = f"till-{shop.shop_id}"
    said = CliRunner().invoke(whatif, [slug, *FIGURES, "--monetary-value", "12.50"])
    assert said.exit_code == 0, said.output
    assert "usually every 13 days, now 60" in said.output
    assert "80 %:" in said.output
    as_json = CliRunner().invoke(whatif, [slug, *FIGURES, "--monetary-value", "12.50", "--json"])
    assert 0 < json.loads(as_json.output)["churn_probability"] < 1

    missing = CliRunner().invoke(whatif, [slug, *FIGURES])
    assert missing.exit_code == 1
    assert "monetary_value" in missing.output
    unknown = CliRunner().invoke(whatif, ["nowhere", *FIGURES])
    assert "expected the short name of a shop, got 'nowhere'" in unknown.output
