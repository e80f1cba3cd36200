"""Customers of a shop, typed in by its people."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Conflict, Invalid
from cloud.app.services.contacts import normalised_email, normalised_phone
from cloud.app.services.shops import shop_by_id
from cloud.app.store.membership_queries import CHANGES, membership_by_id
from cloud.app.store.people import Membership

FIELDS = ("name", "phone", "email", "reference")


def add_customer(session: Session, shop_id: uuid.UUID, values: Mapping[str, Any]) -> Membership:
    """Make a customer. Raises Invalid without any detail, Conflict for a taken reference."""
    if not any(values.get(field) for field in FIELDS):
        raise Invalid("name", "a name, phone, email or reference", "none of them")
    customer = Membership(shop_id=shop_id, id=uuid.uuid4())
    _fill(session, customer, values)
    session.add(customer)
    _flush(session)
    return customer


def change_customer(
    session: Session,
    shop_id: uuid.UUID,
    customer_id: uuid.UUID,
    values: Mapping[str, Any],
    now: dt.datetime,
) -> None:
    """Change what the shop knows of a customer. Raises NotFound and Conflict."""
    customer = membership_by_id(session, shop_id, customer_id, lock=CHANGES)
    _fill(session, customer, values)
    customer.changed_at = now
    _flush(session)


def _fill(session: Session, customer: Membership, values: Mapping[str, Any]) -> None:
    country = shop_by_id(session, customer.shop_id).country
    for field, value in values.items():
        if value and field == "phone":
            value = normalised_phone(value, country)
        if value and field == "email":
            value = normalised_email(value)
        if field == "tags":
            value = sorted(set(value))
        setattr(customer, field, value)


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise Conflict("another customer has this reference") from None
