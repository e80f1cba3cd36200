"""The report is a readable PDF that leaves nothing out silently."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cloud.app.jobs.report import report_content, report_input, write_report
from cloud.app.jobs.typesetting import Fonts, ReportError, typeset
from cloud.ml.segments import SEGMENTS

BUNDLED = Fonts(with_installed=False)  # the same on every machine


def summary(**changes: Any) -> dict[str, Any]:
    kpis = {
        "customers": 400, "active_customers": 142, "new_customers": 9, "churn_rate": 0.31,
        "retention_rate": 0.69, "revenue": 12345.6, "clv": 15876.0, "revenue_at_risk": 2210.4,
    }  # fmt: skip
    usual = {
        "as_of": "2024-03-20", "horizon_days": 30, "verdict": "signal", "reason": "It worked.",
        "kpis": kpis, "segments": {"Loyal": 3, "Lost": 1}, "tiers": {"Gold": 1, "Bronze": 3},
        "notes": ["One note."],
    }  # fmt: skip
    return {**usual, **changes}


def analysis(**changes: Any) -> dict[str, Any]:
    months = [
        {"month": date(2024, 2, 1), "is_partial": False, "revenue": 100.0, "churn_rate": 0.25},
        {
            "month": date(2024, 3, 1),
            "is_partial": True,
            "revenue": 50.0,
            "churn_rate": float("nan"),
        },
    ]
    band = {"band": "0-20 %", "customers": 9, "predicted": 0.1, "observed": 0.2, "low": 0.1,
            "high": 0.5}  # fmt: skip
    full = {
        "summary": summary(), "shop": "Bakery", "currency": "EUR", "months": months,
        "at_risk": [{"customer": "Anna", "reason": "usually every 9 days, now 26",
                     "churn_probability": 0.71, "value": 240.0}],
        "bundles": [{"products": ("bread", "butter"), "reason": "Together 9 times.",
                     "bundle_price": 5.4, "margin": 0.63}],
        "bundle_notes": ["One bundle is left out."],
        "scoreboard": {"verdict": "reliable", "sentence": "It came true.", "bands": [band]},
    }  # fmt: skip
    return {**full, **changes}


def nobody() -> dict[str, Any]:
    empty: dict[str, Any] = {"as_of": None, "horizon_days": None, "segments": {}, "tiers": {}}
    return summary(
        **empty,
        kpis={"customers": 0},
        verdict="too little data",
        reason="There is no purchase yet.",
    )


def values(content: dict[str, Any]) -> dict[str, str]:
    return {card["label"]: card["value"] for card in content["kpis"]}


def test_report_is_a_tagged_pdf(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "march.pdf"

    write_report(analysis(), path, BUNDLED)

    pdf = path.read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert b"pdfuaid" in pdf


def test_same_analysis_gives_the_same_bytes() -> None:
    content = report_content(analysis())

    assert typeset(content, BUNDLED)[0] == typeset(content, BUNDLED)[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"months": None, "at_risk": None, "bundles": None, "scoreboard": None},
        {"summary": nobody(), "months": [], "bundles": [], "scoreboard": None},
        {"summary": summary(segments=dict.fromkeys(SEGMENTS, 9))},
        {"bundles": [{"products": ("a", "b", "c"), "reason": "x"}] * 30},
        {"shop": None, "currency": None},
        {"shop": '#panic() $x$ *not bold* @ref <b> \\ "quoted"'},
    ],
)
def test_whatever_is_missing_or_much_is_typeset(changes: dict[str, Any]) -> None:
    pdf, _ = typeset(report_content(analysis(**changes)), BUNDLED)

    assert pdf.startswith(b"%PDF-")


def test_key_figures_are_written_as_people_do() -> None:
    content = report_content(analysis())

    assert values(content) == {
        "Customers": "400",
        "Active customers": "142",
        "New customers": "9",
        "Revenue": "12,346 EUR",
        "Churn rate": "31%",
        "Retention rate": "69%",
        "Customer lifetime value": "15,876 EUR",
        "Revenue at risk": "2,210 EUR",
    }
    assert content["lead"] == (
        "142 of 400 customers came in the last 30 days and brought 12,346 EUR. "
        "2,210 EUR of the next 30 days are at risk."
    )


def test_unknown_figures_are_dashes_and_the_lead_says_so() -> None:
    kpis = {**summary()["kpis"], "clv": None, "revenue_at_risk": None}
    thin = summary(kpis=kpis, verdict="no reliable signal")

    content = report_content(analysis(summary=thin))

    assert values(content)["Revenue at risk"] == "–"
    assert content["lead"].endswith("Who will be lost cannot be said: no reliable signal.")


def test_changes_since_the_last_report_say_whether_they_are_bad() -> None:
    before = {"customers": 400, "active_customers": 284, "churn_rate": 0.21, "revenue": 10000.0}

    cards = {c["label"]: c for c in report_content(analysis(previous_kpis=before))["kpis"]}

    assert (cards["Customers"]["change"], cards["Customers"]["is_worse"]) == ("as before", False)
    assert (cards["Active customers"]["change"], cards["Active customers"]["is_worse"]) == (
        "down 50%",
        True,
    )
    assert (cards["Churn rate"]["change"], cards["Churn rate"]["is_worse"]) == (
        "up 10 points",
        True,
    )
    assert (cards["Revenue"]["change"], cards["Revenue"]["is_worse"]) == ("up 23%", False)
    assert cards["Retention rate"]["change"] == ""


def test_bundle_without_a_price_is_shown_without_one() -> None:
    pair = {"products": ("bread", "butter"), "reason": "", "confidence": 0.8, "together": 12,
            "lift": 3.21}  # fmt: skip

    content = report_content(analysis(bundles=pd.DataFrame([pair])))

    assert not content["has_prices"]
    assert content["bundles"][0]["reason"] == (
        "80% of those who buy the first also buy the second: together 12 times, 3.2 times what "
        "chance explains."
    )
    assert typeset(content, BUNDLED)[0].startswith(b"%PDF-")


def test_charts_are_told_in_words_too() -> None:
    content = report_content(analysis())

    assert (
        content["revenue_alt"] == "Revenue by month: February 2024 100 EUR, March 2024 50.00 EUR."
    )
    assert content["churn_alt"] == "Churn rate by month: February 2024 25%, March 2024 –."
    assert content["months"][1]["revenue"]["share"] == 0.5
    assert "The pale month is not over." in content["months_note"]


def test_empty_shop_shows_its_reason() -> None:
    content = report_content({"summary": nobody()})

    assert content["lead"] == "There is no purchase yet."
    assert content["kpis"] == content["months"] == content["segments"] == []
    assert content["record"] == "No earlier prediction has been kept yet."


@pytest.mark.parametrize("shop", ["Ключ", "Το ψωμί", "متجر", "Çağla Öztürk", "Łódź"])
def test_names_that_the_fonts_have_are_kept(shop: str) -> None:
    _, shown = typeset(report_content(analysis(shop=shop)), BUNDLED)

    assert shown["shop"] == shop
    assert shown["notes"] == ["One note."]


def test_name_without_a_font_is_replaced_and_said() -> None:
    _, shown = typeset(report_content(analysis(shop="Café 日本 ラーメン")), BUNDLED)

    assert shown["shop"] == "Café … …"
    assert shown["notes"][0] == "One note."
    assert "Some names use letters (CJK, Katakana) for which" in shown["notes"][1]
    assert len(shown["notes"]) == 2


def test_devanagari_without_a_font_that_joins_it_is_said() -> None:
    _, shown = typeset(report_content(analysis(shop="श्री")), BUNDLED)

    assert shown["shop"] == "श्री"
    assert "Devanagari letters stand unjoined" in shown["notes"][1]


def test_other_fault_is_an_error_with_its_reason() -> None:
    broken = report_content(analysis())
    del broken["lead"]

    with pytest.raises(ReportError, match="lead"):
        typeset(broken, BUNDLED)


def sales(n_customers: int = 60, seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Purchases of a year, and a table of customers as an analysis returns it."""
    rng = np.random.default_rng(seed)
    names = [f"c{number:02}" for number in range(n_customers)]
    transactions = pd.DataFrame(
        {
            "customer_id": rng.choice(names, 900),
            "purchase_id": [f"r{number}" for number in range(900)],
            "occurred_at": pd.Timestamp("2023-03-21")
            + pd.to_timedelta(rng.integers(0, 366, 900), unit="D"),
            "amount": rng.gamma(3, 8, 900).round(2) + 1,
        }
    )
    customers = pd.DataFrame(
        {
            "customer_id": names,
            "churn_probability": np.linspace(0.9, 0.1, n_customers),
            "value_at_risk": np.linspace(180.0, 2.0, n_customers),
            "days_since_last_visit": 9,
            "drivers": [["usually every 9 days, now 26", "spending raises the risk"]] * n_customers,
        }
    )
    return transactions, customers


