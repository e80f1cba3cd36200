"""A shop's rows as the frames that the models take: text ids, the shop's own days, whole money."""

import datetime as dt
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.money import exponent
from cloud.app.store import sales_copies
from cloud.app.store.feedback import Feedback
from cloud.app.store.sales_copies import copied_sales
from cloud.app.store.shops import Shop
from cloud.ml.signals import Signals

COLUMNS = (
    "customer_id", "purchase_id", "occurred_at", "amount", "line", "product", "quantity",
    "line_amount",
)  # fmt: skip
DTYPES = {
    "customer_id": "str", "purchase_id": "str", "occurred_us": "int64", "amount_minor": "float64",
    "line": "float64", "product": "str", "quantity": "float64", "line_amount_minor": "float64",
}  # fmt: skip
# stars that a mood stands for
RATINGS = {"good": 5, "fair": 3, "bad": 1}


def sales(session: Session, shop: Shop, as_of: dt.date) -> pd.DataFrame:
    """A row per product on a purchase, or per purchase without any, up to the end of a day."""
    zone = ZoneInfo(shop.time_zone)
    end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), zone)
    rows = pd.read_csv(
        copied_sales(session, shop.id, end),
        header=None,
        names=list(sales_copies.COLUMNS),
        dtype=DTYPES,
        keep_default_na=False,  # a product may be called NA
        na_values=[""],
    )
    moments = pd.to_datetime(rows.pop("occurred_us"), unit="us", utc=True)
    rows.insert(2, "occurred_at", moments.dt.tz_convert(zone).dt.tz_localize(None))
    for name in ("amount", "line_amount"):
        rows[name] = rows[f"{name}_minor"] / 10 ** exponent(shop.currency)
    return rows[list(COLUMNS)]


def signals(session: Session, shop: Shop, as_of: dt.date) -> Signals | None:
    """What customers said of their days up to `as_of`; None where nobody ever said anything.

    Opening sessions are left out: a sensor that was down would look like a shop that was shut. So
    are messages: the owner writes to whom the scores call at risk, and a model would learn its own
    advice; what messages bring is learnt apart (`cloud.ml.effects`).
    """
    found = session.execute(
        select(Feedback.membership_id, Feedback.given_on, Feedback.mood).where(
            Feedback.shop_id == shop.id, Feedback.mood.is_not(None), Feedback.given_on <= as_of
        )
    ).all()
    if not found:
        return None
    rows = [(str(row.membership_id), row.given_on, RATINGS[row.mood]) for row in found]
    frame = pd.DataFrame(rows, columns=["customer_id", "occurred_at", "rating"])
    return Signals(feedback=frame.assign(occurred_at=pd.to_datetime(frame["occurred_at"])))


def transactions_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The purchases of customers who are known, a row each."""
    purchases = rows.drop_duplicates("purchase_id")
    return purchases[purchases["customer_id"].notna()]


def lines_of(rows: pd.DataFrame) -> pd.DataFrame | None:
    """Products on receipts, of customers and of strangers; None when no receipt has any."""
    lines = rows[rows["product"].notna()]
    return None if lines.empty else lines.rename(columns={"purchase_id": "basket_id"})
