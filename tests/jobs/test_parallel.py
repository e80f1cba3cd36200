"""Many shops: every outcome comes once, one failure stops nobody, here and on Dask."""

import os
import uuid
from collections.abc import Iterator
from functools import partial

import pytest
from distributed import LocalCluster

from cloud.app.domain.errors import Invalid
from cloud.app.jobs.parallel import Backend, parse_backend, score_shops

SHOPS = [uuid.UUID(int=number) for number in range(24)]


def square(shop_id: uuid.UUID) -> int:
    return shop_id.int**2


def square_but(bad: int, shop_id: uuid.UUID) -> int:
    if shop_id.int == bad:
        raise RuntimeError("anna@example.org bought nothing")
    return shop_id.int**2


def process_of(_shop_id: uuid.UUID) -> int:
    return os.getpid()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Backend]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as running:
        yield Backend("dask", scheduler=running.scheduler_address)


@pytest.fixture(params=["loky", "dask"])
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param == "loky":
        return Backend(processes=2)
    found: Backend = request.getfixturevalue("cluster")
    return found


def test_every_shop_has_its_outcome(backend: Backend) -> None:
    outcomes = list(score_shops(SHOPS, square, backend))

    assert {outcome.shop_id: outcome.result for outcome in outcomes} == {
        shop_id: shop_id.int**2 for shop_id in SHOPS
    }
    assert all(outcome.error is None and outcome.seconds >= 0 for outcome in outcomes)


def test_a_failing_shop_stops_no_other_and_tells_no_person(backend: Backend) -> None:
    outcomes = {o.shop_id.int: o for o in score_shops(SHOPS, partial(square_but, 5), backend)}

    assert len(outcomes) == len(SHOPS)
    assert outcomes[5].error == "RuntimeError"
    assert outcomes[5].result is None
    assert [number for number, outcome in outcomes.items() if outcome.error] == [5]


def test_shops_are_computed_in_other_processes(backend: Backend) -> None:
    processes = {outcome.result for outcome in score_shops(SHOPS, process_of, backend)}

    assert os.getpid() not in processes


def test_no_shops_have_no_outcomes(backend: Backend) -> None:
    assert list(score_shops([], square, backend)) == []


@pytest.mark.parametrize(
    ("text", "backend"),
    [
        ("loky", Backend("loky", -1)),
        ("loky:4", Backend("loky", 4)),
        ("dask:tcp://10.0.0.7:8786", Backend("dask", scheduler="tcp://10.0.0.7:8786")),
        ("dask:tls://scheduler:8786", Backend("dask", scheduler="tls://scheduler:8786")),
    ],
)
def test_setting_names_the_backend(text: str, backend: Backend) -> None:
    assert parse_backend(text) == backend


@pytest.mark.parametrize(
    "text", ["", "spark", "loky:0", "loky:many", "dask", "dask:here", "dask:tcp://"]
)
def test_senseless_setting_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="SHOPBELL_JOBS_BACKEND"):
        parse_backend(text)
