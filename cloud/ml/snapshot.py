"""What a shop knew at the end of one day, and for past days what came next."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from cloud.ml.btyd import GammaGamma, ModifiedBetaGeometricNBD
from cloud.ml.features import btyd_summary, features_of_days, visits_since
from cloud.ml.priors import SMALL_SHOP, btyd_prior
from cloud.ml.signals import Signals, signal_features

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAYS_PER_WEEK = 7.0
LEAST_PROBABILITY = 1e-6  # so that logits stay finite
LEAST_AMOUNT = 0.01  # a cent: monetary values may be zero after refunds, logarithms may not


@dataclass(frozen=True)
class Reference:
    """What a shop learnt on one day that describes customers of another day, or of fancy."""

    mbg: ModifiedBetaGeometricNBD
    usual_value: float


@dataclass(frozen=True)
class Snapshot:
    """One row a customer in every array.

    With a `reference` its parameters are used, not those of this snapshot's customers: to score
    customers who were not there to learn from, or who are only imagined. `signals` are what the
    shop knows besides purchases; most know nothing.
    """

    days: pd.DataFrame
    as_of: date
    horizon_days: int
    reference: Reference | None = None
    signals: Signals | None = None
    # Folds overlap: a cut-off that one judges is one that the next learns from.
    _others: dict[tuple[date, int], "Snapshot"] = field(
        default_factory=dict, repr=False, compare=False
    )
    # The candidates' inputs by name: most of them take the same ones.
    columns: dict[str, Floats] = field(init=False, default_factory=dict, repr=False, compare=False)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The features of each customer, see `features_of_days`."""
        return features_of_days(self.days, self.as_of)

    @cached_property
    def signal_table(self) -> pd.DataFrame:
        """What is known besides purchases of the customers in `table`, see `signal_features`."""
        return signal_features(self.signals, self.table, self.as_of)

    @cached_property
    def rhythm(self) -> pd.DataFrame:
        """Everybody's purchase counts in weeks, see `btyd_summary`."""
        return btyd_summary(self.days, self.as_of, DAYS_PER_WEEK)

    @cached_property
    def own_rhythm(self) -> pd.DataFrame:
        """Purchase counts of the customers in `table`, in the same order."""
        return self.rhythm.loc[self.table["customer_id"], ["frequency", "t_x", "T"]]

    @cached_property
    def mbg(self) -> ModifiedBetaGeometricNBD:
        """The model of this day's purchase counts; small shops lean on other shops.

        Raises ConvergenceError.
        """
        if self.reference is not None:
            return self.reference.mbg
        prior = btyd_prior() if len(self.rhythm) < SMALL_SHOP else None
        return ModifiedBetaGeometricNBD(prior).fit(self.rhythm[["frequency", "t_x", "T"]])

    @cached_property
    def no_purchase_probability(self) -> Floats:
        """P0(H) of the BTYD model per customer."""
        return self.mbg.no_purchase_probability(self.own_rhythm, self.horizon_days / DAYS_PER_WEEK)

    @cached_property
    def no_purchase_logit(self) -> Floats:
        """Logit of P0(H), kept finite."""
        p0 = np.clip(self.no_purchase_probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
        logits: Floats = logit(p0)
        return logits

    @cached_property
    def expected_visits(self) -> Floats:
        """MBG/NBD expectation within the horizon, at most one visit a day."""
        expected = self.mbg.expected_purchases(self.own_rhythm, self.horizon_days / DAYS_PER_WEEK)
        at_most_daily: Floats = np.clip(expected, 0.0, float(self.horizon_days))
        return at_most_daily

    @cached_property
    def spend(self) -> GammaGamma:
        """Gamma-Gamma on the repeat purchases; free goods have no amount to learn from.

        Raises ConvergenceError.
        """
        paid = self.rhythm[self.rhythm["repeat_value"] > 0]
        return GammaGamma().fit(paid[["frequency", "repeat_value"]])

    @cached_property
    def usual_value(self) -> float:
        """Median monetary value of the shop's customers, or of the reference's."""
        if self.reference is not None:
            return self.reference.usual_value
        return max(float(self.table["monetary_value"].median()), LEAST_AMOUNT)

    @cached_property
    def churned(self) -> Bools:
        """Who did not visit in the horizon after `as_of`. Looks ahead: for past days only."""
        silent: Bools = self.visits_ahead == 0
        return silent

    @cached_property
    def visits_ahead(self) -> Floats:
        """Visits in the horizon after `as_of`. Looks ahead: for past days only."""
        end = self.as_of + timedelta(days=self.horizon_days)
        return visits_since(self.days, end, self.horizon_days, self.table["customer_id"])

    def as_reference(self) -> Reference:
        """What this day taught, small enough to keep. Raises ConvergenceError."""
        return Reference(self.mbg, self.usual_value)

    def earlier(self, horizons: float) -> "Snapshot":
        """The same shop some horizons before."""
        cut_off = self.as_of - timedelta(days=int(horizons * self.horizon_days))
        return self._other(cut_off, self.horizon_days)

    def with_horizon(self, horizon_days: int) -> "Snapshot":
        """The same day, looking less or more far ahead."""
        return self._other(self.as_of, horizon_days)

    def _other(self, as_of: date, horizon_days: int) -> "Snapshot":
        if (as_of, horizon_days) == (self.as_of, self.horizon_days):
            return self
        key = (as_of, horizon_days)
        if key not in self._others:
            self._others[key] = replace(self, as_of=as_of, horizon_days=horizon_days)
        return self._others[key]
