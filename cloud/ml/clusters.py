"""Customers grouped by likeness: K-Means, Gaussian mixtures or Ward, on logarithms.

Without logarithms a handful of large customers is a cluster and everybody else another. A number
of clusters is chosen where the groups are clear (silhouette) and come out again from other samples
of the same customers (adjusted Rand index over bootstraps). Any method splits even a structureless
cloud, so the split is compared with that of a normal cloud of the same spread, and called what it
is: groups, or only a handy division.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin, silhouette_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Method = Literal["kmeans", "gmm", "ward"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

METHODS: tuple[Method, ...] = ("kmeans", "gmm", "ward")
# What a cluster is made of: column, and words from very low to very high.
TRAITS = (
    ("visits", ("came once or twice", "come rarely", "come often", "come very often")),
    (
        "days_since_last_visit",
        ("were just here", "were here recently", "have been away", "have been away for long"),
    ),
    (
        "net_amount",
        ("have spent very little", "have spent little", "have spent much", "have spent very much"),
    ),
)
COLUMNS = tuple(column for column, _ in TRAITS)
MIN_CUSTOMERS = 30
MIN_SHARE = 0.02  # a cluster of seven customers out of thousands helps nobody
NUMBERS = range(2, 9)  # that may be chosen
AUTOMATIC = range(2, 6)  # more than five groups nobody keeps apart
WARD_SAMPLE = 5_000  # 23,600 customers took 19 s and 4.7 GB
SCORE_SAMPLE = 1_500
BOOTSTRAPS = 6
REFERENCES = 5
CLEAR_ENOUGH = 0.75  # of the clearest: two groups are nearly always clearest, and tell little
STABLE_ARI = 0.7
# A mean so many standard deviations from the shop's is worth a word, and a strong one.
DISTINCT_Z = 0.3
STRONG_Z = 1.2


@dataclass(frozen=True)
class Clusters:
    """Who belongs together.

    labels : the number of each row's cluster, 0 for the one that brings the most money a customer
    table : one row per cluster: `cluster`, `name`, `customers`, `share`, and the medians of COLUMNS
    silhouette, stability : 0 to 1; what it was by the number tried is in `tried`
    verdict : "groups", "division" or "too little data"
    """

    labels: Ints
    table: pd.DataFrame
    method: Method
    silhouette: float | None
    stability: float | None
    tried: dict[int, tuple[float, float]]
    verdict: Literal["groups", "division", "too little data"]
    reason: str


def cluster(
    customers: pd.DataFrame,
    *,
    method: Method = "kmeans",
    n_clusters: int | None = None,
    random_state: int = 0,
) -> Clusters:
    """Group the customers of one shop.

    Parameters
    ----------
    customers : `customer_id` and COLUMNS as `features` returns them, or `monetary_value` instead
        of `net_amount`
    method : "kmeans", "gmm" (groups of different width) or "ward" (hierarchical)
    n_clusters : how many; by default the number that is clear and stable

    The order of rows changes nothing.
    """
    if method not in METHODS:
        raise ValueError(f"method: expected one of {METHODS}, found {method!r}")
    if n_clusters is not None and n_clusters not in NUMBERS:
        raise ValueError(f"n_clusters: expected 2 to {NUMBERS[-1]}, found {n_clusters}")
    customers = _with_net_amount(customers)
    order = np.argsort(customers["customer_id"].to_numpy().astype(str), kind="stable")
    ordered = customers.iloc[order]
    n_different = len(ordered[list(COLUMNS)].drop_duplicates())
    if len(ordered) < MIN_CUSTOMERS or n_different <= NUMBERS[-1]:
        return _too_little(customers, n_different, method)
    X = _standardised(ordered)
    rng = np.random.default_rng(random_state)
    numbers = AUTOMATIC if n_clusters is None else [n_clusters]
    with threadpool_limits(1):  # the fits are small: threads cost more than they bring
        tried = {k: _quality(X, k, method, rng) for k in numbers}
        k = n_clusters or _best(tried)
        if k == 1:
            return _one_group(customers, method, tried)
        labels = _by_worth(_fit(X, k, method, random_state), ordered)
        verdict, reason = _judge(X, k, method, tried[k], rng)
    found = np.empty(len(labels), dtype=np.int64)
    found[order] = labels
    table = _described(customers, found)
    return Clusters(found, table, method, *tried[k], tried, verdict, reason)


def _with_net_amount(customers: pd.DataFrame) -> pd.DataFrame:
    if "net_amount" in customers.columns:
        return customers
    return customers.assign(net_amount=customers["visits"] * customers["monetary_value"])


def _standardised(customers: pd.DataFrame) -> Floats:
    logs = np.log1p(np.maximum(customers[list(COLUMNS)].to_numpy(dtype=float), 0.0))
    spread = logs.std(axis=0)
    scaled: Floats = (logs - logs.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled


def _fit(X: Floats, k: int, method: Method, seed: int) -> Ints:
    """The cluster of each row."""
    return _assigner(X, k, method, seed)(X)


def _assigner(X: Floats, k: int, method: Method, seed: int) -> Callable[[Floats], Ints]:
    """Learns clusters from X and returns what tells the cluster of any row."""
    if method == "gmm":
        mixture = GaussianMixture(k, reg_covar=1e-3, random_state=seed).fit(X)
        return lambda rows: np.asarray(mixture.predict(rows), dtype=np.int64)
    if method == "kmeans":
        means = KMeans(k, n_init=5, random_state=seed).fit(X).cluster_centers_
    else:
        means = _ward_means(X, k, seed)
    return lambda rows: np.asarray(pairwise_distances_argmin(rows, means), dtype=np.int64)


def _ward_means(X: Floats, k: int, seed: int) -> Floats:
    """Centres of Ward's clusters of a sample; whoever is nearest belongs to them."""
    sample = _sample(X, WARD_SAMPLE, np.random.default_rng(seed))
    labels = AgglomerativeClustering(k, linkage="ward").fit_predict(sample)
    return np.array([sample[labels == number].mean(axis=0) for number in range(k)])


