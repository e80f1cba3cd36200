"""The built web client: its files, and its first page for every other address."""

import mimetypes
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request, send_from_directory
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.routing import PathConverter
from werkzeug.security import safe_join

pages = Blueprint("client", __name__)

HASHED_FOLDER = "assets"
YEAR_S = 365 * 24 * 3600
# the build writes each text in these ways too, the smaller first: encoding -> ending
ENCODINGS = {"br": ".br", "gzip": ".gz"}
NOT_BUILT = (
    "The web client is not built: run `make setup`, or name its folder in SHOPBELL_WEB_DIR.\n"
)


class ClientPath(PathConverter):
    """Every path but those of the API, where what is unknown is a problem and no page."""

    regex = r"(?!api/)[^/].*?"


@pages.record
def _know_paths(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["client_path"] = ClientPath


@pages.get("/")
@pages.get("/<client_path:path>")
def page(path: str = "") -> Response:
    """A file of the client where there is one, else its first page."""
    folder: Path = current_app.extensions["settings"].web_dir
    if not (folder / "index.html").is_file():
        return Response(NOT_BUILT, 503, mimetype="text/plain")
    name = path if _is_file(folder, path) else "index.html"
    if name != path and path.startswith(f"{HASHED_FOLDER}/"):
        abort(404)
    response = _sent(folder, name)
    response.headers["Cache-Control"] = _caching(name)
    return response


def _sent(folder: Path, name: str) -> Response:
    """Return a file, as small as the browser can read it."""
    for encoding, ending in ENCODINGS.items():
        if request.accept_encodings[encoding] > 0 and _is_file(folder, name + ending):
            kind, _ = mimetypes.guess_type(name)
            response = send_from_directory(folder, name + ending, mimetype=kind)
            response.headers["Content-Encoding"] = encoding
            break
    else:
        response = send_from_directory(folder, name)
    response.vary.add("Accept-Encoding")
    return response


def _is_file(folder: Path, path: str) -> bool:
    joined = safe_join(str(folder), path)
    return bool(path) and joined is not None and Path(joined).is_file()


def _caching(name: str) -> str:
    if name.startswith(f"{HASHED_FOLDER}/"):
        return f"public, max-age={YEAR_S}, immutable"
    return "no-cache"
