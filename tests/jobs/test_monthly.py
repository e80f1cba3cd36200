"""A shop of the database gets its report, as of the end of a month."""

import datetime as dt

import pytest

from cloud.app.jobs import monthly
from cloud.app.jobs.monthly import end_of_last_month, monthly_report
from cloud.app.jobs.report import report_content
from cloud.app.jobs.typesetting import Fonts
from tests.jobs.conftest import Till
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
    monkeypatch.setattr(
        monthly, "report_content", lambda given: shown.append(report_content(given)) or shown[-1]
    )

    pdf = monthly_report(till.jobs, shop_id=till.shop_id, as_of=dt.date(2025, 9, 30), fonts=BUNDLED)

    assert pdf.startswith(b"%PDF-")
    content = shown[0]
    assert content["subtitle"] == "Customer report, as of 30 September 2025"
    assert content["shop"] == "Bakery"
    assert len(content["months"]) == 9
    assert {card["label"]: card["value"] for card in content["kpis"]}["Customers"] == "60"
    # the till's own numbers, for want of names
    assert all(row["customer"].isdecimal() for row in content["at_risk"])


def test_shop_without_purchases_gets_its_reason(till: Till) -> None:
    pdf = monthly_report(till.jobs, shop_id=till.shop_id, as_of=dt.date(2025, 9, 30), fonts=BUNDLED)

    assert pdf.startswith(b"%PDF-")
