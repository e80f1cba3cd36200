"""`python -m tools.learn_priors`: learn from simulated towns what a small shop borrows.

Writes `cloud/ml/priors.json`. A deployment with shops of its own can learn from those instead: see
`cloud.ml.priors.learn`.
"""

import datetime as dt
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cloud.ml import candidates, priors
from cloud.ml.churn import usual_horizon
from cloud.ml.features import customer_days
from cloud.ml.learning import learn
from cloud.ml.snapshot import Snapshot
from simulators.town import PLANS, ShopPlan, amount_minor, make_shop

TODAY = dt.date(2026, 1, 1)
N_SHOPS = 40
N_CUSTOMERS = 1500
TARGET = Path(priors.__file__).with_name("priors.json")


def main() -> int:
    """Simulate shops of many kinds, learn from each, and write what they have in common."""
    chance = random.Random(6)  # noqa: S311  # simulated shops need no cryptographic chance
    found = learn(_snapshot(_varied(chance), seed) for seed in range(N_SHOPS))
    TARGET.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{N_SHOPS} shops, {len(candidates.CANDIDATES)} candidates: {TARGET.name} written")
    return 0


def _varied(chance: random.Random) -> ShopPlan:
    """A shop between one whose customers come twice a week and one they come to twice a year."""
    return replace(
        chance.choice(PLANS),
        n_customers=N_CUSTOMERS,
        rate_mean=10 ** chance.uniform(-2.2, -0.7),
        # published fits have shapes of .25 to 1, and dropouts of a tenth to a half a visit
        rate_shape=10 ** chance.uniform(-0.6, 0.1),
        dropout_beta=(10 ** chance.uniform(-0.5, 0.1), 10 ** chance.uniform(0.0, 0.8)),
        habits=(),  # what goes with what says nothing of who comes back
    )


def _snapshot(plan: ShopPlan, seed: int) -> Snapshot:
    rows = list(_sales(plan, seed))
    frame = pd.DataFrame(rows, columns=["customer_id", "purchase_id", "occurred_at", "amount"])
    days = customer_days(frame)
    last_day = TODAY - dt.timedelta(days=1)
    return Snapshot(days, last_day, usual_horizon(days, last_day))


def _sales(plan: ShopPlan, seed: int) -> Iterator[tuple[str, str, dt.datetime, float]]:
    for customer in make_shop(plan, today=TODAY, seed=seed).customers:
        for sale in customer.sales:
            yield customer.reference, sale.invoice, sale.at, amount_minor(sale.lines) / 100


if __name__ == "__main__":
    sys.exit(main())
