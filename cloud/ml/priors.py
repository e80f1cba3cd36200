"""What other shops teach a shop that is too small to learn everything itself.

`priors.json` holds what was learnt from simulated towns (`python -m tools.learn_priors`), until a
deployment has shops of its own to learn from.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# From this many customers on, a shop's own data is enough for BTYD parameters; and then the
# parameters are plain maximum likelihood, as published.
SMALL_SHOP = 1000
# Coefficients of unseen kinds of shops differ by more than those of simulated towns do.
LEAST_DEVIATION = 0.15
LEAST_LOG_DEVIATION = 1.0
_FILE = Path(__file__).with_name("priors.json")

Prior = tuple[Floats, Floats]
LogPrior = dict[str, tuple[float, float]]


@cache
def _stored() -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return stored


def btyd_prior() -> LogPrior:
    """Mean and standard deviation of the logarithms of MBG/NBD parameters, in weeks."""
    return {name: (mean, deviation) for name, (mean, deviation) in _stored()["purchases"].items()}


def coefficient_prior(candidate: str, names: Sequence[str]) -> Prior:
    """Means and standard deviations of a candidate's intercept and coefficients, in this order.

    A feature that no shop has taught yet is expected to mean nothing.
    """
    known = _stored()[candidate]
    pairs = [known.get(name, (0.0, LEAST_DEVIATION)) for name in ("intercept", *names)]
    mean, deviation = np.array(pairs, dtype=float).T
    return mean, deviation


def pooled(found: Sequence[Mapping[str, float]], least: float) -> dict[str, list[float]]:
    """Mean and standard deviation of each parameter over shops, the latter at least `least`."""
    return {
        name: [
            round(float(np.mean([shop[name] for shop in found])), 3),
            round(max(float(np.std([shop[name] for shop in found], ddof=1)), least), 3),
        ]
        for name in found[0]
    }
