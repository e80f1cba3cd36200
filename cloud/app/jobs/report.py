"""The monthly report: an analysis in, a PDF that an owner can read on paper out."""

import datetime as dt
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from cloud.app.domain.money import exponent
from cloud.app.jobs.report_words import Words
from cloud.app.jobs.typesetting import Fonts, Report, readable_language, typeset
from cloud.ml.actions import at_stake
from cloud.ml.analysis import churn_probability
from cloud.ml.baskets import baskets_of
from cloud.ml.bundles import STOCK_COLUMNS, BundleRule, Bundles, dead_stock, find_bundles
from cloud.ml.closures import calendar_day, closures, open_days
from cloud.ml.drivers import for_loss
from cloud.ml.features import customer_days
from cloud.ml.scoreboard import score_past_predictions
from cloud.ml.segments import GUIDE, TIERS
from cloud.ml.snapshot import Snapshot
from cloud.ml.trends import monthly_trend

LEAST_CHURN_AXIS = 0.5
MAX_AT_RISK = 8
MAX_BUNDLES = 6
NOTHING = "–"


def write_report(
    analysis: Mapping[str, Any], path: Path, fonts: Fonts | None = None, language: str = "en"
) -> None:
    """Typeset an analysis into a PDF, in one of `report_words.LANGUAGES`.

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
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(typeset_report(analysis, language, fonts or Fonts())[0])


def typeset_report(
    analysis: Mapping[str, Any], language: str, fonts: Fonts
) -> tuple[bytes, Report]:
    """The PDF and what it shows; in English where no font joins the language's letters."""
    readable, note = readable_language(language, fonts)
    content = report_content(analysis, Words(readable))
    return typeset({**content, "notes": [*content["notes"], *note]}, fonts)


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
    made["at_risk"] = most_at_risk(customers, summary["horizon_days"], names)
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
    """What the models say one horizon ago; they know nothing that came later."""
    days = customer_days(transactions)
    shut = closures(days, as_of)
    cut_off = as_of - dt.timedelta(days=horizon_days)
    then = Snapshot(open_days(days, shut), cut_off, horizon_days)
    return pd.DataFrame(
        {
            "customer_id": then.table["customer_id"],
            "churn_probability": churn_probability(then),
            "as_of": calendar_day(cut_off, shut),
            "horizon_days": horizon_days,
        }
    )


