"""The monthly report: an analysis in, a PDF that an owner can read on paper out."""

import datetime as dt
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from cloud.app.domain.money import exponent
from cloud.app.jobs.typesetting import Fonts, Report, typeset
from cloud.ml.actions import at_stake
from cloud.ml.analysis import analyse
from cloud.ml.baskets import baskets_of
from cloud.ml.bundles import STOCK_COLUMNS, BundleRule, Bundles, dead_stock, find_bundles
from cloud.ml.features import customer_days
from cloud.ml.scoreboard import score_past_predictions
from cloud.ml.segments import GUIDE
from cloud.ml.trends import monthly_trend

LEAST_CHURN_AXIS = 0.5
MAX_AT_RISK = 8
MAX_BUNDLES = 6
NOTHING = "–"


def write_report(analysis: Mapping[str, Any], path: Path, fonts: Fonts | None = None) -> None:
    """Typeset an analysis into a PDF.

    `analysis` has the following keys; all but `summary` may be missing:

    summary : `Analysis.summary`
    shop, currency : the shop's name, and the code of its currency
    previous_kpis : the `kpis` of the report before, to compare with
    months : rows of `cloud.ml.trends.monthly_trend`
    at_risk : rows of `customer` (a name), `reason`, `churn_probability`, `value`
    bundles, bundle_notes : rows of `Bundles.table`, and its notes
    scoreboard : `Scoreboard.summary()`

    Frames may be given instead of rows. Amounts are in major units.
    """
    pdf, _ = typeset(report_content(analysis), fonts or Fonts())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pdf)


def report_input(
    summary: Mapping[str, Any],
    customers: pd.DataFrame,
    transactions: pd.DataFrame,
    *,
    lines: pd.DataFrame | None = None,
    products: pd.DataFrame | None = None,
    predictions: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    currency: str | None = None,
) -> dict[str, Any]:
    """What `write_report` takes, from an analysis and what it was made of.

    Parameters
    ----------
    summary, customers : those of the `Analysis`
    transactions : what was analysed
    lines : products on receipts, see `cloud.ml.baskets`; without them no bundles
    products : prices, costs and stock, see `cloud.ml.bundles`
    predictions : earlier runs, see `cloud.ml.scoreboard`; without them, what would have been said
        one horizon ago with what was known then, and the report says that it is that
    names : what to call customers instead of their ids
    currency : its digits are those of the bundles' prices
    """
    as_of = _date(summary.get("as_of"))
    made: dict[str, Any] = {"summary": summary}
    if as_of is None or customers.empty:
        return made
    days = customer_days(transactions)
    made["months"] = monthly_trend(days, as_of, summary["horizon_days"])
    made["at_risk"] = _most_at_risk(customers, summary["horizon_days"], names or {})
    if lines is not None:
        found = _bundles(lines, products, as_of, _decimals(currency))
        made["bundles"], made["bundle_notes"] = found.table, found.notes
    is_kept = predictions is not None
    if predictions is None:
        predictions = said_before(transactions, as_of, summary["horizon_days"])
    board = score_past_predictions(predictions, days, as_of).summary()
    made["scoreboard"] = {**board, "is_kept": is_kept}
    return made


def said_before(transactions: pd.DataFrame, as_of: dt.date, horizon_days: int) -> pd.DataFrame:
    """What the analysis says one horizon ago; it knows nothing that came later."""
    then = as_of - dt.timedelta(days=horizon_days)
    found = analyse(transactions, as_of=then, horizon_days=horizon_days).customers
    said = found[["customer_id", "churn_probability"]]
    return said.assign(as_of=then, horizon_days=horizon_days)


def _most_at_risk(
    customers: pd.DataFrame, horizon_days: int, names: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "customer": names.get(row["customer_id"], row["customer_id"]),
            "reason": "; ".join(row["drivers"][:2]),
            "churn_probability": row["churn_probability"],
            "value": row["at_stake"],
        }
        for row in at_stake(customers, horizon_days).head(MAX_AT_RISK).to_dict("records")
    ]


def _bundles(
    lines: pd.DataFrame, products: pd.DataFrame | None, as_of: dt.date, decimals: int
) -> Bundles:
    has_stock = products is not None and set(STOCK_COLUMNS) <= set(products.columns)
    dead = dead_stock(products, as_of) if products is not None and has_stock else None
    rule = BundleRule(price_decimals=decimals)
    return find_bundles(baskets_of(lines), products, dead=dead, rule=rule)


