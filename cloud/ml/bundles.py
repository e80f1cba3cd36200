"""Bundles: what to sell together, at which price, and what may free the shelf of dead stock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cloud.ml.baskets import (
    MIN_BASKETS,
    Baskets,
    PairRule,
    associated_pairs,
    associated_triples,
)

BUNDLE_COLUMNS = (
    "products", "dead_product", "together", "expected", "lift", "confidence", "q_value",
    "evidence", "full_price", "bundle_price", "discount", "margin", "reason",
)  # fmt: skip
STOCK_COLUMNS = ("product", "first_stocked", "stocked", "sold", "in_stock")

# Price and cost of a piece, None where they are not known.
Prices = Mapping[str, tuple[float | None, float | None]]


@dataclass(frozen=True)
class BundleRule:
    """What a bundle must leave; every share lies between 0 and 1.

    `margin_floor` is the least margin (price less cost, by price) of the bundle at its reduced
    price, `discount` the reduction that is tried, `least_discount` what is worth a sign.
    `price_decimals` are those of the currency (JPY 0, EUR 2, KWD 3).
    """

    pairs: PairRule = field(default_factory=PairRule)
    margin_floor: float = 0.2
    discount: float = 0.1
    least_discount: float = 0.03
    max_bundles: int = 200
    price_decimals: int = 2

    def __post_init__(self) -> None:
        shares = (self.margin_floor, self.discount, self.least_discount)
        if not all(0 < share < 1 for share in shares) or self.max_bundles < 1:
            raise ValueError(f"expected shares between 0 and 1 and max_bundles >= 1, found {self}")
        if not 0 <= self.price_decimals <= 4:
            raise ValueError(f"price_decimals: expected 0 to 4, found {self.price_decimals}")


@dataclass(frozen=True)
class DeadStockRule:
    """Dead stock: less than `sold_share` sold, some left, and stocked for `stocked_days`."""

    sold_share: float = 0.6
    stocked_days: int = 90


@dataclass(frozen=True)
class Bundles:
    """What was found: a frame, and in words why there is not more."""

    table: pd.DataFrame
    notes: list[str]


def dead_stock(
    products: pd.DataFrame, as_of: date, rule: DeadStockRule | None = None
) -> pd.DataFrame:
    """Products that were stocked long ago, sold too little and still lie there.

    Parameters
    ----------
    products : DataFrame of STOCK_COLUMNS: `first_stocked` is a date, `stocked`, `sold` and
        `in_stock` are pieces in all, sold and left; optionally `price` and `cost` a piece

    Returns
    -------
    The rows that are dead, with `sold_share`, the most money tied up first. A product without a
    date, or of which nothing is known to have been stocked, cannot be judged and is left out.
    """
    rule = rule or DeadStockRule()
    missing = [name for name in STOCK_COLUMNS if name not in products.columns]
    if missing:
        raise ValueError(f"products: expected columns {STOCK_COLUMNS}, missing {missing}")
    products = products.reset_index(drop=True)
    age = pd.Timestamp(as_of) - pd.to_datetime(products["first_stocked"])
    share = products["sold"] / products["stocked"].where(products["stocked"] > 0)
    is_dead = (
        (age.dt.days >= rule.stocked_days)
        & (products["in_stock"] > 0)
        & (share < rule.sold_share)  # a share that is not known is not below
    )
    table = products.assign(sold_share=share)[is_dead]
    order = table.assign(tied_up=-table["in_stock"] * _worth(table))
    rows = order.sort_values(["tied_up", "product"]).index
    return table.loc[rows].reset_index(drop=True)


def find_bundles(
    baskets: Baskets,
    products: pd.DataFrame | None = None,
    *,
    dead: pd.DataFrame | None = None,
    rule: BundleRule | None = None,
    with_triples: bool = False,
) -> Bundles:
    """Bundles for the basket and, with `dead`, a partner for each product that lies too long.

    Parameters
    ----------
    products : `product`, `price` and `cost` a piece (missing where unknown); without it no price
    dead : the result of `dead_stock`
    with_triples : also look for three products

    Returns
    -------
    Bundles with BUNDLE_COLUMNS. `evidence` is "bought together", or "best seller": nothing is
    known of this dead product's company, and the partner is only what most people buy.
    """
    rule = rule or BundleRule()
    prices = _prices(products)
    pairs = associated_pairs(baskets, rule.pairs)
    names = set() if dead is None else set(dead["product"])
    if names:
        of_dead = associated_pairs(baskets, rule.pairs, about=names)
        pairs = pd.concat([of_dead, pairs]).drop_duplicates(["product", "other_product"])
    rows = [_pair_row(pair, prices, rule) for pair in _most_useful(pairs, names, rule.max_bundles)]
    if with_triples:
        triples = associated_triples(baskets, rule.pairs).head(rule.max_bundles)
        rows += [_triple_row(triple, prices, rule) for triple in triples.to_dict("records")]
    notes = _why_so_few(baskets, pairs)
    if dead is not None:
        rows = _mark_dead(rows, names)
        rows += _best_seller_rows(baskets, dead, rows, prices, rule)
    kept = [row for row in rows if _leaves_enough(row["margin"], rule.margin_floor)]
    if len(kept) < len(rows):
        notes.append(
            f"{len(rows) - len(kept)} bundle(s) would leave a margin below "
            f"{rule.margin_floor:.0%} and are left out."
        )
    table = pd.DataFrame(kept, columns=list(BUNDLE_COLUMNS), dtype=object)
    return Bundles(table.where(table.notna(), None), notes)


def _leaves_enough(margin: float | None, floor: float) -> bool:
    """Unknown, or not below the floor by more than a rounding error."""
    return margin is None or margin > floor - 1e-9


def _worth(table: pd.DataFrame) -> "pd.Series[float]":
    """What a piece ties up: its cost, else its price, else it counts as one."""
    worth = pd.Series(np.nan, table.index, dtype=float)
    for name in ("cost", "price"):
        if name in table.columns:
            worth = worth.fillna(table[name].astype(float))
    return worth.fillna(1.0)


def _most_useful(pairs: pd.DataFrame, dead: set[str], most: int) -> list[dict[Any, Any]]:
    """The surest pairs, and before them all that hold dead stock."""
    is_dead = pairs["product"].isin(dead) | pairs["other_product"].isin(dead)
    kept: list[dict[Any, Any]] = (
        pd.concat([pairs[is_dead], pairs[~is_dead]]).head(most).to_dict("records")
    )
    return kept


def _prices(products: pd.DataFrame | None) -> Prices:
    """Price and cost of each product, None where they are not known."""
    if products is None or "price" not in products.columns:
        return {}
    costs = products["cost"] if "cost" in products.columns else pd.Series(np.nan, products.index)
    rows = zip(products["product"], products["price"], costs, strict=True)
    return {name: (_known(price), _known(cost)) for name, price, cost in rows}


def _known(value: Any) -> float | None:
    return None if pd.isna(value) or value <= 0 else float(value)


def _offer(
    members: tuple[str, ...],
    prices: Prices,
    rule: BundleRule,
) -> dict[str, float | None]:
    """The bundle's price: reduced as far as the margin floor allows."""
    own = [prices.get(name, (None, None)) for name in members]
    full = _sum([price for price, _ in own])
    cost = _sum([cost for _, cost in own])
    if full is None:
        return {"full_price": None, "bundle_price": None, "discount": None, "margin": None}
    if cost is None:
        # Without the cost nobody can say what may be given away.
        return {"full_price": full, "bundle_price": full, "discount": 0.0, "margin": None}
    least_price = cost / (1 - rule.margin_floor)
    price = max(full * (1 - rule.discount), least_price)
    if price > full * (1 - rule.least_discount):
        price = full  # what remains to give away is not worth a sign
    coins = 10**rule.price_decimals
    price = np.ceil(price * coins - 1e-6) / coins
    return {
        "full_price": full,
        "bundle_price": float(price),
        "discount": float(1 - price / full),
        "margin": float(1 - cost / price),
    }


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _pair_row(
    pair: dict[Any, Any],
    prices: Prices,
    rule: BundleRule,
) -> dict[str, Any]:
    members = (pair["product"], pair["other_product"])
    back, forth = pair["confidence_back"], pair["confidence"]
    if back > forth:
        members = (members[1], members[0])
    reason = (
        f"{max(back, forth):.0%} of those who buy {members[0]} also buy {members[1]}: "
        f"together {pair['together']} times, {pair['lift']:.1f} times what chance explains."
    )
    return _row(members, pair, max(back, forth), reason, prices, rule)


