"""Exports as CSV: read from the database and written row by row, however many there are."""

import csv
import datetime as dt
import io
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from cloud.app.domain.money import from_minor
from cloud.app.services.shops import shop_by_id
from cloud.app.store import export_queries
from cloud.app.store.import_queries import rows_after
from cloud.app.store.sales import ImportBatch, ImportRow

# spreadsheets take a file for UTF-8 by this mark only
BOM = "\ufeff"
ROWS_AT_ONCE = 500
# a cell that a spreadsheet would take for a formula and run
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d .,()/-]*\Z)")
_MONEY = "_minor"


def export(session: Session, shop_id: uuid.UUID, noun: str, *, with_names: bool) -> Iterator[str]:
    """Return the lines of one of export_queries.EXPORTS; amounts in whole money, times in UTC."""
    currency = shop_by_id(session, shop_id).currency
    columns, rows = export_queries.rows(session, shop_id, noun, with_names=with_names)
    header = [column.removesuffix(_MONEY) for column in columns]
    return as_csv(header, ([_cell(n, v, currency) for n, v in zip(columns, row, strict=True)]
                           for row in rows))  # fmt: skip


def rejected_rows(session: Session, batch: ImportBatch) -> Iterator[str]:
    """Return the rejected rows of an import with the reason in a last column, between the marks of
    the file that they came from."""
    preview: dict[str, Any] = dict(batch.preview or {})
    names = [column["name"] for column in preview["columns"]]
    rows = _rejected(session, batch, len(names))
    return as_csv([*names, "error"], rows, delimiter=preview["delimiter"])


def _rejected(session: Session, batch: ImportBatch, width: int) -> Iterator[list[str]]:
    line = 0
    while rows := rows_after(
        session, batch.shop_id, batch.id, outcome="rejected", line=line, limit=ROWS_AT_ONCE
    ):
        yield from (_with_reason(row, width) for row in rows)
        line = rows[-1].line


def _with_reason(row: ImportRow, width: int) -> list[str]:
    """The cells and the reason, which stands below its own head also where the cells are too few;
    those that are too many follow it."""
    cells = row.raw or []
    missing = [""] * (width - len(cells))
    return [*cells[:width], *missing, row.reason or "", *cells[width:]]


def as_csv(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str = ","
) -> Iterator[str]:
    """Write a table in parts of some hundred rows. No cell can be taken for a formula."""
    buffer = io.StringIO(BOM)
    buffer.seek(len(BOM))
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([_harmless(cell) for cell in row])
        if number % ROWS_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer = io.StringIO()
            writer = csv.writer(buffer, delimiter=delimiter)
    yield buffer.getvalue()


def _cell(name: str, value: object, currency: str) -> str:
    if value is None:
        return ""
    if name.endswith(_MONEY) and isinstance(value, int | Decimal):
        return str(from_minor(int(value), currency))
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        return "; ".join(str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
