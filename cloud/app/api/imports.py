"""Imports of a till's export or a list of products: upload, look, name the columns, run."""

import datetime as dt
import uuid
from collections.abc import Mapping
from functools import wraps
from pathlib import PurePosixPath
from typing import Any, cast

from flask import Response, current_app, request

from cloud.app.api.access import View, person_id, sees_names, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.deadlines import arrived, cut_off_after
from cloud.app.api.downloads import CSV, csv_response
from cloud.app.api.schemas import imports as schemas
from cloud.app.api.schemas.base import PageQuery
from cloud.app.domain.errors import Invalid
from cloud.app.domain.said import expectation_in
from cloud.app.services import imports
from cloud.app.services.exports import rejected_rows
from cloud.app.services.shops import shop_by_id
from cloud.app.settings import Settings
from cloud.app.store import import_queries
from cloud.app.store.sales import ImportBatch, ImportRow

FILENAME_MAX_LENGTH = 120

routes = Blueprint("imports", "Purchases from a till's export, and lists of products")

_NO_OUTCOME = dict.fromkeys(
    (
        "purchases",
        "customers",
        "customers_completed",
        "total_minor",
        "first_at",
        "last_at",
        "kept_purchases",
        "kept_customers",
        "kept_products",
        "conflicts",
    )
)


def takes_upload(view: View) -> View:
    """Let this route take more than the usual JSON, but not for ever.

    A larger body is refused before it is read. One that is late is cut off.
    """

    @wraps(view)
    def limited(*args: Any, **values: Any) -> Any:
        settings: Settings = current_app.extensions["settings"]
        request.max_content_length = settings.upload_max_bytes
        with cut_off_after(settings.upload_within_s, "file"):
            return view(*args, **values)

    return cast(View, limited)


