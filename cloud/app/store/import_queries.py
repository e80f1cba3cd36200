"""Imports: their list, the outcome of their rows, and storing many rows at once."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.people import Membership
from cloud.app.store.sales import (
    ImportBatch,
    ImportChange,
    ImportRow,
    Product,
    Purchase,
    PurchaseLine,
)

Columns = Mapping[str, Sequence[object]]

# One statement for thousands of rows: the columns travel as arrays.
_INSERT_CUSTOMERS = """
    INSERT INTO membership (shop_id, id, reference, name, phone, email, joined_at, import_id)
    SELECT :shop_id, id, reference, name, phone, email, now(), :import_id
    FROM unnest(
        CAST(:id AS uuid[]), CAST(:reference AS text[]), CAST(:name AS text[]),
        CAST(:phone AS text[]), CAST(:email AS text[])
    ) AS new (id, reference, name, phone, email)
    ON CONFLICT DO NOTHING
"""
# One block of rows on its way into the tables. A temporary table, because COPY does not work with
# row-level security; it belongs to the connection and is emptied with each transaction.
_BLOCK = """
    CREATE TEMPORARY TABLE IF NOT EXISTS import_block (
        line integer NOT NULL, outcome text NOT NULL, reason text, raw jsonb,
        purchase_id uuid, occurred_at timestamptz, amount_minor bigint, receipt text,
        quantity numeric, membership_id uuid, product_id uuid
    ) ON COMMIT DELETE ROWS
"""
_COPY_BLOCK = "COPY import_block FROM STDIN"
_ADD_PURCHASES = text("""
    INSERT INTO purchase AS old (
        shop_id, id, membership_id, occurred_at, amount_minor, currency, source, reference,
        import_id
    )
    SELECT :shop_id, purchase_id, (array_agg(membership_id))[1], min(occurred_at),
        sum(amount_minor), :currency, 'import', min(receipt), :import_id
    FROM import_block WHERE outcome = 'created' GROUP BY purchase_id
    ON CONFLICT (shop_id, id) DO UPDATE SET
        amount_minor = old.amount_minor + excluded.amount_minor,
        occurred_at = least(old.occurred_at, excluded.occurred_at)
""")
_ADD_LINES = text("""
    INSERT INTO purchase_line (shop_id, purchase_id, line, product_id, quantity, amount_minor)
    SELECT :shop_id, purchase_id, line, product_id, quantity, amount_minor
    FROM import_block WHERE outcome = 'created' AND product_id IS NOT NULL
""")
_ADD_ROWS = text("""
    INSERT INTO import_row (shop_id, import_id, line, raw, outcome, reason, entity_id)
    SELECT :shop_id, :import_id, line, raw, outcome, reason, purchase_id FROM import_block
""")
_TOTALS_LATER = text("SELECT set_config('app.totals_later', 'on', true)")
_TOTAL = text("""
    SELECT total_members(:shop_id, array_agg(DISTINCT membership_id)) FROM purchase
    WHERE shop_id = :shop_id AND import_id = :import_id AND membership_id IS NOT NULL
""")
_ADD_PRODUCTS = text("""
    INSERT INTO product (shop_id, id, name)
    SELECT :shop_id, gen_random_uuid(), name FROM unnest(CAST(:name AS text[])) AS new (name)
    WHERE NOT EXISTS (SELECT FROM product p WHERE p.shop_id = :shop_id AND p.sku = new.name)
    ON CONFLICT DO NOTHING
""")
# a till writes names, or numbers: whoever has one as their number is meant before a namesake
_PRODUCTS = text("""
    SELECT name AS said, id, 0 AS rank FROM product WHERE shop_id = :shop_id AND name = ANY(:name)
    UNION ALL
    SELECT sku, id, 1 FROM product WHERE shop_id = :shop_id AND sku = ANY(:name)
    ORDER BY rank
""")
# each by its key, one by one: before the table is analysed a join would read all of the shop
_OTHERS = text("""
    SELECT found.id FROM unnest(CAST(:id AS uuid[])) AS wanted (id) CROSS JOIN LATERAL (
        SELECT id, import_id FROM purchase WHERE shop_id = :shop_id AND id = wanted.id LIMIT 1
    ) AS found WHERE found.import_id IS DISTINCT FROM :import_id
