"""A shop's sales in bulk, as PostgreSQL copies them out: no row of them becomes a Python object."""

import datetime as dt
import io
import uuid

import psycopg
from sqlalchemy.orm import Session

# by column what a row holds; money in minor units, time in microseconds since 1970
COLUMNS = (
    "customer_id", "purchase_id", "occurred_us", "amount_minor", "line", "product", "quantity",
    "line_amount_minor",
)  # fmt: skip
_COPY = """
    COPY (
        SELECT purchase.membership_id, purchase.id,
            (extract(epoch FROM purchase.occurred_at) * 1000000)::bigint, purchase.amount_minor,
            purchase_line.line, product.name, purchase_line.quantity, purchase_line.amount_minor
        FROM purchase
        LEFT JOIN purchase_line ON purchase_line.shop_id = purchase.shop_id
            AND purchase_line.purchase_id = purchase.id
        LEFT JOIN product ON product.shop_id = purchase_line.shop_id
            AND product.id = purchase_line.product_id
        WHERE purchase.shop_id = %s AND purchase.occurred_at < %s
    ) TO STDOUT (FORMAT csv, ENCODING 'UTF8')
"""


def copied_sales(session: Session, shop_id: uuid.UUID, before: dt.datetime) -> io.BytesIO:
    """Return CSV of COLUMNS: a row per product on a purchase, or per purchase without any."""
    copied = io.BytesIO()
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError(f"expected a connection of psycopg 3, found {type(connection)}")
    with connection.cursor() as cursor, cursor.copy(_COPY, (shop_id, before)) as copy:
        for block in copy:
            copied.write(block)
    copied.seek(0)
    return copied
