"""Monthly reports: made by the worker; here they are listed, fetched and asked for."""

import datetime as dt
import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Invalid, NotFound
from cloud.app.services.shops import shop_by_id
from cloud.app.store.jobs import MAKE_REPORT, enqueue_once
from cloud.app.store.scoring import MonthlyReport


def reports(session: Session, shop_id: uuid.UUID) -> Sequence[MonthlyReport]:
    """Return the reports that there are, the latest first."""
    return session.scalars(
        select(MonthlyReport)
        .where(MonthlyReport.shop_id == shop_id)
        .order_by(MonthlyReport.month.desc())
    ).all()


def report_pdf(session: Session, shop_id: uuid.UUID, month: str, *, with_names: bool) -> bytes:
    """Return a month's PDF; the one without names where the other is gone. Raises NotFound."""
    report = session.get(MonthlyReport, (shop_id, month_of(month)))
    if report is None:
        raise NotFound("there is no report of this month")
    return (with_names and report.pdf) or report.pdf_without_names


def ask_for_report(session: Session, shop_id: uuid.UUID, month: str, now: dt.datetime) -> None:
    """Let the worker make a month's report (again). Raises Invalid for a month that goes on."""
    first = month_of(month)
    today = now.astimezone(ZoneInfo(shop_by_id(session, shop_id).time_zone)).date()
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    if last >= today:
        raise Invalid("month", "a month that is over", month)
    enqueue_once(session, MAKE_REPORT, lock=f"report:{shop_id}:{first}",
                 shop_id=shop_id, as_of=last)  # fmt: skip


def month_of(text: str) -> dt.date:
    """Return the first day of a month such as 2026-10. Raises Invalid."""
    try:
        return dt.datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        raise Invalid("month", "a month such as 2026-10", repr(text)) from None