""")
_DATE_CUSTOMERS = text("""
    UPDATE membership SET joined_at = bought.first_at
    FROM (
        SELECT membership_id, min(occurred_at) AS first_at FROM purchase
        WHERE shop_id = :shop_id AND import_id = :import_id GROUP BY 1
    ) AS bought
    WHERE membership.shop_id = :shop_id AND membership.id = bought.membership_id
        AND membership.import_id = :import_id
""")
# An import fills in what the shop does not know of a customer, and never overwrites.
_NOTE_CHANGES = text("""
    INSERT INTO import_change AS old (shop_id, import_id, membership_id, before, after)
    SELECT m.shop_id, :import_id, m.id,
        jsonb_build_object('name', m.name, 'phone', m.phone, 'email', m.email),
        jsonb_build_object('name', coalesce(m.name, new.name),
            'phone', coalesce(m.phone, new.phone), 'email', coalesce(m.email, new.email))
    FROM membership m JOIN unnest(
        CAST(:id AS uuid[]), CAST(:name AS text[]), CAST(:phone AS text[]), CAST(:email AS text[])
    ) AS new (id, name, phone, email) ON m.id = new.id
    WHERE m.shop_id = :shop_id AND m.import_id IS DISTINCT FROM :import_id
        AND (m.name IS NULL AND new.name IS NOT NULL OR m.phone IS NULL AND new.phone IS NOT NULL
            OR m.email IS NULL AND new.email IS NOT NULL)
    ON CONFLICT (shop_id, import_id, membership_id) DO UPDATE SET after = excluded.after
""")
# the file may tell more of a customer in a later row than in the one that made it
_COMPLETE_OWN = text("""
    UPDATE membership m SET name = coalesce(m.name, new.name),
        phone = coalesce(m.phone, new.phone), email = coalesce(m.email, new.email)
    FROM unnest(
        CAST(:id AS uuid[]), CAST(:name AS text[]), CAST(:phone AS text[]), CAST(:email AS text[])
    ) AS new (id, name, phone, email)
    WHERE m.shop_id = :shop_id AND m.import_id = :import_id AND m.id = new.id
""")
_APPLY_CHANGES = text("""
    UPDATE membership m SET name = c.after->>'name', phone = c.after->>'phone',
        email = c.after->>'email'
    FROM import_change c
    WHERE c.shop_id = :shop_id AND c.import_id = :import_id AND m.shop_id = c.shop_id
        AND m.id = c.membership_id AND m.id = ANY(:id)
""")
# what somebody has changed since stays as it is
_CHANGED_SINCE = text("""
    SELECT count(*) FROM import_change c JOIN membership m
        ON m.shop_id = c.shop_id AND m.id = c.membership_id
    WHERE c.shop_id = :shop_id AND c.import_id = :import_id AND c.after IS DISTINCT FROM
        jsonb_build_object('name', m.name, 'phone', m.phone, 'email', m.email)
""")
_RESTORE = text("""
    UPDATE membership m SET
        name = CASE WHEN m.name IS NOT DISTINCT FROM c.after->>'name'
            THEN c.before->>'name' ELSE m.name END,
        phone = CASE WHEN m.phone IS NOT DISTINCT FROM c.after->>'phone'
            THEN c.before->>'phone' ELSE m.phone END,
        email = CASE WHEN m.email IS NOT DISTINCT FROM c.after->>'email'
            THEN c.before->>'email' ELSE m.email END
    FROM import_change c
    WHERE c.shop_id = :shop_id AND c.import_id = :import_id
        AND m.shop_id = c.shop_id AND m.id = c.membership_id
""")
# A purchase that stands in another import, too, is that one's from now on: without this import it
# would have brought it.
_HAND_PURCHASES_OVER = text("""
    UPDATE purchase p SET import_id = other.import_id
    FROM (
        SELECT DISTINCT ON (r.entity_id) r.entity_id, r.import_id
        FROM import_row r JOIN import_batch b ON b.shop_id = r.shop_id AND b.id = r.import_id
        WHERE r.shop_id = :shop_id AND r.import_id <> :import_id AND r.outcome = 'skipped'
            AND b.state = 'done'
        ORDER BY r.entity_id, b.created_at
    ) AS other
    WHERE p.shop_id = :shop_id AND p.import_id = :import_id AND p.id = other.entity_id
