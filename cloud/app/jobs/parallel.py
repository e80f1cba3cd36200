"""Many shops at once, through joblib: on this machine's cores, or on a Dask cluster by a setting.

SHOPBELL_JOBS_BACKEND is `loky` (all cores), `loky:4` (four processes) or `dask:tcp://host:8786`
(the workers of that scheduler, which need this package and their own settings).
"""

import contextlib
import importlib
import logging
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import joblib

from cloud.app.domain.errors import Invalid

T = TypeVar("T")

SETTING = "SHOPBELL_JOBS_BACKEND"
# A cluster's results are handed back in rounds of so many shops a worker.
SHOPS_A_ROUND = 8
DASK_TIMEOUT_S = 30

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Backend:
    """Where shops are computed."""

    kind: Literal["loky", "dask"] = "loky"
    processes: int = -1
    scheduler: str | None = None


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What became of one shop; `error` names what went wrong, and then there is no result."""

    shop_id: uuid.UUID
    seconds: float
    result: T | None = None
    error: str | None = None


def parse_backend(text: str) -> Backend:
    """The setting's value. Raises Invalid."""
    kind, _, rest = text.partition(":")
    if kind == "loky" and (not rest or (rest.isdecimal() and int(rest) > 0)):
        return Backend(processes=int(rest) if rest else -1)
    if kind == "dask" and rest.partition("://")[0] in ("tcp", "tls") and rest.partition("://")[2]:
        return Backend("dask", scheduler=rest)
    raise Invalid(SETTING, "loky, loky:PROCESSES or dask:tcp://HOST:PORT", repr(text))


def score_shops(
    shop_ids: Sequence[uuid.UUID],
    score: Callable[[uuid.UUID], T],
    backend: Backend | None = None,
) -> Iterator[Outcome[T]]:
    """Compute every shop and yield each outcome as it comes; one that fails stops no other.

    `score` is sent to other processes: a function of a module, or a partial of one.
    """
    backend = backend or Backend()
    tasks = [joblib.delayed(_attempt)(score, shop_id) for shop_id in shop_ids]
    if backend.kind == "loky":
        # One thread each: processes already take every core.
        processes = min(joblib.effective_n_jobs(backend.processes), max(len(tasks), 1))
        if processes == 1:
            # starting another process takes longer than a shop
            yield from (_attempt(score, shop_id) for shop_id in shop_ids)
            return
        with joblib.parallel_config("loky", n_jobs=processes, inner_max_num_threads=1):
            yield from joblib.Parallel(return_as="generator_unordered")(tasks)
        return
    with _dask(backend) as workers:
        size = SHOPS_A_ROUND * max(workers, 1)
        for start in range(0, len(tasks), size):
            yield from joblib.Parallel()(tasks[start : start + size])


def _attempt(score: Callable[[uuid.UUID], T], shop_id: uuid.UUID) -> Outcome[T]:
    start = time.perf_counter()
    try:
        result = score(shop_id)
    except Exception as error:
        # The kind and the place alone: a message may hold a row, and rows hold people.
        place = "".join(traceback.format_tb(error.__traceback__))
        _log.error("shop %s: %s at\n%s", shop_id, type(error).__name__, place)
        return Outcome(shop_id, time.perf_counter() - start, error=type(error).__name__)
    return Outcome(shop_id, time.perf_counter() - start, result)


@contextlib.contextmanager
def _dask(backend: Backend) -> Iterator[int]:
    """joblib on the cluster; yields its number of worker threads."""
    try:
        distributed = importlib.import_module("distributed")  # not needed without a cluster
    except ImportError:
        raise Invalid(SETTING, "loky, or dask with `distributed` installed", "dask") from None
    with (
        distributed.Client(
            backend.scheduler, timeout=DASK_TIMEOUT_S, set_as_default=False
        ) as client,
        joblib.parallel_config("dask", client=client),
    ):
        yield sum(client.ncores().values())
