"""Monthly reports to take home."""

import datetime as dt
import uuid
from typing import Any

from flask import Response

from cloud.app.api.access import sees_names, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.downloads import as_download
from cloud.app.api.schemas import reports as schemas
from cloud.app.api.schemas.scores import Queued
from cloud.app.domain.errors import Invalid, NotFound
from cloud.app.services import reports

PDF = "application/pdf"

routes = Blueprint("reports", "Monthly reports")


@routes.get("/shops/<uuid:shop_id>/reports")
@works_here("analyst")
@routes.returns(200, schemas.Reports)
@routes.fails(404)
def list_reports(shop_id: uuid.UUID) -> dict[str, object]:
    """The months of which there is a report, the latest first."""
    return {"items": reports.reports(db.session(), shop_id), "next_cursor": None}


@routes.post("/shops/<uuid:shop_id>/reports")
@works_here("staff")
@routes.body(schemas.NewReport)
@routes.returns(202, Queued)
@routes.fails(403, 404)
def create_report(wanted: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Make the report of a month that is over, again if there is one; in the background."""
    reports.ask_for_report(db.session(), shop_id, wanted["month"], dt.datetime.now(dt.UTC))
    db.session.commit()
    return {}


@routes.get("/shops/<uuid:shop_id>/reports/<string:month>", is_noted=True)
@works_here("analyst")
@routes.file(200, "The report", PDF, "%PDF-1.7 …")
@routes.fails(404)
def get_report(shop_id: uuid.UUID, month: str) -> Response:
    """The report of a month such as 2026-10; for an analyst without names."""
    try:
        pdf = reports.report_pdf(db.session(), shop_id, month, with_names=sees_names())
    except Invalid:
        raise NotFound("there is no report of this month") from None
    return as_download(Response(pdf, mimetype=PDF), f"report-{month}.pdf")
