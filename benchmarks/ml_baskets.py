"""Bundles: none in shuffled baskets, all that were planted, and how fast the pairs are counted.

Segments too: reordered rows must change none. With `--data DIR` the same on groceries, bread_basket
and online_retail. Peers run in the same process tree where they are importable: mlxtend's fpgrowth
and efficient-apriori (`pip install mlxtend efficient-apriori`).
"""

import multiprocessing
import resource
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.report import Figure, Options, at_least, at_most, main, plain
from cloud.ml.baskets import (
    Baskets,
    PairRule,
    associated_pairs,
    associated_triples,
    baskets_of,
    false_discovery_rates,
)
from cloud.ml.features import features
from cloud.ml.segments import rfm_segments, tiers

SUPPORT = 0.01
PLANTED_PAIRS = 20
TRIPLE_SEEDS = 20  # they take longer than pairs
KIB_PER_MIB = 1024


def measure(options: Options) -> list[Figure]:
    """Every figure, on made baskets and on the real ones that are there."""
    n_baskets, seeds = (20_000, 100) if options.is_full else (3_000, 10)
    made, planted = made_till(n_baskets)
    figures = [*recovery(made, planted), *shuffles("made", made, seeds)]
    figures += reordered_segments(5_000 if options.is_full else 500)
    figures += speed("made", made)
    for name, lines in real_tills(options.data):
        figures += shuffles(name, lines, min(seeds, 20 if len(lines) < 100_000 else 5))
        figures += speed(name, lines)
    return figures