""")
_HAND_CUSTOMERS_OVER = text("""
    UPDATE membership m SET import_id = p.import_id
    FROM purchase p
    WHERE m.shop_id = :shop_id AND m.import_id = :import_id
        AND p.shop_id = m.shop_id AND p.membership_id = m.id AND p.import_id <> :import_id
""")
_HAND_PRODUCTS_OVER = text("""
    UPDATE import_row SET outcome = 'created'
    FROM (
        SELECT DISTINCT ON (r.entity_id) r.import_id, r.line
        FROM import_row r JOIN import_batch b ON b.shop_id = r.shop_id AND b.id = r.import_id
        WHERE r.shop_id = :shop_id AND r.import_id <> :import_id AND r.entity_id = ANY(:ids)
            AND r.outcome IN ('updated', 'skipped') AND b.kind = 'products' AND b.state = 'done'
        ORDER BY r.entity_id, b.created_at, r.line
    ) AS next
    WHERE import_row.shop_id = :shop_id AND import_row.import_id = next.import_id
        AND import_row.line = next.line
    RETURNING import_row.entity_id
""")
# made in the transaction of the purchase that named it first
_PRODUCTS_MADE = text("""
    SELECT DISTINCT d.id
    FROM purchase p JOIN purchase_line l ON l.shop_id = p.shop_id AND l.purchase_id = p.id
        JOIN product d ON d.shop_id = l.shop_id AND d.id = l.product_id
    WHERE p.shop_id = :shop_id AND p.import_id = :import_id AND d.created_at >= p.created_at
""")
# a sale of this moment is seen by the statement after this one only
_LOCK_PRODUCTS = text("""
    SELECT count(*) FROM (
        SELECT FROM product d WHERE d.shop_id = :shop_id AND d.id = ANY(:made)
        ORDER BY d.id FOR UPDATE
    ) AS locked
""")
# with a word of anybody, or on another purchase, a product stays
_TAKE_PRODUCTS_BACK = text("""
    DELETE FROM product d WHERE d.shop_id = :shop_id AND d.id = ANY(:made)
        AND num_nonnulls(d.sku, d.price_minor, d.cost_minor, d.in_stock, d.first_stocked_on) = 0
        AND NOT EXISTS (SELECT FROM purchase_line l
                        WHERE l.shop_id = d.shop_id AND l.product_id = d.id)
""")
# what keeps a customer whom an import brought: others have built on it, or done something with it
KEEPING = ("purchase", "note", "consent_event", "outreach", "customer_merge")
_BUILT_ON = " OR ".join(
    f"EXISTS (SELECT FROM {table} x WHERE x.shop_id = m.shop_id AND x.membership_id = m.id)"
    for table in KEEPING
)
_BROUGHT = """
    m.shop_id = :shop_id AND m.import_id = :import_id
        AND m.person_id IS NULL AND m.changed_at IS NULL
"""
# What somebody is building on in this moment is seen by the statements after this one only. Whose
# fields and totals will change are locked as well, because all are locked in one order.
_LOCK_TOUCHED = text("""
    SELECT count(*) FROM (
        SELECT FROM membership m JOIN (
            SELECT id FROM membership WHERE shop_id = :shop_id AND import_id = :import_id
            UNION SELECT membership_id FROM import_change
                WHERE shop_id = :shop_id AND import_id = :import_id
            UNION SELECT membership_id FROM consent_event
                WHERE shop_id = :shop_id AND import_id = :import_id
            UNION SELECT membership_id FROM purchase
                WHERE shop_id = :shop_id AND import_id = :import_id
        ) AS touched ON touched.id = m.id
        WHERE m.shop_id = :shop_id ORDER BY m.id FOR UPDATE OF m
    ) AS locked
""")
# What others build on stays: purchases that were refunded since, customers with more than this.
_TAKE_BACK = (
    "DELETE FROM consent_event WHERE shop_id = :shop_id AND import_id = :import_id",
    "DELETE FROM import_change WHERE shop_id = :shop_id AND import_id = :import_id",
    """DELETE FROM purchase p WHERE p.shop_id = :shop_id AND p.import_id = :import_id
       AND NOT EXISTS (SELECT FROM purchase r WHERE r.shop_id = p.shop_id
                       AND r.refunds_id = p.id AND r.import_id IS DISTINCT FROM :import_id)""",
    f"DELETE FROM membership m WHERE {_BROUGHT} AND NOT ({_BUILT_ON})",  # noqa: S608 - constants
    """DELETE FROM import_row WHERE shop_id = :shop_id AND import_id = :import_id
       AND outcome <> 'rejected'""",
)
_KEPT = text("""
    SELECT (SELECT count(*) FROM purchase WHERE shop_id = :shop_id AND import_id = :import_id)
            AS kept_purchases,
        (SELECT count(*) FROM membership WHERE shop_id = :shop_id AND import_id = :import_id)
            AS kept_customers