def test_analysis_becomes_the_input_of_a_report() -> None:
    transactions, customers = sales()
    lines = transactions.rename(columns={"purchase_id": "basket_id"}).assign(product="bread")
    said = customers[["customer_id", "churn_probability"]].assign(
        as_of=date(2024, 1, 31), horizon_days=30
    )

    made = report_input(
        summary(), customers, transactions, lines=lines, predictions=said, names={"c00": "Anna"}
    )

    assert len(made["months"]) == 12
    assert made["at_risk"][0] == {
        "customer": "Anna",
        "reason": "usually every 9 days, now 26; spending raises the risk",
        "churn_probability": pytest.approx(0.9),
        "value": pytest.approx(180.0),
    }
    assert made["bundle_notes"] == [
        "In 900 receipts no two products meet more often than chance explains."
    ]
    assert made["scoreboard"]["runs"] == ["2024-01-31"]
    assert typeset(report_content(made), BUNDLED)[0].startswith(b"%PDF-")


def test_without_kept_predictions_the_past_is_computed_and_that_is_said() -> None:
    transactions, customers = sales()

    made = report_input(summary(), customers, transactions)

    assert made["scoreboard"]["is_kept"] is False
    record = report_content(made)["record"]
    assert record.endswith("these were computed today, with what was known then.")


def test_empty_analysis_becomes_the_input_of_a_report() -> None:
    transactions, customers = sales()

    assert report_input(nobody(), customers.iloc[:0], transactions.iloc[:0]) == {
        "summary": nobody()
    }
