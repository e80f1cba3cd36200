"""What to do: bundles, what to recommend to whom, and the next best action for each customer."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.money import exponent
from cloud.app.jobs.insights import Document, minor, safe
from cloud.app.store.advice_queries import granted_channels, outreach_done, recent_outreach
from cloud.app.store.sales import Product
from cloud.app.store.shops import Shop
from cloud.ml.actions import ACTIONS, Effect, next_best_actions, with_effects
from cloud.ml.baskets import baskets_of
from cloud.ml.bundles import BundleRule, dead_stock, find_bundles
from cloud.ml.effects import COLUMNS as DONE_COLUMNS
from cloud.ml.recommendations import recommend

# The usual price of a product that has none is the median of what was paid for a piece lately.
USUAL_PRICE_DAYS = 90


def products(session: Session, shop: Shop, rows: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """`id`, `product`, `price`, `cost`, and what `dead_stock` wants; missing where not known.

    What was counted, less what was sold since, is in stock; with what was sold, it was stocked.
    """
    scale, zone = 10 ** exponent(shop.currency), ZoneInfo(shop.time_zone)
    found = session.scalars(select(Product).where(Product.shop_id == shop.id))
    table = pd.DataFrame(
        [
            {
                "id": str(product.id),
                "product": product.name,
                "price": _over(product.price_minor, scale),
                "cost": _over(product.cost_minor, scale),
                "counted": _over(product.in_stock, 1),
                "counted_at": _local(product.stock_counted_at, zone),
                "first_stocked": product.first_stocked_on,
            }
            for product in found
        ],
        columns=["id", "product", "price", "cost", "counted", "counted_at", "first_stocked"],
    )
    for name in ("counted_at", "first_stocked"):
        table[name] = pd.to_datetime(table[name])
    lines = rows[rows["product"].notna()]
    table["sold"] = table["product"].map(lines.groupby("product")["quantity"].sum()).fillna(0.0)
    counted_at = lines["product"].map(dict(zip(table["product"], table["counted_at"], strict=True)))
    later = lines[lines["occurred_at"] > pd.to_datetime(counted_at)]
    since = table["product"].map(later.groupby("product")["quantity"].sum()).fillna(0.0)
    table["in_stock"] = (table["counted"].astype(float) - since).clip(lower=0.0)
    table["stocked"] = table["sold"] + table["in_stock"]
    usual = table["product"].map(_usual_prices(lines, as_of))
    table["price"] = table["price"].astype(float).fillna(usual.astype(float))
    table["cost"] = table["cost"].astype(float)
    return table


def bundles(
    lines: pd.DataFrame | None, table: pd.DataFrame, as_of: dt.date, currency: str
) -> Document:
    """Bundles for the basket and for dead stock, priced in the currency's digits.

    `triples` are bundles of three, for who asks for them.
    """
    if lines is None:
        note = "No receipt names products yet: bundles need them."
        return {"items": [], "triples": [], "notes": [note]}
    rule = BundleRule(price_decimals=exponent(currency))
    found = find_bundles(
        baskets_of(lines), table, dead=dead_stock(table, as_of), rule=rule, with_triples=True
    )
    ids = dict(zip(table["product"], table["id"], strict=True))
    items = [_bundle(row, ids, currency) for row in found.table.to_dict("records")]
    return safe(
        {
            "items": [item for item in items if len(item["products"]) == 2],
            "triples": [item for item in items if len(item["products"]) == 3],
            "notes": found.notes,
        }
    )


def recommendations(
    lines: pd.DataFrame | None, table: pd.DataFrame
) -> dict[str, list[dict[str, Any]]]:
    """What each customer often buys next, by customer."""
    if lines is None:
        return {}
    ids = dict(zip(table["product"], table["id"], strict=True))
    found = recommend(lines[lines["customer_id"].notna()]).table
    told: dict[str, list[dict[str, Any]]] = {}
    for row in found.to_dict("records"):
        told.setdefault(row["customer_id"], []).append(
            {
                "product_id": ids[row["product"]],
                **{name: row[name] for name in ("product", "after", "reason")},
                "confidence": round(float(row["confidence"]), 4),
            }
        )
    return told


def contacts(session: Session, shop_id: uuid.UUID, now: dt.datetime) -> pd.DataFrame:
    """By customer: allowed `consents`, `days_since_last_message` and `messages_90_days`."""
    allowed = granted_channels(session, shop_id)
    sent = recent_outreach(session, shop_id, now)
    customers = sorted({*allowed, *sent})
    return pd.DataFrame(
        {
            "customer_id": [str(customer) for customer in customers],
            "consents": [allowed.get(customer, []) for customer in customers],
            "days_since_last_message": [sent.get(c, (None, 0))[0] for c in customers],
            "messages_90_days": [sent.get(c, (None, 0))[1] for c in customers],
        }
    )


def done(session: Session, shop: Shop, since: dt.date) -> pd.DataFrame:
    """What was done on our advice from a day on, see `cloud.ml.effects`."""
    zone = ZoneInfo(shop.time_zone)
    start = dt.datetime.combine(since, dt.time(), zone)
    rows = [
        (str(customer), action, at.astimezone(zone).date())
        for customer, action, at in outreach_done(session, shop.id, start)
    ]
    return pd.DataFrame(rows, columns=list(DONE_COLUMNS))


def with_actions(
    customers: pd.DataFrame,
    known: pd.DataFrame,
    horizon_days: int,
    effects: Mapping[str, Effect] | None = None,
) -> pd.DataFrame:
    """The customers with `action`, `channel`, `expected_value`, `cost` and `reason` of it.

    `effects` are those that the shop's own past has taught.


    Who has been away for the whole horizon is mostly gone already, and who came for the first time
    just now has not stayed away yet: the models' value of keeping them means nothing there.
    """
    table = customers.merge(known, on="customer_id", how="left")
    table["consents"] = table["consents"].map(_listed)
    table["messages_90_days"] = table["messages_90_days"].fillna(0)
    why_not = _why_not(customers, horizon_days)
    actions = with_effects(ACTIONS, effects or {})
    found = next_best_actions(table[why_not.isna().to_numpy()], actions=actions)
    left_alone = pd.DataFrame({"customer_id": customers["customer_id"], "reason": why_not})
    told = pd.concat([found, left_alone[why_not.notna()]])
    return customers.merge(told, on="customer_id", how="left")


def _why_not(customers: pd.DataFrame, horizon_days: int) -> "pd.Series[str]":
    """Why nothing should be done for a customer, whatever it is worth; missing where it may."""
    away = customers["days_since_last_visit"].astype(int)
    usual = customers["usual_gap_days"].astype(float)
    reason = pd.Series(None, index=customers.index, dtype=object)
    reason[away >= horizon_days] = [
        f"Away for {days} days, longer than the {horizon_days} that the forecast looks ahead: "
        "mostly gone already."
        for days in away[away >= horizon_days]
    ]
    is_early = (customers["visits"].astype(int) == 1) & (away < usual.median())
    reason[is_early] = "One visit so far, and not long ago: too early to write."
    return reason


def _bundle(row: Mapping[Any, Any], ids: Mapping[str, str], currency: str) -> Document:
    same = ("dead_product", "together", "lift", "confidence", "evidence", "reason", "margin")
    return {
        "products": [{"id": ids[name], "name": name} for name in row["products"]],
        **{name: row[name] for name in (*same, "discount")},
        **{f"{name}_minor": minor(row[name], currency) for name in ("full_price", "bundle_price")},
    }


def _usual_prices(lines: pd.DataFrame, as_of: dt.date) -> "pd.Series[float]":
    since = pd.Timestamp(as_of) - pd.Timedelta(days=USUAL_PRICE_DAYS)
    sold = lines[(lines["occurred_at"] >= since) & (lines["quantity"] > 0)]
    prices = sold["line_amount"] / sold["quantity"]
    return prices[prices > 0].groupby(sold["product"]).median()


def _over(value: Any, scale: int) -> float | None:
    return None if value is None else float(value) / scale


def _local(moment: dt.datetime | None, zone: ZoneInfo) -> dt.datetime | None:
    return moment.astimezone(zone).replace(tzinfo=None) if moment else None


def _listed(allowed: object) -> Collection[str]:
    return allowed if isinstance(allowed, list) else []