""")
_FORGET_ROWS = text("DELETE FROM import_row WHERE shop_id = :shop_id AND import_id = :import_id")
_NULL = "\\N"
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# the columns of a membership by which an import can know a customer
IDENTITY_COLUMNS = {"customer": "reference", "phone": "phone", "email": "email", "name": "name"}


def imports(
    session: Session, shop_id: uuid.UUID, *, limit: int, cursor: str | None
) -> Page[Row[Any]]:
    """Return a page of imports, the newest first."""
    columns = ImportBatch.__table__.c
    order = Order(columns.created_at, columns.id, is_descending=True)
    rows = select(ImportBatch).where(ImportBatch.shop_id == shop_id)
    return fetch_page(session, rows, order, limit=limit, cursor=cursor)


def rows_after(
    session: Session,
    shop_id: uuid.UUID,
    import_id: uuid.UUID,
    *,
    outcome: str | None,
    line: int,
    limit: int,
) -> Sequence[ImportRow]:
    """Return the outcomes of rows that stand behind a line of the file."""
    query = select(ImportRow).where(
        ImportRow.shop_id == shop_id, ImportRow.import_id == import_id, ImportRow.line > line
    )
    if outcome is not None:
        query = query.where(ImportRow.outcome == outcome)
    return session.scalars(query.order_by(ImportRow.line).limit(limit)).all()


def earlier_uploads(
    session: Session, shop_id: uuid.UUID, batches: Collection[ImportBatch]
) -> dict[uuid.UUID, uuid.UUID]:
    """Return, by import, the first import of the very same file, where there was one before."""
    same = aliased(ImportBatch)
    rows = session.execute(
        select(ImportBatch.id, same.id)
        .ext(distinct_on(ImportBatch.id))
        .join(same, (same.shop_id == ImportBatch.shop_id) & (same.sha256 == ImportBatch.sha256))
        .where(
            ImportBatch.shop_id == shop_id,
            ImportBatch.id.in_([batch.id for batch in batches]),
            same.kind == ImportBatch.kind,
            same.created_at < ImportBatch.created_at,
            same.state.not_in(("undoing", "undone")),
        )
        .order_by(ImportBatch.id, same.created_at)
    )
    return dict(rows.all())


def customer_ids(
    session: Session, shop_id: uuid.UUID, role: str, texts: Collection[str]
) -> dict[str, uuid.UUID]:
    """Return the customers who are known by these references, numbers, addresses or names."""
    column = IDENTITY_COLUMNS[role]
    rows = session.execute(
        text(f"""
            SELECT duplicate->>'{column}' AS said, membership_id AS id, 0 AS rank, created_at
            FROM customer_merge
            WHERE shop_id = :shop_id AND undone_at IS NULL AND duplicate->>'{column}' = ANY(:texts)
            UNION ALL
            SELECT {column}, id, 1, created_at FROM membership
            WHERE shop_id = :shop_id AND {column} = ANY(:texts)
            ORDER BY rank, created_at DESC
        """),  # noqa: S608 - one of four constants
        {"shop_id": shop_id, "texts": list(texts)},
    )
    # the last one counts: who exists before who was merged, who came first before who came later
    return {row.said: row.id for row in rows}


def add_customers(
    session: Session, shop_id: uuid.UUID, import_id: uuid.UUID, columns: Columns
) -> None:
    """Store customers: id, reference, name, phone, email."""
    values = {"shop_id": shop_id, "import_id": import_id, **columns}
    session.execute(text(_INSERT_CUSTOMERS), values)


def complete_customers(
    session: Session, shop_id: uuid.UUID, import_id: uuid.UUID, columns: Columns
) -> None:
    """Fill in what the shop does not know of customers: id, name, phone, email."""
    values = {"shop_id": shop_id, "import_id": import_id, **columns}
    session.execute(_COMPLETE_OWN, values)
    if session.execute(_NOTE_CHANGES, values).rowcount:  # type: ignore[attr-defined] # of DML
        session.execute(
            _APPLY_CHANGES, {key: values[key] for key in ("shop_id", "import_id", "id")}
        )


def purchases_of_others(
    session: Session, shop_id: uuid.UUID, import_id: uuid.UUID, ids: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Return which purchases are stored already, and not by this import."""
    values = {"shop_id": shop_id, "import_id": import_id, "id": list(ids)}
    return set(session.scalars(_OTHERS, values))


