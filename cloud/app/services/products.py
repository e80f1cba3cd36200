"""What a shop knows of its products: prices, costs, and what lies on the shelf."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Conflict, Invalid, NotFound
from cloud.app.services.shops import shop_by_id
from cloud.app.store.purchase_queries import name_in_turns, product
from cloud.app.store.sales import Product


def change_product(
    session: Session,
    shop_id: uuid.UUID,
    product_id: uuid.UUID,
    changes: Mapping[str, Any],
    now: dt.datetime,
) -> Row[Any]:
    """Change a product; stock is what was counted now. Raises NotFound, Conflict and Invalid."""
    if {"name", "sku"} & changes.keys():
        name_in_turns(session, shop_id)
    # the undo of an import may just be taking it back
    stored = session.get(
        Product, (shop_id, product_id), with_for_update={"key_share": True}, populate_existing=True
    )
    if stored is None:
        raise NotFound("there is no such product")
    today = now.astimezone(ZoneInfo(shop_by_id(session, shop_id).time_zone)).date()
    first_stocked_on = changes.get("first_stocked_on")
    if first_stocked_on is not None and first_stocked_on > today:
        raise Invalid("first_stocked_on", f"a day up to {today}", str(first_stocked_on))
    for name, value in changes.items():
        setattr(stored, name, value)
    if "in_stock" in changes:
        stored.stock_counted_at = None if changes["in_stock"] is None else now
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise Conflict("another product has this name or sku") from None
    return product(session, shop_id, product_id)
