"""`python -m benchmarks.ml_speed`: how long the models take, and how time grows with size.

The peer of the BTYD fit is `lifetimes`, which is no dependency of ours: name a Python that has it
in the environment variable LIFETIMES_PYTHON, or it is left out. With `--data DIR`,
`shopbell analyse` runs on Online Retail. `--size small` leaves out the largest sizes; `--size full`
draws time against size into `docs/ml-speed.svg`.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks import shops
from benchmarks.growth import drawing
from benchmarks.nights import nights
from benchmarks.report import Figure, Options, at_least, at_most, main, plain
from cloud.ml.analysis import analyse
from cloud.ml.btyd import BetaGeometricNBD
from cloud.ml.features import btyd_summary, customer_days, features_of_days

Floats = npt.NDArray[np.float64]

ROOT = Path(__file__).parents[1]
DRAWING = ROOT / "docs" / "ml-speed.svg"
LAST_DAY = date(2025, 12, 31)
SPAN_DAYS = 540
CALIBRATION_END = date(1997, 9, 30)  # of the papers on CDNOW
PEER = """
import sys, time
import numpy as np
from lifetimes import BetaGeoFitter
x, t_x, T = np.load(sys.argv[1]).T
start = time.perf_counter()
model = BetaGeoFitter().fit(x, t_x, T)
model.conditional_expected_number_of_purchases_up_to_time(13, x, t_x, T)
print(time.perf_counter() - start)
"""


def measure(options: Options) -> list[Figure]:
    """BTYD, features, whole shops, many shops, the command line."""
    return list(_figures(options))


def _figures(options: Options) -> Iterator[Figure]:
    # First: the memory of a new process counts what its parent holds when it is made.
    if options.data:
        yield from _command_line(options.data)
    yield from _btyd([23_570, 1_000_000] if options.is_full else [23_570], options.data)
    yield from _features([1_000_000, 10_000_000] if options.is_full else [100_000])
    yield from _one_shop()
    yield from _worker_nights(5000 if options.is_full else 300)
    yield from _many_shops(100 if options.is_full else 6)
    yield from _growth(options.is_full)


def _btyd(sizes: list[int], data: Path | None) -> Iterator[Figure]:
    peer = os.environ.get("LIFETIMES_PYTHON")
    _fit_and_score(_histories(1000))  # the first call loads what the others find
    for n in sizes:
        X = _cdnow(data, n) if data else _histories(n)
        ours = _seconds(lambda X=X: _fit_and_score(X))  # type: ignore[misc]
        yield plain(f"BG/NBD fit and score, {n} customers", ours, "s")
        if peer:
            theirs = _peer_seconds(peer, X)
            yield plain(f"lifetimes, {n} customers", theirs, "s")
            yield at_least(f"lifetimes over ours, {n} customers", theirs / ours, "times", 10)


def _fit_and_score(X: Floats) -> None:
    BetaGeometricNBD().fit(X).expected_purchases(X, 13.0)


def _cdnow(data: Path, n: int) -> Floats:
    """The customers of CDNOW, drawn again and again where more are asked for than there are."""
    rhythm = btyd_summary(customer_days(shops.cdnow(data)), CALIBRATION_END)
    X = rhythm[["frequency", "t_x", "T"]].to_numpy(dtype=float)
    return X if n == len(X) else X[np.random.default_rng(0).integers(0, len(X), n)]


def _histories(n: int) -> Floats:
    """Weekly histories of simulated customers, the first purchase within a quarter of a year."""
    rng = np.random.default_rng(0)
    T = rng.integers(26 * 7, 39 * 7, n) / 7
    alive = np.where(rng.random(n) < 0.6, rng.beta(0.8, 1.2, n), 1.0) * T
    x = rng.poisson(rng.gamma(0.6, 1 / 7.0, n) * alive).astype(float)
    t_x = np.where(x > 0, np.round(7 * alive * rng.beta(np.maximum(x, 1), 1)) / 7, 0.0)
    return np.column_stack([x, np.minimum(t_x, T), T])


def _peer_seconds(python: str, X: Floats) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "histories.npy"
        np.save(path, X)
        done = subprocess.run(
            [python, "-W", "ignore", "-c", PEER, str(path)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    return float(done.stdout)


def _features(sizes: list[int]) -> Iterator[Figure]:
    goals = {1_000_000: 1.0, 10_000_000: 6.0}
    times = []
    for n in sizes:
        rows = _rows(n)
        times.append(_seconds(lambda rows=rows: _all_features(rows)))  # type: ignore[misc]
        name = f"features of {n} rows"
        goal = goals.get(n)
        yield at_most(name, times[-1], "s", goal) if goal else plain(name, times[-1], "s")
    if len(times) > 1:
        yield at_most("features time, 10 times the rows", times[1] / times[0], "times", 11)


def _all_features(rows: pd.DataFrame) -> None:
    features_of_days(customer_days(rows), LAST_DAY)


def _rows(n: int) -> pd.DataFrame:
    """Receipt lines: about three a receipt and ten receipts a customer."""
    rng = np.random.default_rng(1)
    receipt = rng.integers(0, n // 3, n)
    customer = rng.integers(0, n // 30, n // 3)
    day = rng.integers(0, SPAN_DAYS, n // 3)
    start = np.datetime64(LAST_DAY) - SPAN_DAYS + 1
    names = np.array([f"{number:08}" for number in range(n // 30)], dtype=object)
    return pd.DataFrame(
        {
            "customer_id": pd.array(names[customer[receipt]], dtype="str"),
            "purchase_id": receipt,
            "occurred_at": (start + day[receipt]).astype("datetime64[s]"),
            "amount": rng.integers(100, 5000, n) / 100,
        }
    )


def _one_shop() -> Iterator[Figure]:
    rows = _rows(300_000)  # 100,000 receipts
    rows["customer_id"] = rows["customer_id"].str[-8:].astype(int).mod(5000).astype(str)
    yield at_most(
        f"nightly run of {rows['customer_id'].nunique()} customers and 100,000 purchases at random",
        _seconds(lambda: analyse(rows)), "s", 10.0,
    )  # fmt: skip
    town = shops.town(5000, seed=3)
    yield at_most(
        f"nightly run of a simulated bakery, 5,000 customers and {len(town)} purchases",
        _seconds(lambda: analyse(town)), "s", 10.0,
    )  # fmt: skip


def _worker_nights(n_customers: int) -> Iterator[Figure]:
    """All that the worker does in a night: reads a real database, computes, stores."""
    found = nights(n_customers)
    shop = f"{n_customers} customers and {found.purchases} purchases, database included"
    for name, night in (("first", found.first), ("later", found.later)):
        yield at_most(f"{name} night of {shop}", night.seconds, "s", 10.0)
        yield plain(f"{name} night: the worker's own time on a core", night.core_s, "s")


def _growth(is_full: bool) -> Iterator[Figure]:
    """Time at 1 to 100 times a size over the time at that size, the best of three each.

    In the process's own time: the work has one thread, and a busy machine would bend the curves.
    """
    factors = (1, 3, 10, 30, 100) if is_full else (1, 3, 10)
    works: dict[str, Callable[[int], Callable[[], object]]] = {
        "purchase models": lambda factor: partial(_fit_and_score, _histories(10_000 * factor)),
        "features": lambda factor: partial(_all_features, _rows(10_000 * factor)),
        "nightly run": lambda factor: partial(analyse, shops.town(50 * factor, seed=3)),
    }
    smallest = {
        "purchase models": "10,000 customers",
        "features": "10,000 rows",
        "nightly run": "50 customers",
    }
    curves = {}
    for name, prepared in works.items():
        times = [_best_of_three(prepared(factor)) for factor in factors]
        curves[name] = [(f, t / times[0]) for f, t in zip(factors, times, strict=True)]
        yield plain(f"{name} of {smallest[name]}", times[0], "s")
        for factor, ratio in curves[name][1:-1]:
            yield plain(f"{name}: time of {factor} times {smallest[name]}", ratio, "times")
        text = f"{name}: time of {factors[-1]} times {smallest[name]}"
        yield at_most(text, curves[name][-1][1], "times", factors[-1])
    if is_full:
        DRAWING.write_text(drawing(curves, "Time against size"), encoding="utf-8")


def _best_of_three(work: Callable[[], object]) -> float:
    return min(_seconds(work, time.process_time) for _ in range(3))


def _many_shops(n_shops: int) -> Iterator[Figure]:
    start = time.perf_counter()
    joblib.Parallel(n_jobs=2)(joblib.delayed(_analyse_town)(seed) for seed in range(n_shops))
    seconds = (time.perf_counter() - start) * 1000 / n_shops
    yield at_most(
        f"1,000 shops of 300 customers on two cores, from {n_shops}", seconds / 60, "min", 10.0
    )


def _analyse_town(seed: int) -> None:
    analyse(shops.town(300, seed))


def _command_line(data: Path) -> Iterator[Figure]:
    path = data / "online_retail" / "online_retail.csv.gz"
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        arguments = ["analyse", str(path), "--out", out]
        process = subprocess.Popen(
            [sys.executable, "-c", "from shopbell import main; main()", *arguments],
            cwd=ROOT, stdout=sys.stderr,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)  # of this child alone
        seconds = time.perf_counter() - start
        if status:
            raise RuntimeError(f"shopbell analyse ended with status {status}")
    yield at_most("shopbell analyse on Online Retail", seconds, "s", 20.0)
    yield at_most("its largest memory", usage.ru_maxrss / 1024, "MB", 1000)


def _seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    work()
    return clock() - start


if __name__ == "__main__":
    main("ml_speed", measure)
