"""Imports: a file is uploaded and looked at, its columns are named, then the worker runs it."""

import datetime as dt
import hashlib
import io
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain import columns as column_rules
from cloud.app.domain.errors import Conflict, Invalid, NotFound
from cloud.app.domain.import_kinds import KINDS, PURCHASES, Kind
from cloud.app.domain.product_rows import ProductReader
from cloud.app.domain.tables import Table, open_table
from cloud.app.services.import_rows import Totals, reading_of, sale_reader, totals_of
from cloud.app.services.workbooks import as_text, packed
from cloud.app.store.base import Json
from cloud.app.store.erasure_queries import UPLOAD_AGAIN
from cloud.app.store.jobs import RUN_IMPORT, UNDO_IMPORT, enqueue
from cloud.app.store.membership_queries import take_turns
from cloud.app.store.sales import ImportBatch
from cloud.app.store.shops import Shop

SAMPLES = 3
SAMPLE_MAX_LENGTH = 80
COLUMNS_MAX = 200
# as many different cells say enough about how a column is written
DISTINCT_MAX = 200_000
BOTH_ORDERS = ["dmy", "mdy"]
UNDO_WITHIN = dt.timedelta(days=30)


@dataclass(frozen=True)
class Preview:
    """What a table looks like, and what we take its columns for; None and two orders: ask."""

    columns: list[dict[str, object]]
    date_orders: list[str]
    decimal: str | None
    delimiter: str
    encoding: str
    rows_estimated: int


def upload(
    session: Session,
    *,
    shop_id: uuid.UUID,
    person_id: uuid.UUID | None,
    filename: str,
    content: bytes,
    kind: str = PURCHASES,
) -> ImportBatch:
    """Store a file with its preview. Raises Invalid when it is no table."""
    text = as_text(content, filename)
    batch = ImportBatch(
        shop_id=shop_id,
        id=uuid.uuid4(),
        kind=kind,
        filename=filename,
        sha256=hashlib.sha256(content).hexdigest(),
        content=packed(text),
        state="uploaded",
        preview=asdict(look_at(text, filename, KINDS[kind])),
        created_by=person_id,
        created_at=dt.datetime.now(dt.UTC),
    )
    session.add(batch)
    session.flush()
    return batch


def look_at(content: bytes, filename: str, kind: Kind = KINDS[PURCHASES]) -> Preview:
    """Read a table once and say what it looks like."""
    table = open_table(io.BytesIO(content), filename)
    if len(table.columns) > COLUMNS_MAX:
        raise Invalid(filename, f"at most {COLUMNS_MAX} columns", str(len(table.columns)))
    guess = column_rules.guess(table.columns, table.sample, kind.names)
    dates, numbers, rows = _distinct(table, guess.get(kind.date), kind.number_column(guess))
    return Preview(
        columns=list(_columns(table, guess)),
        date_orders=_date_orders(dates),
        decimal=_decimal(numbers),
        delimiter=table.delimiter,
        encoding=table.encoding,
        rows_estimated=rows,
    )


def run(
    session: Session,
    *,
    shop_id: uuid.UUID,
    import_id: uuid.UUID,
    columns: Mapping[str, int],
    date_order: str | None,
    decimal: str | None,
    consent: Mapping[str, object] | None = None,
) -> ImportBatch:
    """Let the worker run an import. Raises Invalid for a mapping that cannot work."""
    take_turns(session, shop_id)
    batch = import_by_id(session, shop_id, import_id, is_locked=True)
    if batch.state not in ("uploaded", "failed"):
        raise Conflict(f"this import is {batch.state} already")
    batch.mapping = _mapping(batch, columns, date_order, decimal)
    batch.consent = dict(consent) if consent else None
    batch.state, batch.error, batch.outcome = "queued", None, None
    enqueue(session, RUN_IMPORT, lock=f"shop:{shop_id}", shop_id=shop_id, import_id=import_id)
    session.flush()
    return batch


def total(
    session: Session,
    shop: Shop,
    import_id: uuid.UUID,
    *,
    columns: Mapping[str, int],
    date_order: str | None,
    decimal: str | None,
    now: dt.datetime,
) -> Totals:
    """Return what a run with this mapping would read. Raises Invalid as `run` does."""
    batch = import_by_id(session, shop.id, import_id)
    mapping = _mapping(batch, columns, date_order, decimal)
    reading = reading_of(mapping, shop, now)
    is_sales = batch.kind == PURCHASES
    reader = sale_reader(reading, shop.country) if is_sales else ProductReader(reading)
    return totals_of(batch.content, batch.filename, reader)


