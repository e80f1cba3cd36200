"""The report of a shop in the database, as of the end of a month."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.domain.money import exponent
from cloud.app.jobs.report import report_content, report_input
from cloud.app.jobs.typesetting import Fonts, typeset
from cloud.app.services.shops import shop_by_id
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from cloud.app.store.sales import Product, Purchase, PurchaseLine
from cloud.app.store.shops import Shop
from cloud.ml.analysis import analyse

COLUMNS = (
    "customer_id", "purchase_id", "occurred_at", "amount", "line", "product", "quantity"
)  # fmt: skip


def monthly_report(
    sessions: sessionmaker[Session],
    *,
    shop_id: uuid.UUID,
    as_of: dt.date,
    fonts: Fonts | None = None,
) -> bytes:
    """The PDF for a shop with what was known at the end of the day `as_of`."""
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        shop = shop_by_id(session, shop_id)
        rows = _rows(session, shop, as_of)
        names = _names(session, shop_id)
        title = {"shop": shop.name, "currency": shop.currency}
    # typesetting takes its time: no transaction is open meanwhile
    pdf, _ = typeset(report_content({**title, **_input(rows, as_of, names)}), fonts or Fonts())
    return pdf


def end_of_last_month(today: dt.date) -> dt.date:
    """The last day of the month before."""
    return today.replace(day=1) - dt.timedelta(days=1)


def _input(rows: pd.DataFrame, as_of: dt.date, names: Mapping[str, str]) -> dict[str, Any]:
    purchases = rows.drop_duplicates("purchase_id")
    transactions = purchases[purchases["customer_id"].notna()]
    now = analyse(transactions, as_of=as_of)
    made = report_input(now.summary, now.customers, transactions, lines=_lines(rows), names=names)
    before = analyse(
        transactions, as_of=end_of_last_month(as_of), horizon_days=now.summary["horizon_days"]
    )
    return {**made, "previous_kpis": before.summary["kpis"]}


def _lines(rows: pd.DataFrame) -> pd.DataFrame | None:
    """Products on receipts, of customers and of strangers; None when no receipt has any."""
    lines = rows[rows["product"].notna()]
    return None if lines.empty else lines.rename(columns={"purchase_id": "basket_id"})


def _rows(session: Session, shop: Shop, as_of: dt.date) -> pd.DataFrame:
    """A row per product on a purchase, or per purchase without any, up to the end of a day."""
    zone = ZoneInfo(shop.time_zone)
    end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), zone)
    found = session.execute(
        select(
            Purchase.membership_id,
            Purchase.id,
            Purchase.occurred_at,
            Purchase.amount_minor,
            PurchaseLine.line,
            Product.name,
            PurchaseLine.quantity,
        )
        .outerjoin(
            PurchaseLine,
            (PurchaseLine.shop_id == Purchase.shop_id) & (PurchaseLine.purchase_id == Purchase.id),
        )
        .outerjoin(
            Product,
            (Product.shop_id == PurchaseLine.shop_id) & (Product.id == PurchaseLine.product_id),
        )
        .where(Purchase.shop_id == shop.id, Purchase.occurred_at < end)
    )
    rows = pd.DataFrame([tuple(row) for row in found], columns=list(COLUMNS))
    for name in ("customer_id", "purchase_id"):
        rows[name] = rows[name].map(str, na_action="ignore")
    moments = pd.to_datetime(rows["occurred_at"], utc=True)
    rows["occurred_at"] = moments.dt.tz_convert(zone).dt.tz_localize(None)  # the shop's own days
    rows["amount"] = rows["amount"].astype(float) / 10 ** exponent(shop.currency)
    rows["quantity"] = rows["quantity"].astype(float)
    return rows


def _names(session: Session, shop_id: uuid.UUID) -> dict[str, str]:
    """What the owner calls the customers; else their number in the till."""
    found = session.execute(
        select(Membership.id, Membership.name, Membership.reference).where(
            Membership.shop_id == shop_id
        )
    )
    names = {str(id_): name or reference for id_, name, reference in found}
    return {id_: name or "Customer without a name" for id_, name in names.items()}