def product_ids(
    session: Session, shop_id: uuid.UUID, names: Collection[str]
) -> dict[str, uuid.UUID]:
    """Return the products of these names or numbers, and make those that are missing."""
    values = {"shop_id": shop_id, "name": sorted(names)}
    session.execute(_ADD_PRODUCTS, values)
    return {row.said: row.id for row in session.execute(_PRODUCTS, values)}


def products_told(
    session: Session, shop_id: uuid.UUID, texts: Collection[str]
) -> Sequence[Product]:
    """Return the products that have one of these as name or number, locked."""
    return session.scalars(
        select(Product)
        .where(Product.shop_id == shop_id, Product.name.in_(texts) | Product.sku.in_(texts))
        .order_by(Product.id)
        .with_for_update()
    ).all()


def products_of(
    session: Session, shop_id: uuid.UUID, import_id: uuid.UUID
) -> list[tuple[Product, ImportRow]]:
    """Return the products that an import made or changed, locked, each with its row."""
    rows = session.execute(
        select(Product, ImportRow)
        .join(
            ImportRow,
            (ImportRow.shop_id == Product.shop_id) & (ImportRow.entity_id == Product.id),
        )
        .where(
            ImportRow.shop_id == shop_id,
            ImportRow.import_id == import_id,
            ImportRow.outcome.in_(("created", "updated")),
        )
        .order_by(Product.id)
        .with_for_update(of=Product)
    )
    return [(product, row) for product, row in rows]