def report_content(analysis: Mapping[str, Any]) -> Report:
    """What the template shows: every number as text, every missing thing as words."""
    summary = analysis["summary"]
    money = _Money(analysis.get("currency"))
    as_of = _date(summary.get("as_of"))
    shop = analysis.get("shop") or "Your shop"
    bundles = _rows(analysis.get("bundles"))[:MAX_BUNDLES]
    subtitle = f"Customer report, as of {as_of.day} {as_of:%B %Y}" if as_of else "Customer report"
    return {
        "title": f"{shop}: {subtitle}",
        "shop": shop,
        "subtitle": subtitle,
        "as_of": as_of.isoformat() if as_of else None,
        "lead": _lead(summary, money),
        "kpis": _kpis(summary, analysis.get("previous_kpis") or {}, money),
        "kpi_note": _kpi_note(summary, money),
        **_months(_rows(analysis.get("months")), summary, money),
        "at_risk": [_at_risk(row, money) for row in _rows(analysis.get("at_risk"))[:MAX_AT_RISK]],
        "segments": _segments(summary.get("segments") or {}),
        "tiers": _tiers(summary.get("tiers") or {}),
        "bundles": [_bundle(row, money) for row in bundles],
        "has_prices": any(_is_number(row.get("full_price")) for row in bundles),
        "bundle_note": " ".join(analysis.get("bundle_notes") or ()),
        **_record(analysis.get("scoreboard")),
        "verdict": f"{str(summary['verdict']).capitalize()}. {summary['reason']}",
        "notes": list(summary.get("notes") or ()),
    }


class _Money:
    """Amounts as text, in the shop's currency."""

    def __init__(self, currency: str | None) -> None:
        self.suffix = f" {currency}" if currency else ""
        self.decimals = _decimals(currency)

    def __call__(self, value: Any, *, decimals: int | None = None) -> str:
        if not _is_number(value):
            return NOTHING
        if decimals is None:
            decimals = self.decimals if abs(value) < 100 else 0
        return f"{value:,.{decimals}f}{self.suffix}"


def _lead(summary: Mapping[str, Any], money: _Money) -> str:
    """The one sentence to read."""
    kpis = summary.get("kpis") or {}
    if not kpis.get("customers"):
        return str(summary["reason"])
    begin = (
        f"{kpis['active_customers']:,} of {kpis['customers']:,} customers came in the last "
        f"{summary['horizon_days']} days and brought {money(kpis.get('revenue'))}."
    )
    if _is_number(kpis.get("revenue_at_risk")):
        at_risk = money(kpis["revenue_at_risk"])
        return f"{begin} {at_risk} of the next {summary['horizon_days']} days are at risk."
    return f"{begin} Who will be lost cannot be said: {summary['verdict']}."


def _kpis(
    summary: Mapping[str, Any], previous: Mapping[str, Any], money: _Money
) -> list[dict[str, Any]]:
    kpis = summary.get("kpis") or {}
    if not kpis.get("customers"):
        return []

    def card(label: str, name: str, show: Any, *, is_good: bool = True) -> dict[str, Any]:
        value, before = kpis.get(name), previous.get(name)
        change, is_worse = _change(value, before, is_good, is_share=show is _percent)
        return {"label": label, "value": show(value), "change": change, "is_worse": is_worse}

    return [
        card("Customers", "customers", _count),
        card("Active customers", "active_customers", _count),
        card("New customers", "new_customers", _count),
        card("Revenue", "revenue", money),
        card("Churn rate", "churn_rate", _percent, is_good=False),
        card("Retention rate", "retention_rate", _percent),
        card("Customer lifetime value", "clv", money),
        card("Revenue at risk", "revenue_at_risk", money, is_good=False),
    ]


def _change(value: Any, before: Any, is_good: bool, *, is_share: bool) -> tuple[str, bool]:
    """The change since the last report in words, and whether it is for the worse."""
    if not (_is_number(value) and _is_number(before)) or (not is_share and before <= 0):
        return "", False
    difference = value - before if is_share else value / before - 1
    if abs(difference) < 0.005:
        return "as before", False
    word = "up" if difference > 0 else "down"
    unit = " points" if is_share else "%"
    return f"{word} {abs(difference) * 100:.0f}{unit}", (difference > 0) != is_good


def _kpi_note(summary: Mapping[str, Any], money: _Money) -> str:
    if not summary.get("horizon_days"):
        return ""
    days = summary["horizon_days"]
    note = (
        f"Active, new, revenue, churn and retention are of the last {days} days; lifetime value "
        f"and revenue at risk look {days} days ahead. Revenue is net of refunds and is not margin."
    )
    low, high = (summary.get("value") or {}).get("total") or (None, None)
    if not _is_number(low):
        return note
    return f"{note} Lifetime value: eight times in ten between {money(low)} and {money(high)}."


