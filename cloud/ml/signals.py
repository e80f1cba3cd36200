"""What a shop may know of its customers besides purchases, as of a date; all may be absent."""

from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from cloud.ml.features import EPOCH, QUARTER_DAYS, YEAR_DAYS, day_numbers

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

REQUIRED = {
    "visits": ("customer_id", "occurred_at"),
    "feedback": ("customer_id", "occurred_at", "rating"),
    "messages": ("customer_id", "occurred_at", "answered_at"),
    "opening": ("opened_at", "closed_at"),
}
MAY_BE_MISSING = ("answered_at", "closed_at")
SIGNAL_COLUMNS = (
    "open_days_since_last_visit",
    "visits_without_purchase",
    "last_rating",
    "messages_received",
    "answered_share",
)
RATINGS = (1, 5)


@dataclass(frozen=True)
class Signals:
    """Frames of one row an event, in any order; None: the shop does not know such things.

    visits : `customer_id`, `occurred_at`; recognised in the shop, with or without a purchase
    feedback : `customer_id`, `occurred_at`, `rating` from 1 to 5
    messages : `customer_id`, `occurred_at` (sent), `answered_at` (missing: not answered)
    opening : `opened_at`, `closed_at` (missing: still open); one row a session

    Times are on the shop's own clock, as those of transactions are. ValueError names what is wrong.
    """

    visits: pd.DataFrame | None = None
    feedback: pd.DataFrame | None = None
    messages: pd.DataFrame | None = None
    opening: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            frame = getattr(self, field.name)
            if frame is not None:
                _check(field.name, frame)

    @property
    def known(self) -> tuple[str, ...]:
        """Names of the frames that are there."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is not None)


def signal_features(signals: Signals | None, table: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What is known besides purchases of each row of `features`, in its order.

    Returns
    -------
    DataFrame of SIGNAL_COLUMNS, NaN where the shop does not know such things:
        open_days_since_last_visit  days since the last visit on which the shop was open; days
                                    before the first known session count as open
        visits_without_purchase     days on which the customer was recognised since the last visit
        last_rating                 the latest feedback; NaN without any
        messages_received           in the last 91 days
        answered_share              of those of the last 365 days; NaN without any
    """
    signals = signals or Signals()
    today = (as_of - EPOCH).days
    found = pd.DataFrame(np.nan, index=table.index, columns=list(SIGNAL_COLUMNS))
    last_visit = today - table["days_since_last_visit"].to_numpy(dtype=np.int64)
    place = pd.Index(table["customer_id"])
    if signals.opening is not None:
        found["open_days_since_last_visit"] = _open_days(signals.opening, last_visit, today)
    if signals.visits is not None:
        found["visits_without_purchase"] = _seen(signals.visits, place, last_visit, today)
    if signals.feedback is not None:
        found["last_rating"] = _last_rating(signals.feedback, place, today)
    if signals.messages is not None:
        sent, answered = _messages(signals.messages, place, today)
        found["messages_received"] = sent
        found["answered_share"] = answered
    return found


def _check(name: str, frame: pd.DataFrame) -> None:
    missing = [column for column in REQUIRED[name] if column not in frame.columns]
    if missing:
        raise ValueError(f"{name}: expected columns {REQUIRED[name]}, missing {missing}")
    for column in REQUIRED[name]:
        if column not in MAY_BE_MISSING and frame[column].isna().any():
            raise ValueError(f"{name}: expected {column} in every row, found rows without")
    if name == "feedback" and not frame["rating"].between(*RATINGS).all():
        raise ValueError(f"feedback: expected a rating from {RATINGS[0]} to {RATINGS[1]}")


def _open_days(opening: pd.DataFrame, last_visit: Ints, today: int) -> Floats:
    """Days after the last visit on which a session began or ended."""
    closed = opening.loc[opening["closed_at"].notna(), "closed_at"]
    days = np.concatenate([day_numbers(opening["opened_at"]), day_numbers(closed)])
    days = np.unique(days[days <= today])
    first = int(days[0]) if len(days) else today + 1
    since = len(days) - np.searchsorted(days, last_visit, side="right")
    unknown = np.maximum(first - 1 - last_visit, 0)
    return (since + unknown).astype(float)


def _seen(visits: pd.DataFrame, place: "pd.Index[str]", last_visit: Ints, today: int) -> Floats:
    rows, day = _known(visits, place, today)
    pairs = np.unique(np.column_stack([rows, day]), axis=0)
    after = pairs[pairs[:, 1] > last_visit[pairs[:, 0]], 0]
    return np.bincount(after, minlength=len(place)).astype(float)


def _last_rating(feedback: pd.DataFrame, place: "pd.Index[str]", today: int) -> Floats:
    in_time = feedback.sort_values(["occurred_at", "rating"], kind="stable")
    rows, _ = _known(in_time, place, today)
    ratings = np.full(len(place), np.nan)
    told = in_time["rating"].to_numpy(dtype=float)[_is_known(in_time, place, today)]
    ratings[rows] = told  # of several the last stays
    return ratings


def _messages(messages: pd.DataFrame, place: "pd.Index[str]", today: int) -> tuple[Floats, Floats]:
    rows, day = _known(messages, place, today)
    answered_at = messages["answered_at"][_is_known(messages, place, today)]
    answered = np.zeros(len(rows), dtype=bool)
    has_answer = answered_at.notna().to_numpy()
    answered[has_answer] = day_numbers(answered_at[has_answer]) <= today
    lately = np.bincount(rows[day > today - QUARTER_DAYS], minlength=len(place)).astype(float)
    in_year = day > today - YEAR_DAYS
    sent = np.bincount(rows[in_year], minlength=len(place))
    answers = np.bincount(rows[in_year & answered], minlength=len(place))
    with np.errstate(invalid="ignore"):
        return lately, answers / sent


def _known(frame: pd.DataFrame, place: "pd.Index[str]", today: int) -> tuple[Ints, Ints]:
    """Row in the table and day of each event that was known by today."""
    is_known = _is_known(frame, place, today)
    rows = place.get_indexer(pd.Index(frame["customer_id"]))[is_known]
    return rows.astype(np.int64), day_numbers(frame["occurred_at"])[is_known]


def _is_known(frame: pd.DataFrame, place: "pd.Index[str]", today: int) -> Bools:
    is_customer: Bools = place.get_indexer(pd.Index(frame["customer_id"])) >= 0
    return is_customer & (day_numbers(frame["occurred_at"]) <= today)