def undo(
    session: Session, *, shop_id: uuid.UUID, import_id: uuid.UUID, now: dt.datetime
) -> ImportBatch:
    """Let the worker take an import back. Raises Conflict when it is not done, or too old."""
    take_turns(session, shop_id)
    batch = import_by_id(session, shop_id, import_id, is_locked=True)
    if batch.state != "done":
        raise Conflict(f"only an import that is done can be undone, this one is {batch.state}")
    age = now - (batch.finished_at or now)
    if age > UNDO_WITHIN:
        raise Conflict(
            f"an import can be undone for {UNDO_WITHIN.days} days, "
            f"this one was done {age.days} days ago"
        )
    batch.state = "undoing"
    enqueue(session, UNDO_IMPORT, lock=f"shop:{shop_id}", shop_id=shop_id, import_id=import_id)
    session.flush()
    return batch


def import_by_id(
    session: Session, shop_id: uuid.UUID, import_id: uuid.UUID, *, is_locked: bool = False
) -> ImportBatch:
    """Return an import of the shop. Raises NotFound."""
    query = select(ImportBatch).where(ImportBatch.shop_id == shop_id, ImportBatch.id == import_id)
    batch = session.scalar(query.with_for_update() if is_locked else query)
    if batch is None:
        raise NotFound("there is no such import")
    return batch


def _mapping(
    batch: ImportBatch, columns: Mapping[str, int], date_order: str | None, decimal: str | None
) -> Json:
    """Return how a file is to be read: what is chosen, and what the file tells by itself."""
    if not batch.content:
        raise Conflict(UPLOAD_AGAIN)
    preview = Preview(**(batch.preview or {}))  # type: ignore[arg-type] # it was one
    KINDS[batch.kind].check(columns, len(preview.columns))
    preview = _for_columns(preview, batch, columns)
    return {
        "columns": dict(columns),
        "date_order": _chosen_order(date_order, preview.date_orders),
        "decimal": _chosen_decimal(decimal, preview.decimal),
    }


def _for_columns(preview: Preview, batch: ImportBatch, columns: Mapping[str, int]) -> Preview:
    """The preview; judged anew when the columns that are meant are not those we took."""
    guess = {str(column["guess"]): column["index"] for column in preview.columns}
    kind = KINDS[batch.kind]
    if all(guess.get(role) == columns.get(role) for role in (kind.date, *kind.numbers)):
        return preview
    table = open_table(io.BytesIO(batch.content), batch.filename)
    dates, numbers, _ = _distinct(table, columns.get(kind.date), kind.number_column(columns))
    return replace(preview, date_orders=_date_orders(dates), decimal=_decimal(numbers))


def _distinct(
    table: Table, date: int | None, number: int | None
) -> tuple[list[str], list[str], int]:
    """Return the different cells of two columns, in their order, and the number of rows."""
    dates: dict[str, None] = {}
    numbers: dict[str, None] = {}
    rows = 0
    for _, cells in table.rows:
        rows += 1
        for index, found in ((date, dates), (number, numbers)):
            if index is not None and index < len(cells) and len(found) < DISTINCT_MAX:
                found[cells[index]] = None
    # the time of day says nothing about the order of day and month
    days = dict.fromkeys(text.strip().split(" ")[0].split("T")[0] for text in dates)
    return list(days), list(numbers), rows


def _date_orders(dates: Sequence[str]) -> list[str]:
    try:
        return [column_rules.date_order(dates)]
    except Invalid:
        return BOTH_ORDERS


def _decimal(numbers: Sequence[str]) -> str | None:
    try:
        return column_rules.decimal_mark(numbers)
    except Invalid:
        return None


def _columns(table: Table, guess: Mapping[str, int]) -> Iterator[dict[str, object]]:
    roles = {index: role for role, index in guess.items()}
    for index, name in enumerate(table.columns):
        cells = (row[index].strip() for row in table.sample if index < len(row))
        samples = list(dict.fromkeys(cell[:SAMPLE_MAX_LENGTH] for cell in cells if cell))
        yield {
            "index": index,
            "name": name,
            "samples": samples[:SAMPLES],
            "guess": roles.get(index),
        }


def _chosen_order(chosen: str | None, possible: Sequence[str]) -> str:
    if chosen is None and len(possible) > 1:
        raise Invalid("date_order", "dmy or mdy, because the dates do not tell", "nothing")
    return chosen or possible[0]


def _chosen_decimal(chosen: str | None, found: str | None) -> str:
    if chosen is None and found is None:
        raise Invalid("decimal", "'.' or ',', because the amounts do not tell", "nothing")
    return chosen or found or "."