def made_till(n_baskets: int, seed: int = 0) -> tuple[pd.DataFrame, set[tuple[str, str]]]:
    """Baskets of very different sizes with PLANTED_PAIRS that are bought together on purpose."""
    rng = np.random.default_rng(seed)
    n_products = 500
    popularity = 1 / np.arange(1, n_products + 1) ** 0.8
    sizes = rng.geometric(0.15, n_baskets)
    draws = rng.choice(n_products, size=int(sizes.sum()), p=popularity / popularity.sum())
    rows = pd.DataFrame({"basket_id": np.repeat(np.arange(n_baskets), sizes), "product": draws})
    pairs = rng.choice(np.arange(100, n_products), size=(PLANTED_PAIRS, 2), replace=False)
    planted = [
        pd.DataFrame(
            {"basket_id": np.repeat(baskets, 2), "product": np.tile(pair, n_baskets // 100)}
        )
        for pair in pairs
        for baskets in [rng.choice(n_baskets, n_baskets // 100, replace=False)]
    ]
    lines = pd.concat([rows, *planted]).drop_duplicates(ignore_index=True)
    lines["product"] = "p" + lines["product"].astype(str).str.zfill(3)
    return lines, {tuple(sorted((f"p{a:03}", f"p{b:03}"))) for a, b in pairs}  # type: ignore[misc]


def real_tills(folder: Path | None) -> list[tuple[str, pd.DataFrame]]:
    """The real data sets that the folder holds."""
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        "groceries/groceries.csv": _groceries,
        "bread_basket/BreadBasket_DMS.csv": _bread_basket,
        "online_retail/online_retail.csv.gz": _online_retail,
    }
    if folder is None:
        return []
    there = [(path, read) for path, read in readers.items() if (folder / path).exists()]
    return [(path.split("/")[0], read(folder / path)) for path, read in there]


def recovery(lines: pd.DataFrame, planted: set[tuple[str, str]]) -> list[Figure]:
    """How many of the planted pairs are found, and what else."""
    found = associated_pairs(baskets_of(lines))
    pairs = set(zip(found["product"], found["other_product"], strict=True))
    false_share = len(pairs - planted) / max(len(pairs), 1)
    return [
        at_least("planted pairs found", len(pairs & planted) / len(planted), "share", 0.95),
        at_most("found pairs that were not planted", false_share, "share", 0.05),
    ]


def shuffles(name: str, lines: pd.DataFrame, seeds: int) -> list[Figure]:
    """Pairs, triples and pairs of the plain lift, in baskets whose products were shuffled."""
    pairs = triples = by_plain_lift = 0
    for seed in range(seeds):
        products = np.random.default_rng((1, seed)).permutation(lines["product"].to_numpy())
        baskets = baskets_of(lines.assign(product=products))
        pairs += len(associated_pairs(baskets))
        triples += len(associated_triples(baskets)) if seed < TRIPLE_SEEDS else 0
        by_plain_lift += _plain_lift_pairs(baskets) if seed == 0 else 0
    return [
        at_most(f"{name}: pairs in {seeds} shuffles", pairs, "pairs", 0),
        at_most(f"{name}: triples in {min(seeds, TRIPLE_SEEDS)} shuffles", triples, "triples", 0),
        plain(f"{name}: pairs in one shuffle without the size factor", by_plain_lift, "pairs"),
    ]


def reordered_segments(n_customers: int) -> list[Figure]:
    """Customers whose segment or tier changes when the rows of purchases are shuffled."""
    rng = np.random.default_rng(4)
    n_rows = n_customers * 5
    purchases = pd.DataFrame(
        {
            "customer_id": "c" + pd.Series(rng.integers(0, n_customers, n_rows)).astype(str),
            "purchase_id": None,
            "occurred_at": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(rng.integers(0, 365, n_rows), unit="D"),
            "amount": rng.gamma(2.0, 15.0, n_rows).round(2),
        }
    )
    before, after = (
        _segments(purchases),
        _segments(purchases.sample(frac=1, random_state=1, ignore_index=True)),
    )
    changed = int((before != after).any(axis=1).sum())
    return [at_most("segments or tiers changed by reordered rows", changed, "customers", 0)]


def speed(name: str, lines: pd.DataFrame) -> list[Figure]:
    """Time and memory to count the frequent pairs, ours beside the peers'."""
    baskets = baskets_of(lines)
    n_baskets, n_products = baskets.matrix.shape
    least = int(np.ceil(SUPPORT * n_baskets))
    ours_s, ours_mib, n_ours = measured(lambda: _count_pairs(baskets, least))
    what = f"{name}: pairs of {n_baskets} x {n_products} at support {SUPPORT}"
    figures = [
        plain(f"{what}, X'X", ours_s, "s"),
        plain(f"{what}, X'X, memory", ours_mib, "MiB"),
        plain(f"{name}: all pairs with tests and rates", _seconds(associated_pairs, baskets), "s"),
    ]
    for peer, run in PEERS.items():
        if find_spec(peer) is None:
            figures.append(Figure(f"{what}, {peer}", None, "s", "not installed, not measured"))
            continue
        peer_s, peer_mib, n_peer = measured(lambda run=run: run(baskets))  # type: ignore[misc]
        figures += [
            plain(f"{what}, {peer}", peer_s, "s"),
            plain(f"{what}, {peer}, memory", peer_mib, "MiB"),
            at_least(f"{name}: times faster than {peer}", peer_s / ours_s, "times", 1),
            at_most(f"{name}: pairs on which {peer} differs", abs(n_peer - n_ours), "pairs", 0),
        ]
    return figures


def measured(run: Callable[[], int]) -> tuple[float, float, int]:
    """Seconds, additional peak memory in MiB and result, in a process of its own."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def child() -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        result = run()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sender.send((seconds, (peak - before) / KIB_PER_MIB, result))

    process = context.Process(target=child)
    process.start()
    answer: tuple[float, float, int] = receiver.recv()
    process.join()
    return answer


def _fpgrowth(baskets: Baskets) -> int:
    from mlxtend.frequent_patterns import fpgrowth

    frame = pd.DataFrame.sparse.from_spmatrix(baskets.matrix.astype(bool), columns=baskets.products)
    found = fpgrowth(frame, min_support=SUPPORT, max_len=2)
    return int((found["itemsets"].map(len) == 2).sum())


def _efficient_apriori(baskets: Baskets) -> int:
    from efficient_apriori import itemsets_from_transactions

    matrix = baskets.matrix
    ends = zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    transactions = [tuple(matrix.indices[start:end].tolist()) for start, end in ends]
    found, _ = itemsets_from_transactions(transactions, min_support=SUPPORT, max_length=2)
    return len(found.get(2, {}))


PEERS: dict[str, Callable[[Baskets], int]] = {
    "mlxtend": _fpgrowth,
    "efficient_apriori": _efficient_apriori,
}


def _count_pairs(baskets: Baskets, least: int) -> int:
    both = baskets.matrix.T @ baskets.matrix
    return int(((both.data >= least).sum() - (baskets.counts >= least).sum()) // 2)


def _plain_lift_pairs(baskets: Baskets) -> int:
    """What the common lift with the same tests would call associated."""
    from scipy import sparse
    from scipy.stats import poisson

    rule, counts = PairRule(), baskets.counts
    both = sparse.triu(baskets.matrix.T @ baskets.matrix, k=1).tocoo()
    a, b = both.coords
    is_enough = both.data >= rule.min_together
    expected = (counts[a] * counts[b] / baskets.matrix.shape[0])[is_enough]
    together = both.data[is_enough]
    rates = false_discovery_rates(poisson.sf(together - 1, expected))
    return int((rates <= rule.false_discovery_rate).sum())


def _segments(purchases: pd.DataFrame) -> pd.DataFrame:
    table = features(purchases, purchases["occurred_at"].max().date())
    return pd.DataFrame(
        {"segment": rfm_segments(table), "tier": tiers(table)}, index=table["customer_id"]
    )


def _seconds(function: Callable[[Any], object], argument: object) -> float:
    start = time.perf_counter()
    function(argument)
    return time.perf_counter() - start


def _groceries(path: Path) -> pd.DataFrame:
    baskets = enumerate(path.read_text().splitlines())
    rows = [(number, product) for number, line in baskets for product in line.split(",") if product]
    return pd.DataFrame(rows, columns=["basket_id", "product"]).drop_duplicates()


def _bread_basket(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path)
    table = table[table["Item"] != "NONE"]
    lines = table.rename(columns={"Transaction": "basket_id", "Item": "product"})
    return lines[["basket_id", "product"]].drop_duplicates()


def _online_retail(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path, dtype={"InvoiceNo": str, "StockCode": str})
    table = table[(table["Quantity"] > 0) & table["CustomerID"].notna()]
    lines = table.rename(columns={"InvoiceNo": "basket_id", "StockCode": "product"})
    return lines[["basket_id", "product"]].drop_duplicates()


if __name__ == "__main__":
    main("ml_baskets", measure)