def _months(
    months: list[Mapping[str, Any]], summary: Mapping[str, Any], money: _Money
) -> dict[str, Any]:
    largest = max((month["revenue"] for month in months), default=0) or 1
    worst = max([LEAST_CHURN_AXIS, *(_or_zero(month["churn_rate"]) for month in months)])
    unit, scale = (" in thousands", 1000.0) if largest >= 10_000 else ("", 1.0)
    decimals = 1 if largest / scale < 20 else 0
    rows = [
        {
            "revenue": _bar(
                month, f"{month['revenue'] / scale:,.{decimals}f}", month["revenue"] / largest
            ),
            "churn": _bar(
                month, _percent(month["churn_rate"]), _or_zero(month["churn_rate"]) / worst
            ),
        }
        for month in months
    ]
    currency = money.suffix.strip()
    partial = " The pale month is not over." if months and months[-1]["is_partial"] else ""
    return {
        "months": rows,
        "revenue_title": f"Revenue{unit}{f' ({currency})' if currency else ''}",
        "revenue_alt": _alt("Revenue", months, "revenue", money),
        "churn_alt": _alt("Churn rate", months, "churn_rate", _percent),
        "months_note": (
            f"Right: of those who came in one period of {summary.get('horizon_days')} days, the "
            f"share that did not come in the next, at the end of each month.{partial}"
        ),
    }


def _bar(month: Mapping[str, Any], text: str, share: float) -> dict[str, Any]:
    began = _date(month["month"])
    label = f"{began:%b}" if began else ""
    height = min(max(share, 0.0), 1.0)
    return {"label": label, "text": text, "share": height, "is_partial": month["is_partial"]}


def _alt(what: str, months: list[Mapping[str, Any]], name: str, show: Any) -> str:
    """A chart in words, for who cannot see it."""
    values = [f"{_date(month['month']):%B %Y} {show(month[name])}" for month in months]
    return f"{what} by month: {', '.join(values)}."


def _at_risk(row: Mapping[str, Any], money: _Money) -> dict[str, str]:
    return {
        "customer": str(row["customer"]),
        "reason": str(row["reason"])[:1].upper() + str(row["reason"])[1:],
        "probability": _percent(row["churn_probability"]),
        "value": money(row["value"], decimals=0),
    }


def _segments(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    total = sum(counts.values())
    named = {name: count for name in GUIDE if (count := counts.get(name, 0))}
    return [
        {
            "name": name,
            "customers": _count(count),
            "share": count / total,
            "percent": _percent(count / total),
            "meaning": GUIDE[name][0],
            "action": GUIDE[name][1],
        }
        for name, count in named.items()
    ]


def _tiers(counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    order = [tier for tier in ("Platinum", "Gold", "Silver", "Bronze") if tier in counts]
    return "Tiers: " + ", ".join(f"{tier} {counts[tier]:,}" for tier in order) + "."


def _bundle(row: Mapping[str, Any], money: _Money) -> dict[str, str]:
    price = NOTHING
    if _is_number(row.get("bundle_price")):
        price = money(row["bundle_price"], decimals=money.decimals)
    return {
        "products": " + ".join(str(name) for name in row["products"]),
        "reason": _why_together(row),
        "price": price,
        "margin": _percent(row.get("margin")),
    }


def _why_together(row: Mapping[str, Any]) -> str:
    """The bundle's reason without the names that stand beside it."""
    if not _is_number(row.get("confidence")):
        return str(row["reason"])
    return (
        f"{_percent(row['confidence'])} of those who buy the first also buy the second: together "
        f"{_count(row['together'])} times, {row['lift']:.1f} times what chance explains."
    )


def _record(scoreboard: Mapping[str, Any] | None) -> dict[str, Any]:
    if scoreboard is None:
        return {"record": "No earlier prediction has been kept yet.", "bands": []}
    bands = [
        {
            "band": band["band"].replace("-", "–").replace(" %", "%"),
            "customers": _count(band["customers"]),
            "predicted": _percent(band["predicted"]),
            "observed": _percent(band["observed"]),
            **{f"{name}_share": band[name] for name in ("predicted", "observed", "low", "high")},
        }
        for band in scoreboard["bands"]
    ]
    record = f"{str(scoreboard['verdict']).capitalize()}. {scoreboard['sentence']}"
    if not scoreboard.get("is_kept", True):
        record += (
            " No prediction of that time was kept: these were computed today, with what was known "
            "then."
        )
    return {"record": record, "bands": bands}


def _decimals(currency: str | None) -> int:
    return exponent(currency) if currency else 2


def _rows(table: Any) -> list[Mapping[str, Any]]:
    if table is None:
        return []
    return table.to_dict("records") if hasattr(table, "to_dict") else list(table)


def _date(value: Any) -> dt.date | None:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and isfinite(value)


def _or_zero(value: Any) -> float:
    return float(value) if _is_number(value) else 0.0


def _count(value: Any) -> str:
    return f"{value:,}" if _is_number(value) else NOTHING


def _percent(value: Any) -> str:
    return f"{value:.0%}" if _is_number(value) else NOTHING
