"""The report of a shop in the database, as of the end of a month."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.jobs.frames import lines_of, sales, transactions_of
from cloud.app.jobs.report import report_content, report_input
from cloud.app.jobs.typesetting import Fonts, typeset
from cloud.app.services.shops import shop_by_id
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from cloud.ml.analysis import analyse


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
        rows = sales(session, shop, as_of)
        names = _names(session, shop_id)
        title = {"shop": shop.name, "currency": shop.currency}
    # typesetting takes its time: no transaction is open meanwhile
    pdf, _ = typeset(report_content({**title, **_input(rows, as_of, names)}), fonts or Fonts())
    return pdf


def end_of_last_month(today: dt.date) -> dt.date:
    """The last day of the month before."""
    return today.replace(day=1) - dt.timedelta(days=1)


def _input(rows: pd.DataFrame, as_of: dt.date, names: Mapping[str, str]) -> dict[str, Any]:
    transactions = transactions_of(rows)
    now = analyse(transactions, as_of=as_of)
    made = report_input(now.summary, now.customers, transactions, lines=lines_of(rows), names=names)
    before = analyse(
        transactions, as_of=end_of_last_month(as_of), horizon_days=now.summary["horizon_days"]
    )
    return {**made, "previous_kpis": before.summary["kpis"]}


def _names(session: Session, shop_id: uuid.UUID) -> dict[str, str]:
    """What the owner calls the customers; else their number in the till."""
    found = session.execute(
        select(Membership.id, Membership.name, Membership.reference).where(
            Membership.shop_id == shop_id
        )
    )
    names = {str(id_): name or reference for id_, name, reference in found}
    return {id_: name or "Customer without a name" for id_, name in names.items()}