def _triple_row(
    triple: dict[Any, Any],
    prices: Prices,
    rule: BundleRule,
) -> dict[str, Any]:
    reason = (
        f"Together {triple['together']} times, {triple['lift']:.1f} times what their strongest "
        "pair explains."
    )
    return _row(triple["products"], triple, None, reason, prices, rule)


def _row(
    members: tuple[str, ...],
    found: dict[Any, Any],
    confidence: float | None,
    reason: str,
    prices: Prices,
    rule: BundleRule,
) -> dict[str, Any]:
    return {
        "products": members,
        "dead_product": None,
        "together": found["together"],
        "expected": found["expected"],
        "lift": found["lift"],
        "confidence": confidence,
        "q_value": found["q_value"],
        "evidence": "bought together",
        "reason": reason,
        **_offer(members, prices, rule),
    }


def _mark_dead(rows: list[dict[str, Any]], dead: set[str]) -> list[dict[str, Any]]:
    """Names the dead product of a bundle; two dead ones do not pull each other."""
    marked = []
    for row in rows:
        own = [name for name in row["products"] if name in dead]
        if len(own) < len(row["products"]):
            marked.append({**row, "dead_product": own[0] if own else None})
    return marked


def _best_seller_rows(
    baskets: Baskets,
    dead: pd.DataFrame,
    rows: list[dict[str, Any]],
    prices: Prices,
    rule: BundleRule,
) -> list[dict[str, Any]]:
    """For dead products without known company: the best seller, said to be a guess."""
    names = set(dead["product"])
    helped = {row["dead_product"] for row in rows}
    order = np.lexsort((baskets.products.astype(str), -baskets.counts))
    partner = next(
        (str(baskets.products[i]) for i in order if baskets.products[i] not in names), ""
    )
    lonely = [name for name in dead["product"] if name not in helped and partner]
    nothing = {"together": None, "expected": None, "lift": None, "q_value": None}
    made = []
    for name in lonely:
        reason = (
            f"Nothing is bought with {name} often enough to know. {partner} is on more receipts "
            "than anything else: a try, not a finding."
        )
        row = _row((name, partner), nothing, None, reason, prices, rule)
        made.append({**row, "dead_product": name, "evidence": "best seller"})
    return made


def _why_so_few(baskets: Baskets, pairs: pd.DataFrame) -> list[str]:
    n_baskets = baskets.matrix.shape[0]
    if n_baskets < MIN_BASKETS:
        return [f"Bundles need at least {MIN_BASKETS} receipts with products, found {n_baskets}."]
    if pairs.empty:
        return [f"In {n_baskets} receipts no two products meet more often than chance explains."]
    return []
