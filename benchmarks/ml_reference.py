"""`python -m benchmarks.ml_reference`: published BTYD fits, reproduced.

With `--data DIR` on the CDNOW data of the papers; otherwise planted parameters must lie within
their confidence region (Wilks), and nothing published can be compared.
"""

from datetime import date

import numpy as np
import pandas as pd

from benchmarks import shops
from benchmarks.report import Figure, Options, at_most, main, plain
from cloud.ml.btyd import (
    BetaGeometricNBD,
    GammaGamma,
    ModifiedBetaGeometricNBD,
    ParetoNBD,
    PurchaseModel,
)
from cloud.ml.features import btyd_summary, customer_days

CALIBRATION_END = date(1997, 9, 30)
HOLDOUT_WEEKS = 39
WITHIN_PERCENT = 0.5
WITHIN_LOG_LIKELIHOOD = 0.01
CHI_SQUARED_4_AT_999 = 18.47

SAMPLE = {
    BetaGeometricNBD: ((0.2426, 4.4136, 0.7930, 2.4261), -9582.43),
    ParetoNBD: ((0.5533, 10.578, 0.6063, 11.670), -9594.98),
    ModifiedBetaGeometricNBD: ((0.5249, 6.1834, 0.8913, 1.6138), -9582.14),
    GammaGamma: ((6.250, 3.744, 15.442), -4055.92),
}
FULL = {
    BetaGeometricNBD: ((0.2516, 4.7893, 0.7235, 2.1613), -95368.44),
    ModifiedBetaGeometricNBD: ((0.6371, 7.3101, 0.8075, 1.2285), -95336.96),
    ParetoNBD: ((0.5974, 11.5857, 0.5222, 8.8276), -95415.12),
    GammaGamma: ((6.275, 3.624, 14.984), None),
}
# MAE, RMSE, Pearson, predicted over actual, of 39 weeks after the calibration, on the sample
HOLDOUT = {
    BetaGeometricNBD: (0.786, 1.608, 0.626, 0.88),
    ModifiedBetaGeometricNBD: (0.765, 1.607, 0.627, 0.84),
}


def measure(options: Options) -> list[Figure]:
    """Compare every published value with ours, or planted truths with what is found."""
    if options.data is None or not options.is_full:
        return _planted()
    sample = customer_days(shops.cdnow(options.data, "CDNOW_sample.txt"))
    full = customer_days(shops.cdnow(options.data))
    return [
        *_compared("sample", sample, SAMPLE),
        *_compared("full", full, FULL),
        *_held_out(sample),
    ]


def _compared(
    name: str,
    days: pd.DataFrame,
    published: dict[type, tuple[tuple[float, ...], float | None]],
) -> list[Figure]:
    rhythm = btyd_summary(days, CALIBRATION_END)
    figures = []
    for kind, (values, log_likelihood) in published.items():
        model = kind().fit(_input(kind, rhythm))
        label = f"{kind.__name__} on CDNOW {name}"
        for parameter, value in zip(model.parameters, values, strict=True):
            found = getattr(model, f"{parameter}_")
            off = float(abs(found / value - 1) * 100)
            figures.append(
                at_most(f"{label}: {parameter} {found:.4f}", off, "% off", WITHIN_PERCENT)
            )
        if log_likelihood is not None:
            # published to two decimals
            off = float(max(abs(model.log_likelihood_ - log_likelihood) - 0.005, 0.0))
            text = f"{label}: log-likelihood {model.log_likelihood_:.2f}"
            figures.append(at_most(text, off, "off", WITHIN_LOG_LIKELIHOOD))
    return figures


def _input(kind: type, rhythm: pd.DataFrame) -> pd.DataFrame:
    if kind is GammaGamma:
        return rhythm.loc[rhythm["repeat_value"] > 0, ["frequency", "repeat_value"]]
    return rhythm[["frequency", "t_x", "T"]]


def _held_out(days: pd.DataFrame) -> list[Figure]:
    X = btyd_summary(days, CALIBRATION_END)[["frequency", "t_x", "T"]]
    later = days[(days["day"] > pd.Timestamp(CALIBRATION_END)) & days["is_bought"]]
    actual = later.groupby("customer_id").size().reindex(X.index, fill_value=0).to_numpy()
    figures = []
    for kind, values in HOLDOUT.items():
        told = kind().fit(X).expected_purchases(X, HOLDOUT_WEEKS)
        found = (
            np.abs(told - actual).mean(),
            np.sqrt(np.mean((told - actual) ** 2)),
            np.corrcoef(told, actual)[0, 1],
            told.sum() / actual.sum(),
        )
        names = ("MAE", "RMSE", "Pearson", "predicted/actual")
        for name, value, ours in zip(names, values, found, strict=True):
            rounding = 0.005 if name == "predicted/actual" else 0.0005
            off = float(max(abs(ours - value) - rounding, 0.0) / value * 100)
            label = f"{kind.__name__} on 39 weeks ahead: {name} {ours:.3f}"
            figures.append(at_most(label, off, "% off", WITHIN_PERCENT))
    return figures


def _planted() -> list[Figure]:
    truth = {"r": 0.8, "alpha": 5.0, "a": 1.5, "b": 4.0}
    X = _simulated(truth, 5000, 60.0)
    model = ModifiedBetaGeometricNBD().fit(X)
    planted: PurchaseModel = ModifiedBetaGeometricNBD()
    for name, value in truth.items():
        setattr(planted, f"{name}_", value)
    statistic = 2 * (model.log_likelihood_ - float(planted.log_likelihood(X).sum()))
    figures = [plain(f"MBG/NBD {name}", getattr(model, f"{name}_"), f"planted {value:g}")
               for name, value in truth.items()]  # fmt: skip
    return [
        *figures,
        at_most("MBG/NBD likelihood ratio", statistic, "chi-squared(4)", CHI_SQUARED_4_AT_999),
    ]


def _simulated(truth: dict[str, float], n: int, weeks: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    rates = rng.gamma(truth["r"], 1 / truth["alpha"], n)
    leaving = rng.beta(truth["a"], truth["b"], n)
    rows = []
    for rate, dropout in zip(rates, leaving, strict=True):
        moment, x, t_x = 0.0, 0, 0.0
        while rng.random() >= dropout:
            moment += rng.exponential(1 / rate)
            if moment > weeks:
                break
            x, t_x = x + 1, moment
        rows.append((x, t_x, weeks))
    return np.array(rows)


if __name__ == "__main__":
    main("ml_reference", measure)
