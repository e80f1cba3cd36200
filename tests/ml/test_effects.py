"""What our advice brought is learnt from who came, beside who came without it."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from cloud.ml.actions import ACTIONS
from cloud.ml.effects import COLUMNS, learnt_effects

AS_OF = date(2024, 3, 1)
HORIZON_DAYS = 30
ASSUMED = {action.name: action.effect for action in ACTIONS}


def past(
    n_customers: int, *, treated: int, prevented: float, drift: float = 1.0
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Customers foretold with .2 to .9, the likeliest losses written to on the second day."""
    rng = np.random.default_rng(7)
    names = [f"c{number:05}" for number in range(n_customers)]
    foretold = np.sort(rng.uniform(0.2, 0.9, n_customers))[::-1]
    is_treated = np.arange(n_customers) < treated
    chance = np.minimum(foretold * drift, 1.0) * np.where(is_treated, 1 - prevented, 1.0)
    is_lost = rng.random(n_customers) < chance
    predictions = pd.DataFrame(
        {"customer_id": names, "as_of": AS_OF, "horizon_days": HORIZON_DAYS,
         "churn_probability": foretold}
    )  # fmt: skip
    # nobody comes within the first two days, so that everybody can be compared
    came = pd.Timestamp(AS_OF) + pd.to_timedelta(rng.integers(3, 30, n_customers), unit="D")
    days = pd.DataFrame({"customer_id": names, "day": came, "net_amount": 5.0})[~is_lost]
    written = [(name, "reminder", AS_OF + timedelta(days=2)) for name in names[:treated]]
    return pd.DataFrame(written, columns=list(COLUMNS)), predictions, days


@pytest.mark.parametrize("drift", [1.0, 0.7])
def test_effect_is_found_though_the_likeliest_losses_are_written_to(drift: float) -> None:
    found = learnt_effects(*past(20_000, treated=6000, prevented=0.5, drift=drift))

    assert found["reminder"].share == pytest.approx(0.5, abs=0.05)
    assert found["reminder"].customers == 6000
    assert set(found) == {"reminder"}


def test_without_an_effect_none_is_found() -> None:
    found = learnt_effects(*past(20_000, treated=6000, prevented=0.0))

    assert found["reminder"].share < 0.03


def test_a_few_customers_hardly_move_the_assumption() -> None:
    found = learnt_effects(*past(300, treated=10, prevented=1.0))

    assumed = ASSUMED["reminder"].share
    assert assumed < found["reminder"].share < assumed + 0.15
    assert found["reminder"].customers == 10


def test_who_had_come_before_does_not_count_for_the_action() -> None:
    done, predictions, days = past(300, treated=10, prevented=0.0)
    first_day = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
    come = pd.DataFrame({"customer_id": done["customer_id"], "day": first_day, "net_amount": 5.0})

    assert learnt_effects(done, predictions, pd.concat([days, come])) == {}


def test_without_advice_or_predictions_nothing_is_learnt() -> None:
    done, predictions, days = past(300, treated=10, prevented=0.5)

    assert learnt_effects(done.iloc[:0], predictions, days) == {}
    assert learnt_effects(done, predictions.iloc[:0], days) == {}


def test_an_action_that_we_do_not_know_is_left_out() -> None:
    done, predictions, days = past(300, treated=10, prevented=0.5)

    assert learnt_effects(done.assign(action="dance"), predictions, days) == {}