@routes.get("/shops/<uuid:shop_id>/imports")
@works_here("analyst")
@routes.query(PageQuery)
@routes.returns(200, schemas.Imports)
@routes.fails(404)
def list_imports(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Imports, the newest first."""
    page = import_queries.imports(db.session(), shop_id, **query)
    batches = [row.ImportBatch for row in page.items]
    earlier = import_queries.earlier_uploads(db.session(), shop_id, batches)
    return page.map(lambda row: _shown_with(row.ImportBatch, earlier))


@routes.post("/shops/<uuid:shop_id>/imports")
@takes_upload
@works_here("staff")
@routes.query(schemas.ImportKind)
@routes.files(schemas.ImportFile)
@routes.returns(201, schemas.Import)
@routes.fails(403, 404)
def create_import(
    query: dict[str, str], files: dict[str, Any], shop_id: uuid.UUID
) -> dict[str, object]:
    """Upload a file; the answer says what its columns look like. Nothing is imported yet."""
    arrived()
    batch = imports.upload(
        db.session(),
        shop_id=shop_id,
        person_id=person_id(),
        filename=_filename(files["file"].filename),
        content=files["file"].read(),
        kind=query["kind"],
    )
    shown = _shown(batch)
    db.session.commit()
    return shown


@routes.get("/shops/<uuid:shop_id>/imports/<uuid:import_id>")
@works_here("analyst")
@routes.returns(200, schemas.Import)
@routes.fails(404)
def get_import(shop_id: uuid.UUID, import_id: uuid.UUID) -> dict[str, object]:
    """One import; while it runs, its outcome says how far it has come."""
    return _shown(imports.import_by_id(db.session(), shop_id, import_id))


@routes.get("/shops/<uuid:shop_id>/imports/<uuid:import_id>/preview")
@works_here("staff")
@routes.query(schemas.ImportPreviewQuery)
@routes.returns(200, schemas.ImportPreview)
@routes.fails(403, 404, 409)
def preview_import(
    query: dict[str, Any], shop_id: uuid.UUID, import_id: uuid.UUID
) -> dict[str, object]:
    """What the rows come to when they are read so: totals, range of dates, what is rejected."""
    found = imports.total(
        db.session(),
        shop_by_id(db.session(), shop_id),
        import_id,
        date_order=query.pop("date_order"),
        decimal=query.pop("decimal"),
        columns=query,
        now=dt.datetime.now(dt.UTC),
    )
    reasons = sorted(found.refused.values(), key=lambda reason: (-reason.rows, reason.line))
    return {
        **vars(found),
        "customers": len(found.identities),
        "rejected": sum(reason.rows for reason in reasons),
        "reasons": [{**vars(one), "said": expectation_in(one.reason)} for one in reasons],
    }


@routes.post("/shops/<uuid:shop_id>/imports/<uuid:import_id>/run")
@works_here("staff")
@routes.body(schemas.ImportRun)
@routes.returns(202, schemas.Import)
@routes.fails(403, 404, 409)
def run_import(
    wanted: dict[str, Any], shop_id: uuid.UUID, import_id: uuid.UUID
) -> dict[str, object]:
    """Import the rows in the background."""
    batch = imports.run(
        db.session(),
        shop_id=shop_id,
        import_id=import_id,
        columns=wanted["mapping"],
        date_order=wanted["date_order"],
        decimal=wanted["decimal"],
        consent=wanted["consent"],
    )
    shown = _shown(batch)
    db.session.commit()
    return shown


@routes.post("/shops/<uuid:shop_id>/imports/<uuid:import_id>/undo")
@works_here("staff")
@routes.returns(202, schemas.Import)
@routes.fails(403, 404, 409)
def undo_import(shop_id: uuid.UUID, import_id: uuid.UUID) -> dict[str, object]:
    """Take an import back in the background; possible for 30 days after it was done."""
    batch = imports.undo(
        db.session(), shop_id=shop_id, import_id=import_id, now=dt.datetime.now(dt.UTC)
    )
    shown = _shown(batch)
    db.session.commit()
    return shown


@routes.get("/shops/<uuid:shop_id>/imports/<uuid:import_id>/rejected", is_noted=True)
@works_here("staff")
@routes.file(
    200,
    "The rejected rows with a column that says why",
    CSV,
    'customer,date,amount,error\r\n1042,31.02.2026,7.80,"date: expected a date"\r\n',
)
@routes.fails(403, 404)
def get_rejected_rows(shop_id: uuid.UUID, import_id: uuid.UUID) -> Response:
    """The rejected rows as CSV, to be mended and imported again."""
    batch = imports.import_by_id(db.session(), shop_id, import_id)
    return csv_response(
        shop_id, lambda session: rejected_rows(session, batch), f"rejected-{import_id}.csv"
    )


@routes.get("/shops/<uuid:shop_id>/imports/<uuid:import_id>/rows", is_noted=True)
@works_here("staff")
@routes.query(schemas.ImportRowQuery)
@routes.returns(200, schemas.ImportRows)
@routes.fails(403, 404)
def list_import_rows(
    query: dict[str, Any], shop_id: uuid.UUID, import_id: uuid.UUID
) -> dict[str, object]:
    """What became of each row, and why."""
    imports.import_by_id(db.session(), shop_id, import_id)
    limit = query["limit"]
    rows = import_queries.rows_after(
        db.session(),
        shop_id,
        import_id,
        outcome=query["outcome"],
        line=_line(query["cursor"]),
        limit=limit + 1,
    )
    cursor = str(rows[limit - 1].line) if len(rows) > limit else None
    return {"items": [_shown_row(row) for row in rows[:limit]], "next_cursor": cursor}


def _shown_row(row: ImportRow) -> dict[str, object]:
    same = {name: getattr(row, name) for name in ("line", "raw", "outcome", "reason")}
    return {**same, "said": expectation_in(row.reason)}


def _undo_until(batch: ImportBatch) -> dt.datetime | None:
    if batch.state != "done" or batch.finished_at is None:
        return None
    return batch.finished_at + imports.UNDO_WITHIN


def _line(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 9:
        raise Invalid("cursor", "the next_cursor of a page", "another text")
    return int(cursor)


def _filename(sent: str | None) -> str:
    name = PurePosixPath((sent or "").replace("\\", "/")).name
    printable = "".join(c for c in name if c.isprintable())
    return printable[-FILENAME_MAX_LENGTH:] or "upload"


def _preview(batch: ImportBatch) -> dict[str, Any]:
    """What the columns look like; for an analyst without samples, which are names and numbers."""
    preview: dict[str, Any] = batch.preview or {}
    if sees_names():
        return preview
    return {**preview, "columns": [{**one, "samples": []} for one in preview["columns"]]}


def _shown(batch: ImportBatch) -> dict[str, object]:
    return _shown_with(batch, import_queries.earlier_uploads(db.session(), batch.shop_id, [batch]))


def _shown_with(batch: ImportBatch, earlier: Mapping[uuid.UUID, uuid.UUID]) -> dict[str, object]:
    same = ("id", "kind", "filename", "state", "error", "created_at", "finished_at", "undone_at")
    return {
        **{field: getattr(batch, field) for field in same},
        **_preview(batch),
        "said": expectation_in(batch.error),
        "outcome": {**_NO_OUTCOME, **batch.outcome} if batch.outcome else None,
        "duplicate_of": earlier.get(batch.id),
        "undo_until": _undo_until(batch),
    }
