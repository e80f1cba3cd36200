"""A shop of the database gets its report, as of the end of a month."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from cloud.app.jobs import monthly, report
from cloud.app.jobs.monthly import end_of_last_month, make_due_report, make_report, monthly_report
from cloud.app.jobs.report import report_content
from cloud.app.jobs.report_words import Words
from cloud.app.jobs.typesetting import Fonts
from cloud.app.services.erasure import erase_customer
from cloud.app.services.reports import report_pdf
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from cloud.app.store.scoring import MonthlyReport
from tests.jobs.conftest import KEY, Till
from tests.jobs.test_scoring_job import COLUMNS, town

BUNDLED = Fonts(with_installed=False)


@pytest.mark.parametrize(
    ("today", "end"),
    [
        (dt.date(2026, 11, 20), dt.date(2026, 10, 31)),
        (dt.date(2024, 3, 1), dt.date(2024, 2, 29)),
        (dt.date(2026, 1, 31), dt.date(2025, 12, 31)),
    ],
)
def test_last_month_ends_before_this_one(today: dt.date, end: dt.date) -> None:
    assert end_of_last_month(today) == end


def test_shop_gets_a_report_of_what_was_known(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    till.imported(town(60), COLUMNS)
    shown = []

    def noted(given: dict[str, Any], words: Words) -> dict[str, Any]:
        shown.append(report_content(given, words))
        return shown[-1]

    monkeypatch.setattr(report, "report_content", noted)

    pdf, _ = monthly_report(
        till.jobs, shop_id=till.shop_id, as_of=dt.date(2025, 9, 30), fonts=BUNDLED
    )

    assert pdf.startswith(b"%PDF-")
    content, without_names = shown
    # the shop is in Germany and has chosen no other language
    assert content["subtitle"] == "Kundenbericht, Stand 30. September 2025"
    assert content["shop"] == "Bakery"
    assert len(content["months"]) == 9
    assert {card["label"]: card["value"] for card in content["kpis"]}["Kunden"] == "60"
    # the till's own numbers, for want of names
    assert all(row["customer"].isdecimal() for row in content["at_risk"])
    assert without_names["at_risk"] == content["at_risk"]


def test_shop_without_purchases_gets_its_reason(till: Till) -> None:
    pdf, _ = monthly_report(
        till.jobs, shop_id=till.shop_id, as_of=dt.date(2025, 9, 30), fonts=BUNDLED
    )

    assert pdf.startswith(b"%PDF-")


def test_last_months_report_is_made_once_and_again_when_it_lost_its_names(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monthly, "monthly_report", lambda *_, **__: (b"%PDF-", b"%PDF-"))
    till.imported("customer,date,amount\n1,2025-12-31,5.00\n", COLUMNS)
    january = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    assert make_due_report(till.jobs, till.shop_id, january) == dt.date(2025, 12, 1)
    assert make_due_report(till.jobs, till.shop_id, january) is None
    with till.jobs.begin() as session:
        act_for(session, shop_id=till.shop_id)
        session.get_one(MonthlyReport, (till.shop_id, dt.date(2025, 12, 1))).pdf = None
    assert make_due_report(till.jobs, till.shop_id, january) == dt.date(2025, 12, 1)


def test_a_shop_has_no_report_of_the_time_before_it_sold_anything(till: Till) -> None:
    till.imported("customer,date,amount\n1,2026-03-01,5.00\n", COLUMNS)
    march = dt.datetime(2026, 3, 15, tzinfo=dt.UTC)
    assert make_due_report(till.jobs, till.shop_id, march) is None


def test_who_is_erased_while_a_report_is_typeset_is_not_named_in_it(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.imported("customer,date,amount\n1,2025-12-30,5.00\n2,2025-12-31,5.00\n", COLUMNS)
    december = dt.date(2025, 12, 31)

    def typeset(*_: object, **__: object) -> tuple[bytes, bytes]:
        with till.session() as session:
            [first, *_others] = session.scalars(select(Membership.id)).all()
            erase_customer(session, KEY, till.shop_id, first)
            session.commit()
        return b"%PDF- with names", b"%PDF-"

    monkeypatch.setattr(monthly, "monthly_report", typeset)
    month = make_report(till.jobs, till.shop_id, december)
    with till.session() as session:
        assert report_pdf(session, till.shop_id, f"{month:%Y-%m}", with_names=True) == b"%PDF-"
    monkeypatch.setattr(monthly, "monthly_report", lambda *_, **__: (b"%PDF- anew", b"%PDF-"))
    make_report(till.jobs, till.shop_id, december)
    with till.session() as session:
        assert report_pdf(session, till.shop_id, f"{month:%Y-%m}", with_names=True) == b"%PDF- anew"