def sold(session: Session, shop_id: uuid.UUID, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return which of some products stand on a purchase."""
    return set(
        session.scalars(
            select(PurchaseLine.product_id)
            .distinct()
            .where(PurchaseLine.shop_id == shop_id, PurchaseLine.product_id.in_(ids))
        )
    )


def hand_products_over(
    session: Session, shop_id: uuid.UUID, import_id: uuid.UUID, ids: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Let the next list that has them be the one that made products; return which there are."""
    values = {"shop_id": shop_id, "import_id": import_id, "ids": list(ids)}
    return set(session.scalars(_HAND_PRODUCTS_OVER, values))


def first_upload(session: Session, batch: ImportBatch) -> dt.datetime:
    """Return when this very file was first uploaded, of those imports that stand."""
    found = session.scalar(
        select(func.min(ImportBatch.created_at)).where(
            ImportBatch.shop_id == batch.shop_id,
            ImportBatch.sha256 == batch.sha256,
            ImportBatch.kind == batch.kind,
            ImportBatch.state.not_in(("undoing", "undone")),
        )
    )
    return found or batch.created_at


def sale_as_copied(
    line: int,
    purchase_id: uuid.UUID,
    occurred_at: dt.datetime,
    amount_minor: int,
    receipt: str | None,
    quantity: Decimal,
) -> str:
    """Write a sale that becomes a line of `import_block`, up to the ids that only the database
    knows: `with_ids` makes it whole."""
    number = _NULL if receipt is None else _cell(receipt)
    return (
        f"{line}\tcreated\t{_NULL}\t{_NULL}\t{purchase_id}\t{occurred_at}\t{amount_minor}\t{number}"
        f"\t{quantity}"
    )


def with_ids(copied: str, membership_id: uuid.UUID | None, product_id: uuid.UUID | None) -> str:
    """Add whose sale it is, and of what."""
    return f"{copied}\t{membership_id or _NULL}\t{product_id or _NULL}\n"


def other_as_copied(
    line: int, outcome: str, reason: str | None, raw: str, purchase_id: uuid.UUID | None
) -> str:
    """Write a row that does not become a purchase, as a line of `import_block`."""
    told = (line, outcome, reason, raw, purchase_id, *[None] * 6)
    return "\t".join([_cell(value) for value in told]) + "\n"


def add_block(
    session: Session, shop_id: uuid.UUID, import_id: uuid.UUID, currency: str, lines: str
) -> None:
    """Store lines of `import_block`: purchases, or additions to those that this import began in an
    earlier block, their lines, and what became of each row."""
    values = {"shop_id": shop_id, "import_id": import_id}
    connection = session.connection()
    connection.exec_driver_sql(_BLOCK)
    cursor: Any = connection.connection.cursor()  # of psycopg 3, which the jobs use
    with cursor.copy(_COPY_BLOCK) as copy:
        copy.write(lines)
    session.execute(_TOTALS_LATER)
    session.execute(_ADD_PURCHASES, {**values, "currency": currency})
    session.execute(_ADD_LINES, {"shop_id": shop_id})
    session.execute(_ADD_ROWS, values)


def total_customers(session: Session, shop_id: uuid.UUID, import_id: uuid.UUID) -> None:
    """Let the customers of an import have the totals of what they bought."""
    session.execute(_TOTAL, {"shop_id": shop_id, "import_id": import_id})


def date_customers(session: Session, shop_id: uuid.UUID, import_id: uuid.UUID) -> None:
    """Let the customers of an import have joined with their first purchase."""
    session.execute(_DATE_CUSTOMERS, {"shop_id": shop_id, "import_id": import_id})


def totals(session: Session, shop_id: uuid.UUID, import_id: uuid.UUID) -> dict[str, Any]:
    """Return what an import made: purchases, customers, total_minor, first_at, last_at and more."""
    of_import = (Purchase.shop_id == shop_id, Purchase.import_id == import_id)
    bought = session.execute(
        select(
            func.count().label("purchases"),
            func.coalesce(func.sum(Purchase.amount_minor), 0).label("total_minor"),
            func.min(Purchase.occurred_at).label("first_at"),
            func.max(Purchase.occurred_at).label("last_at"),
        ).where(*of_import)
    ).one()
    customers = session.scalar(
        select(func.count()).where(Membership.shop_id == shop_id, Membership.import_id == import_id)
    )
    completed = session.scalar(
        select(func.count()).where(
            ImportChange.shop_id == shop_id, ImportChange.import_id == import_id
        )
    )
    return {
        **bought._mapping,
        "total_minor": int(bought.total_minor),
        "customers": customers,
        "customers_completed": completed,
    }


def analyse_tables(session: Session) -> None:
    """Let the planner know what a large import has changed."""
    session.execute(text("SELECT analyse_sales()"))


def take_back(session: Session, shop_id: uuid.UUID, import_id: uuid.UUID) -> dict[str, int]:
    """Remove what an import made, and give customers back what they were before it.

    Return what had to stay: kept_purchases, kept_customers, and conflicts, the customers whom
    somebody has changed since.
    """
    values = {"shop_id": shop_id, "import_id": import_id}
    session.execute(_LOCK_TOUCHED, values)
    conflicts = session.scalar(_CHANGED_SINCE, values)
    session.execute(_RESTORE, values)
    made = session.scalars(_PRODUCTS_MADE, values).all()
    handed_over = session.execute(_HAND_PURCHASES_OVER, values).rowcount  # type: ignore[attr-defined] # of DML
    for statement in _TAKE_BACK:
        session.execute(text(statement), values)
    for about_products in (_LOCK_PRODUCTS, _TAKE_PRODUCTS_BACK):
        session.execute(about_products, {"shop_id": shop_id, "made": list(made)})
    kept = session.execute(_KEPT, values).one()
    session.execute(_HAND_CUSTOMERS_OVER, values)
    return {
        "kept_purchases": kept.kept_purchases + handed_over,
        "kept_customers": kept.kept_customers,
        "conflicts": conflicts or 0,
    }


def forget_rows(session: Session, shop_id: uuid.UUID, import_id: uuid.UUID) -> None:
    """Forget what became of the rows, for an import that may be run again."""
    session.execute(_FORGET_ROWS, {"shop_id": shop_id, "import_id": import_id})


def as_json_time(moment: dt.datetime | None) -> str | None:
    """Return a time as the API writes it, for what is kept as JSON."""
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if moment else None


def _cell(value: object) -> str:
    """Write a value as COPY reads it."""
    if value is None:
        return _NULL
    if type(value) is str and not value.isalnum():
        return value.translate(_COPY_ESCAPES)
    return str(value)
