"""Products that sell together more often than chance and basket sizes explain.

Lines are a frame of one row per product on a receipt: `basket_id`, `product`, optionally
`quantity`. A product counts once a basket. Two products in n_a and n_b of the baskets are expected
together n_a * n_b * sum(s (s - 1)) / (sum s)^2 times, s being the number of products in a basket:
a large basket holds many pairs whatever the taste, so the plain n_a * n_b / N finds thousands of
pairs in shuffled baskets.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.special import digamma
from scipy.stats import poisson

from cloud.ml.itemsets import frequent_triples

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MIN_BASKETS = 50
PAIR_COLUMNS = (
    "product", "other_product", "together", "expected", "lift", "support",
    "confidence", "confidence_back", "p_value", "q_value",
)  # fmt: skip


@dataclass(frozen=True)
class PairRule:
    """What products must reach to count as bought together.

    `min_lift` is the lift that must be exceeded surely, not only in the sample.
    """

    min_together: int = 5
    false_discovery_rate: float = 0.05
    min_lift: float = 1.2

    def __post_init__(self) -> None:
        if not 0 < self.false_discovery_rate < 1 or self.min_together < 1 or self.min_lift < 1:
            raise ValueError(
                "expected a false_discovery_rate between 0 and 1, min_together and min_lift of at "
                f"least 1, found {self}"
            )


@dataclass(frozen=True)
class Baskets:
    """Receipts as a matrix of zeros and ones, without repeats on a receipt."""

    matrix: Any  # scipy csr_array of shape (n_baskets, n_products)
    products: npt.NDArray[np.object_]

    @property
    def sizes(self) -> Floats:
        """Products in each basket; ndarray of shape (n_baskets,)."""
        return np.asarray(self.matrix.sum(axis=1), dtype=float)

    @property
    def counts(self) -> Floats:
        """Baskets with each product; ndarray of shape (n_products,)."""
        return np.asarray(self.matrix.sum(axis=0), dtype=float)


def baskets_of(lines: pd.DataFrame) -> Baskets:
    """The matrix of receipts and products; lines of refunds (quantity below 0) are left out."""
    missing = [name for name in ("basket_id", "product") if name not in lines.columns]
    if missing:
        raise ValueError(f"lines: expected columns basket_id and product, missing {missing}")
    if "quantity" in lines.columns:
        lines = lines[lines["quantity"] > 0]
    lines = lines.dropna(subset=["basket_id", "product"])
    rows, _ = pd.factorize(lines["basket_id"])
    columns, products = pd.factorize(lines["product"], sort=True)
    shape = (int(rows.max(initial=-1)) + 1, len(products))
    matrix = sparse.coo_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape).tocsr()
    matrix.data[:] = 1  # tocsr has added up the repeats
    return Baskets(matrix, np.asarray(products, dtype=object))


def size_factor(sizes: Floats) -> float:
    """How much likelier two products meet than n_a n_b / N says: N sum(s(s-1)) / (sum s)^2."""
    total = float(sizes.sum())
    return len(sizes) * float((sizes * (sizes - 1)).sum()) / total**2 if total else 0.0


def associated_pairs(
    baskets: Baskets, rule: PairRule | None = None, about: Collection[str] | None = None
) -> pd.DataFrame:
    """Pairs that are together more often than chance and basket sizes explain.

    With `about`, only pairs that hold one of these products: a question of its own with fewer
    tests, which finds the weaker company of products that are seldom sold.

    Tested is that the lift lies above `min_lift`, not only above 1: of shuffled baskets, one in
    twenty would hold a finding otherwise, which is all that a false discovery rate of 5 % promises
    when nothing is there. The tail is Poisson, wider than the exact one. The false discovery rate
    is kept over all pairs that could have reached `min_together`, not only over those that did.

    Returns
    -------
    DataFrame with PAIR_COLUMNS, the surest pair first; `confidence` is the share of the baskets
    with `product` that hold `other_product` too, `confidence_back` the reverse.
    """
    rule = rule or PairRule()
    counts, n_baskets = baskets.counts, baskets.matrix.shape[0]
    if n_baskets < MIN_BASKETS:
        return pd.DataFrame(columns=list(PAIR_COLUMNS))
    kept = np.flatnonzero(counts >= rule.min_together)
    a, b, together = _pairs(baskets.matrix[:, kept], rule.min_together)
    a, b = kept[a], kept[b]
    is_meant = np.isin(baskets.products, list(about)) if about is not None else counts >= 0
    asked = is_meant[a] | is_meant[b]
    a, b, together = a[asked], b[asked], together[asked]
    factor = size_factor(baskets.sizes)
    expected = counts[a] * counts[b] / n_baskets * factor
    p_value = _tail(together, expected * rule.min_lift)
    n_others = int((~is_meant[kept]).sum())
    n_tests = (len(kept) * (len(kept) - 1) - n_others * (n_others - 1)) // 2
    found = pd.DataFrame(
        {
            "product": baskets.products[a],
            "other_product": baskets.products[b],
            "together": together.astype(int),
            "expected": expected,
            "lift": together / expected,
            "support": together / n_baskets,
            "confidence": together / counts[a],
            "confidence_back": together / counts[b],
            "p_value": p_value,
            "q_value": false_discovery_rates(p_value, n_tests),
        }
    )
    is_found = found["q_value"] <= rule.false_discovery_rate
    order = ["q_value", "lift", "product", "other_product"]
    return found[is_found].sort_values(
        order, ascending=[True, False, True, True], ignore_index=True
    )


def associated_triples(
    baskets: Baskets, rule: PairRule | None = None, max_products: int = 500
) -> pd.DataFrame:
    """Three products that are together more often than their strongest pair explains.

    FP-Growth counts them. A triple is expected as often as the third product falls into the
    baskets that hold the other two, by chance and by their sizes; the largest of the three ways
    counts. `max_products` bounds the search to the best sellers.
    """
    rule = rule or PairRule()
    columns = ["products", "together", "expected", "lift", "p_value", "q_value"]
    if baskets.matrix.shape[0] < MIN_BASKETS:
        return pd.DataFrame(columns=columns)
    least = max(rule.min_together, _count_of_rank(baskets.counts, max_products))
    triples = frequent_triples(baskets.matrix, least)
    if not triples:
        return pd.DataFrame(columns=columns)
    members = np.array(list(triples), dtype=np.int64)
    together = np.array(list(triples.values()), dtype=float)
    expected = _expected_triples(baskets, members)
    p_value = _tail(together, expected * rule.min_lift)
    n_kept = int((baskets.counts >= least).sum())
    n_tests = n_kept * (n_kept - 1) * (n_kept - 2) // 6
    found = pd.DataFrame(
        {
            "products": [tuple(sorted(baskets.products[list(m)])) for m in members],
            "together": together.astype(int),
            "expected": expected,
            "lift": together / expected,
            "p_value": p_value,
            "q_value": false_discovery_rates(p_value, n_tests),
        }
    )
    is_found = found["q_value"] <= rule.false_discovery_rate
    return found[is_found].sort_values(
        ["q_value", "lift", "products"], ascending=[True, False, True], ignore_index=True
    )


def false_discovery_rates(p_value: Floats, n_tests: int | None = None) -> Floats:
    """The false discovery rate at which each finding just passes (Benjamini, Yekutieli 2001).

    Pairs share their products, so their tests depend on each other in ways that nobody knows; this
    form of the Benjamini-Hochberg procedure holds whatever they are. `n_tests` counts the tests
    that were made in all, when `p_value` holds only the smallest.
    """
    n = len(p_value)
    n_tests = n if n_tests is None else max(n_tests, n)
    order = np.argsort(p_value, kind="stable")
    harmonic = float(digamma(n_tests + 1) + np.euler_gamma)  # 1 + 1/2 + ... + 1/n_tests
    scaled = p_value[order] * n_tests * harmonic / np.arange(1, n + 1)
    rates = np.empty(n)
    rates[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return rates


def _tail(together: Floats, expected: Floats) -> Floats:
    """Probability of so many or more by chance (Poisson)."""
    tail: Floats = np.asarray(poisson.sf(together - 1, expected))
    return tail


def _pairs(matrix: Any, min_together: int) -> tuple[Ints, Ints, Floats]:
    """Columns a < b of every pair that is together often enough, and how often."""
    both = sparse.triu(matrix.T @ matrix, k=1).tocoo()
    is_enough = both.data >= min_together
    a, b = (axis[is_enough].astype(np.int64) for axis in both.coords)
    return a, b, both.data[is_enough].astype(float)


def _count_of_rank(counts: Floats, rank: int) -> int:
    """The count of the product at this rank, so that at most `rank` products lie above it."""
    if len(counts) <= rank:
        return 1
    return int(np.sort(counts)[::-1][rank]) + 1


def _expected_triples(baskets: Baskets, members: Ints) -> Floats:
    """For each triple the largest count that one of its pairs and chance explain."""
    sizes, counts, matrix = baskets.sizes, baskets.counts, baskets.matrix
    # Sum over the baskets with both of a pair of the places left for a third product.
    places = (matrix.T @ sparse.diags_array(sizes - 2) @ matrix).tocsr()
    total = sizes.sum()
    ways = []
    for third, first, second in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):
        left = np.asarray(places[members[:, first], members[:, second]]).ravel()
        others = total - counts[members[:, first]] - counts[members[:, second]]
        ways.append(left * counts[members[:, third]] / others)
    largest: Floats = np.maximum(np.max(ways, axis=0), 1e-12)
    return largest
