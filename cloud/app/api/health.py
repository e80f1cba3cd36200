"""Whether the process lives, and whether it can serve."""

from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from cloud.app.api.database import db
from cloud.app.api.errors import problem

MIGRATIONS = Path(__file__).parents[2] / "migrations"

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@pages.get("/readyz")
def readyz() -> Response:
    """The database answers and has every migration."""
    try:
        found = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
    except SQLAlchemyError:
        return problem(503, "The database does not answer.", slug="not-ready")
    if found != _heads():
        return problem(503, "The database lacks migrations: run shopbell db upgrade.")
    return jsonify(status="ok")


@cache
def _heads() -> set[str]:
    return set(ScriptDirectory(str(MIGRATIONS)).get_heads())