def most_at_risk(
    customers: pd.DataFrame, horizon_days: int, names: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Rows for `at_risk`: with whom most may be lost, and what speaks for the loss."""
    names = names or {}
    return [
        {
            "customer": names.get(row["customer_id"], row["customer_id"]),
            "reason": "; ".join(for_loss(row["drivers"])[:2]),
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


def report_content(analysis: Mapping[str, Any], words: Words | None = None) -> Report:
    """What the template shows: every number as text, every missing thing as words."""
    summary, words = analysis["summary"], words or Words()
    money = _Money(analysis.get("currency"), words)
    as_of = _date(summary.get("as_of"))
    shop = analysis.get("shop") or words("yourShop")
    bundles = _rows(analysis.get("bundles"))[:MAX_BUNDLES]
    subtitle = words("subtitle", date=words.date(as_of)) if as_of else words("subtitleUndated")
    at_risk = _rows(analysis.get("at_risk"))[:MAX_AT_RISK]
    return {
        "lang": words.language,
        "labels": words.labels(),
        "title": f"{shop}: {subtitle}",
        "shop": shop,
        "subtitle": subtitle,
        "as_of": as_of.isoformat() if as_of else None,
        "lead": _lead(summary, money),
        "kpis": _kpis(summary, analysis.get("previous_kpis") or {}, money),
        "kpi_note": _kpi_note(summary, money),
        **_months(_rows(analysis.get("months")), summary, money),
        "at_risk": [_at_risk(row, money) for row in at_risk],
        "segments": _segments(summary.get("segments") or {}, words),
        "tiers": _tiers(summary.get("tiers") or {}, words),
        "bundles": [_bundle(row, money) for row in bundles],
        "has_prices": any(_is_number(row.get("full_price")) for row in bundles),
        "bundle_note": " ".join(words.said(note) for note in analysis.get("bundle_notes") or ()),
        **_record(analysis.get("scoreboard"), words),
        "verdict": f"{_sentence(words, summary['verdict'])} {words.said(summary['reason'])}",
        "notes": [words.said(note) for note in summary.get("notes") or ()],
    }


class _Money:
    """Amounts as text, in the shop's currency."""

    def __init__(self, currency: str | None, words: Words) -> None:
        self.suffix = f" {currency}" if currency else ""
        self.decimals = _decimals(currency)
        self.words = words

    def __call__(self, value: Any, *, decimals: int | None = None) -> str:
        if not _is_number(value):
            return NOTHING
        if decimals is None:
            decimals = self.decimals if abs(value) < 100 else 0
        return f"{self.words.number(value, decimals)}{self.suffix}"


def _lead(summary: Mapping[str, Any], money: _Money) -> str:
    """The one sentence to read."""
    kpis, words = summary.get("kpis") or {}, money.words
    if not kpis.get("customers"):
        return words.said(str(summary["reason"]))
    begin = words(
        "lead",
        active=words.number(kpis["active_customers"]),
        customers=words.number(kpis["customers"]),
        days=summary["horizon_days"],
        revenue=money(kpis.get("revenue")),
    )
    if _is_number(kpis.get("revenue_at_risk")):
        at_risk = money(kpis["revenue_at_risk"])
        end = words("leadAtRisk", at_risk=at_risk, days=summary["horizon_days"])
    else:
        end = words("leadUnknown", verdict=words.said(summary["verdict"]))
    return f"{begin} {end}"


def _kpis(
    summary: Mapping[str, Any], previous: Mapping[str, Any], money: _Money
) -> list[dict[str, Any]]:
    kpis, words = summary.get("kpis") or {}, money.words
    if not kpis.get("customers"):
        return []

    def card(label: str, name: str, show: Any = money, *, is_good: bool = True) -> dict[str, Any]:
        value, before = kpis.get(name), previous.get(name)
        change, is_worse = _change(value, before, is_good, words, is_share=show is percent)
        return {"label": words(label), "value": show(value), "change": change, "is_worse": is_worse}

    def count(value: Any) -> str:
        return _count(value, words)

    def percent(value: Any) -> str:
        return _percent(value, words)

    return [
        card("kpiCustomers", "customers", count),
        card("kpiActive", "active_customers", count),
        card("kpiNew", "new_customers", count),
        card("kpiRevenue", "revenue"),
        card("kpiChurn", "churn_rate", percent, is_good=False),
        card("kpiRetention", "retention_rate", percent),
        card("kpiClv", "clv"),
        card("kpiAtRisk", "revenue_at_risk", is_good=False),
    ]


def _change(
    value: Any, before: Any, is_good: bool, words: Words, *, is_share: bool
) -> tuple[str, bool]:
    """The change since the last report in words, and whether it is for the worse."""
    if not (_is_number(value) and _is_number(before)) or (not is_share and before <= 0):
        return "", False
    difference = value - before if is_share else value / before - 1
    if abs(difference) < 0.005:
        return words("asBefore"), False
    key = ("up" if difference > 0 else "down") + ("Points" if is_share else "Percent")
    return words(key, number=words.number(abs(difference) * 100)), (difference > 0) != is_good


def _kpi_note(summary: Mapping[str, Any], money: _Money) -> str:
    if not summary.get("horizon_days"):
        return ""
    note = money.words("kpiNote", days=summary["horizon_days"])
    low, high = (summary.get("value") or {}).get("total") or (None, None)
    if not _is_number(low):
        return note
    return f"{note} {money.words('clvInterval', low=money(low), high=money(high))}"


def _months(
    months: list[Mapping[str, Any]], summary: Mapping[str, Any], money: _Money
) -> dict[str, Any]:
    words = money.words
    largest = max((month["revenue"] for month in months), default=0) or 1
    worst = max([LEAST_CHURN_AXIS, *(_or_zero(month["churn_rate"]) for month in months)])
    is_thousands = largest >= 10_000
    scale = 1000.0 if is_thousands else 1.0
    decimals = 1 if largest / scale < 20 else 0

    def percent(value: Any) -> str:
        return _percent(value, words)

    rows = [
        {
            "revenue": _bar(
                month, words.number(month["revenue"] / scale, decimals), month["revenue"] / largest,
                words,
            ),
            "churn": _bar(
                month, percent(month["churn_rate"]), _or_zero(month["churn_rate"]) / worst, words
            ),
        }
        for month in months
    ]  # fmt: skip
    currency = money.suffix.strip()
    title = words("revenueTitleThousands" if is_thousands else "revenueTitle")
    note = words("monthsNote", days=summary.get("horizon_days"))
    is_partial = bool(months) and months[-1]["is_partial"]
    return {
        "months": rows,
        "revenue_title": f"{title} ({currency})" if currency else title,
        "revenue_alt": _alt("altRevenue", months, "revenue", money, words),
        "churn_alt": _alt("altChurn", months, "churn_rate", percent, words),
        "months_note": f"{note} {words('partialMonth')}" if is_partial else note,
    }


def _bar(month: Mapping[str, Any], text: str, share: float, words: Words) -> dict[str, Any]:
    began = _date(month["month"])
    label = words.month(began, is_short=True) if began else ""
    height = min(max(share, 0.0), 1.0)
    return {"label": label, "text": text, "share": height, "is_partial": month["is_partial"]}


def _alt(key: str, months: list[Mapping[str, Any]], name: str, show: Any, words: Words) -> str:
    """A chart in words, for who cannot see it."""
    began = [(_date(month["month"]) or dt.date.min, month[name]) for month in months]
    values = [f"{words.month(day)} {day.year} {show(value)}" for day, value in began]
    return words(key, values=", ".join(values))


def _at_risk(row: Mapping[str, Any], money: _Money) -> dict[str, str]:
    words = money.words
    reason = "; ".join(words.said(part) for part in str(row["reason"]).split("; "))
    return {
        "customer": str(row["customer"] or words("nameless")),
        "reason": _capital(reason),
        "probability": _percent(row["churn_probability"], words),
        "value": money(row["value"], decimals=0),
    }


def _segments(counts: Mapping[str, int], words: Words) -> list[dict[str, Any]]:
    total = sum(counts.values())
    named = {name: count for name in GUIDE if (count := counts.get(name, 0))}
    return [
        {
            "name": words.name(name),
            "customers": _count(count, words),
            "share": count / total,
            "percent": _percent(count / total, words),
            "meaning": words("they", meaning=words.said(GUIDE[name][0])),
            "action": words.said(GUIDE[name][1]),
        }
        for name, count in named.items()
    ]


def _tiers(counts: Mapping[str, int], words: Words) -> str:
    if not counts:
        return ""
    order = [tier for tier in TIERS if tier in counts]
    listed = (f"{words.name(tier)} {_count(counts[tier], words)}" for tier in order)
    return words("tiers", tiers=", ".join(listed))


def _bundle(row: Mapping[str, Any], money: _Money) -> dict[str, str]:
    price = NOTHING
    if _is_number(row.get("bundle_price")):
        price = money(row["bundle_price"], decimals=money.decimals)
    return {
        "products": " + ".join(str(name) for name in row["products"]),
        "reason": _why_together(row, money.words),
        "price": price,
        "margin": _percent(row.get("margin"), money.words),
    }


def _why_together(row: Mapping[str, Any], words: Words) -> str:
    """The bundle's reason without the names that stand beside it."""
    if not _is_number(row.get("confidence")):
        return words.said(str(row["reason"]))
    return words(
        "whyTogether",
        confidence=_percent(row["confidence"], words),
        together=_count(row["together"], words),
        lift=words.number(row["lift"], 1),
    )


def _record(scoreboard: Mapping[str, Any] | None, words: Words) -> dict[str, Any]:
    if scoreboard is None:
        return {"record": words("noRecord"), "bands": []}
    bands = [
        {
            "band": _band(band["band"], words),
            "customers": _count(band["customers"], words),
            "predicted": _percent(band["predicted"], words),
            "observed": _percent(band["observed"], words),
            **{f"{name}_share": band[name] for name in ("predicted", "observed", "low", "high")},
        }
        for band in scoreboard["bands"]
    ]
    record = f"{_sentence(words, scoreboard['verdict'])} {words.said(scoreboard['sentence'])}"
    if not scoreboard.get("is_kept", True):
        record = f"{record} {words('notKept')}"
    return {"record": record, "bands": bands}


def _band(band: str, words: Words) -> str:
    return words("percent", number=band.removesuffix(" %").replace("-", "–"))


def _sentence(words: Words, verdict: Any) -> str:
    """A verdict that stands alone: with a capital and the language's full stop."""
    return words("verdict", verdict=_capital(words.said(str(verdict))))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


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


def _count(value: Any, words: Words) -> str:
    return words.number(value) if _is_number(value) else NOTHING


def _percent(value: Any, words: Words) -> str:
    return words.percent(value) if _is_number(value) else NOTHING