def _quality(X: Floats, k: int, method: Method, rng: np.random.Generator) -> tuple[float, float]:
    """Silhouette, and how alike the clusters of bootstrapped customers are."""
    sample = _sample(X, SCORE_SAMPLE, rng)
    labels = _fit(sample, k, method, 0)
    if np.bincount(labels, minlength=k).min() < max(MIN_SHARE * len(sample), 2):
        return 0.0, 0.0
    again = []
    for seed in range(BOOTSTRAPS):
        drawn = sample[rng.integers(0, len(sample), len(sample))]
        again.append(_assigner(drawn, k, method, seed)(sample))
    # Between bootstraps: comparing with one split would reward whatever that one happened to be.
    stability = float(np.mean([adjusted_rand_score(a, b) for a, b in pairwise(again)]))
    return float(silhouette_score(sample, labels)), stability


def _best(tried: dict[int, tuple[float, float]]) -> int:
    """The largest number that is stable and nearly as clear as the clearest stable one.

    Without a stable one the most stable; 1 when every split cuts off only a handful.
    """
    stable = {k: clear for k, (clear, stability) in tried.items() if stability >= STABLE_ARI}
    if not stable:
        return max(tried, key=lambda k: tried[k][1]) if any(map(any, tried.values())) else 1
    return max(k for k, clear in stable.items() if clear >= CLEAR_ENOUGH * max(stable.values()))


def _judge(
    X: Floats,
    k: int,
    method: Method,
    quality: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[Literal["groups", "division"], str]:
    silhouette, stability = quality
    size = min(len(X), SCORE_SAMPLE)
    covariance = np.cov(X, rowvar=False)
    clouds = [
        rng.multivariate_normal(np.zeros(X.shape[1]), covariance, size) for _ in range(REFERENCES)
    ]
    without_groups = max(
        float(silhouette_score(cloud, _fit(cloud, k, method, 0))) for cloud in clouds
    )
    figures = f"silhouette {silhouette:.2f}, {without_groups:.2f} in a cloud without groups"
    if stability < STABLE_ARI:
        return "division", f"Another sample of the same customers is split differently ({figures})."
    if silhouette <= without_groups:
        return "division", f"There are no natural groups; the split is only handy ({figures})."
    return "groups", f"The groups are clearer than chance and come out again ({figures})."


def _by_worth(labels: Ints, customers: pd.DataFrame) -> Ints:
    """Numbers the clusters by what a customer brings, so that a name keeps its number."""
    worth = pd.Series(customers["net_amount"].to_numpy()).groupby(labels)
    mean = worth.mean().sort_values(ascending=False, kind="stable")
    rank = {old: new for new, old in enumerate(mean.index)}
    return np.array([rank[label] for label in labels], dtype=np.int64)


def _described(customers: pd.DataFrame, labels: Ints) -> pd.DataFrame:
    logs = pd.DataFrame(_standardised(customers)).groupby(labels).mean()
    sizes = np.bincount(labels)
    table = customers[list(COLUMNS)].reset_index(drop=True).groupby(labels).median()
    table.insert(0, "cluster", table.index)
    table.insert(1, "name", [_name(row) for row in logs.to_numpy()])
    table.insert(2, "customers", sizes)
    table.insert(3, "share", sizes / len(labels))
    return table.reset_index(drop=True)


def _name(means: Floats) -> str:
    """Words for a cluster's means in standard deviations from the shop's."""
    words = [
        levels[int(np.searchsorted((-STRONG_Z, 0.0, STRONG_Z), mean))]
        for mean, (_, levels) in zip(means, TRAITS, strict=True)
        if abs(mean) >= DISTINCT_Z
    ]
    if not words:
        return "Like most customers"
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return listed[0].upper() + listed[1:]


def _one_group(
    customers: pd.DataFrame, method: Method, tried: dict[int, tuple[float, float]]
) -> Clusters:
    labels = np.zeros(len(customers), dtype=np.int64)
    reason = f"Every split cuts off less than {MIN_SHARE:.0%} of the customers and leaves the rest."
    table = _described(customers, labels)
    return Clusters(labels, table, method, None, None, tried, "division", reason)


def _too_little(customers: pd.DataFrame, n_different: int, method: Method) -> Clusters:
    reason = (
        f"Groups need at least {MIN_CUSTOMERS} customers, {NUMBERS[-1] + 1} of them different; "
        f"there are {len(customers)}, {n_different} different."
    )
    labels = np.zeros(len(customers), dtype=np.int64)
    table = pd.DataFrame(columns=["cluster", "name", "customers", "share"])
    return Clusters(labels, table, method, None, None, {}, "too little data", reason)


def _sample(X: Floats, size: int, rng: np.random.Generator) -> Floats:
    return X if len(X) <= size else X[rng.choice(len(X), size, replace=False)]
