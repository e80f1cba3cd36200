"""Learning from many shops what the next, small one may expect: the content of `priors`."""

from collections.abc import Iterable

import numpy as np

from cloud.ml.btyd import ConvergenceError, ModifiedBetaGeometricNBD
from cloud.ml.candidates import (
    SNAPSHOT_WEIGHT,
    Candidate,
    MbgCandidate,
    PriorLogistic,
    RecencyCandidate,
    churn_inputs,
)
from cloud.ml.churn import learnt_from
from cloud.ml.priors import LEAST_DEVIATION, LEAST_LOG_DEVIATION, pooled
from cloud.ml.snapshot import Snapshot

# A shop of hundreds tells single coefficients only roughly: pulled together before they are pooled.
SHRINKAGE_DEVIATION = 1.0
INTERCEPT_DEVIATION = 0.5  # a shop's base rate and its season are its own


def learn(shops: Iterable[Snapshot]) -> dict[str, dict[str, list[float]]]:
    """Priors as `priors.json` holds them, from shops with at least a few hundred customers.

    Shops from which nothing can be learnt (nobody returns, or no label is complete) are left out;
    ValueError when none remains.
    """
    purchases: list[dict[str, float]] = []
    kinds = (RecencyCandidate, MbgCandidate, Candidate)
    coefficients: dict[str, list[dict[str, float]]] = {kind.name: [] for kind in kinds}
    for shop in shops:
        try:
            purchases.append(_log_parameters(shop))
            for kind in kinds:
                coefficients[kind.name].append(_coefficients(shop, kind))
        except ConvergenceError:
            continue
    if len(purchases) < 2:
        raise ValueError(f"expected at least 2 shops to learn from, found {len(purchases)}")
    found = {"purchases": pooled(purchases, LEAST_LOG_DEVIATION)}
    for name, shops_found in coefficients.items():
        found[name] = pooled(shops_found, LEAST_DEVIATION)
        found[name]["intercept"][1] = max(found[name]["intercept"][1], INTERCEPT_DEVIATION)
    return found


def _log_parameters(shop: Snapshot) -> dict[str, float]:
    model = ModifiedBetaGeometricNBD().fit(shop.rhythm[["frequency", "t_x", "T"]])
    return {name: float(np.log(getattr(model, f"{name}_"))) for name in model.parameters}


def _coefficients(shop: Snapshot, kind: type[Candidate]) -> dict[str, float]:
    past = learnt_from(shop)
    X = np.concatenate([churn_inputs(snapshot, kind.inputs) for snapshot in past])
    churned = np.concatenate([snapshot.churned for snapshot in past])
    deviation = np.full(1 + X.shape[1], SHRINKAGE_DEVIATION)
    deviation[0] = 10.0
    mean = np.array([0.0, *(1.0 if name == "p0" else 0.0 for name in kind.inputs)])
    model = PriorLogistic(mean, deviation).fit_labels(X, churned, SNAPSHOT_WEIGHT)
    values = (model.intercept_, *model.coef_)
    return dict(zip(("intercept", *kind.inputs), map(float, values), strict=True))
