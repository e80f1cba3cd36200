"""The report of a shop in the database, as of the end of a month."""

import datetime as dt
import logging
import uuid
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.domain.languages import language_of
from cloud.app.domain.money import exponent
from cloud.app.jobs.advice import products
from cloud.app.jobs.frames import lines_of, sales, transactions_of
from cloud.app.jobs.insights import past_predictions
from cloud.app.jobs.report import report_input, typeset_report
from cloud.app.jobs.typesetting import Fonts
from cloud.app.services.shops import shop_by_id
from cloud.app.store.membership_queries import take_turns
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from cloud.app.store.sales import Purchase
from cloud.app.store.scoring import MonthlyReport
from cloud.ml.analysis import analyse

_log = logging.getLogger(__name__)


def make_due_report(
    sessions: sessionmaker[Session], shop_id: uuid.UUID, now: dt.datetime
) -> dt.date | None:
    """Make last month's report unless there is one; return its month."""
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        shop = shop_by_id(session, shop_id)
        zone = ZoneInfo(shop.time_zone)
        as_of = end_of_last_month(now.astimezone(zone).date())
        kept = session.scalar(
            select(MonthlyReport.pdf.is_not(None)).where(
                MonthlyReport.shop_id == shop_id, MonthlyReport.month == as_of.replace(day=1)
            )
        )
        first = session.scalar(
            select(func.min(Purchase.occurred_at)).where(Purchase.shop_id == shop_id)
        )
    if kept or first is None or first.astimezone(zone).date() > as_of:
        return None
    return make_report(sessions, shop_id, as_of)


def make_report(sessions: sessionmaker[Session], shop_id: uuid.UUID, as_of: dt.date) -> dt.date:
    """Make the report of the month that ends with `as_of` (again); return the month."""
    month = as_of.replace(day=1)
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        known = _customers(session, shop_id)
    pdf, pdf_without_names = monthly_report(sessions, shop_id=shop_id, as_of=as_of)
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        # who was erased while it was typeset must not live on in it: the next night makes it anew
        take_turns(session, shop_id)
        is_whole = known <= _customers(session, shop_id)
        values = {
            "pdf": pdf if is_whole else None,
            "pdf_without_names": pdf_without_names,
            "created_at": dt.datetime.now(dt.UTC),
        }
        statement = insert(MonthlyReport).values(shop_id=shop_id, month=month, **values)
        session.execute(
            statement.on_conflict_do_update(index_elements=["shop_id", "month"], set_=values)
        )
    _log.info("shop %s: report of %s made", shop_id, month)
    return month


def monthly_report(
    sessions: sessionmaker[Session],
    *,
    shop_id: uuid.UUID,
    as_of: dt.date,
    fonts: Fonts | None = None,
) -> tuple[bytes, bytes]:
    """The PDF for a shop with what was known at the end of the day `as_of`, and without names."""
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        shop = shop_by_id(session, shop_id)
        rows = sales(session, shop, as_of)
        said = past_predictions(session, shop_id, as_of, exponent(shop.currency))
        names, numbers = _names(session, shop_id)
        stock = products(session, shop, rows, as_of)
        title = {"shop": shop.name, "currency": shop.currency}
        language = language_of(shop.language, shop.country)
    # typesetting takes its time: no transaction is open meanwhile
    made = {**title, **_input(rows, as_of, said, stock, shop.currency)}
    named, nameless = (
        typeset_report(_calling(made, words), language, fonts or Fonts())[0]
        for words in (names, numbers)
    )
    return named, nameless


def end_of_last_month(today: dt.date) -> dt.date:
    """The last day of the month before."""
    return today.replace(day=1) - dt.timedelta(days=1)


def _input(
    rows: pd.DataFrame, as_of: dt.date, said: pd.DataFrame, stock: pd.DataFrame, currency: str
) -> dict[str, Any]:
    transactions = transactions_of(rows)
    now = analyse(transactions, as_of=as_of)
    made = report_input(
        now.summary,
        now.customers,
        transactions,
        lines=lines_of(rows),
        products=stock,
        currency=currency,
        predictions=None if said.empty else said,
    )
    before = analyse(
        transactions, as_of=end_of_last_month(as_of), horizon_days=now.summary["horizon_days"]
    )
    return {**made, "previous_kpis": before.summary["kpis"]}


def _calling(made: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """The report's input with words in place of the customers' ids."""
    rows = [{**row, "customer": words.get(row["customer"])} for row in made.get("at_risk", [])]
    return {**made, "at_risk": rows}


def _customers(session: Session, shop_id: uuid.UUID) -> set[uuid.UUID]:
    return set(session.scalars(select(Membership.id).where(Membership.shop_id == shop_id)))


def _names(session: Session, shop_id: uuid.UUID) -> tuple[dict[str, str], dict[str, str]]:
    """What the owner calls the customers, else their number in the till; and the number alone."""
    found = session.execute(
        select(Membership.id, Membership.name, Membership.reference).where(
            Membership.shop_id == shop_id
        )
    ).all()
    numbers = {str(id_): reference or f"Customer {str(id_)[:8]}" for id_, _, reference in found}
    named = {str(id_): name for id_, name, _ in found if name}
    return {**numbers, **named}, numbers
