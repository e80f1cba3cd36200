"""A page to read and try the API: Swagger UI, served from its package."""

from typing import Any

import swagger_ui_bundle
from flask import Blueprint, Response, current_app, jsonify, render_template, send_from_directory

from cloud.app.api import headers

pages = Blueprint("docs", __name__, url_prefix="/api/v1/docs")

# Swagger UI sets styles from its script and draws its icons from data: addresses
_POLICY = headers.policy(style_src="'self' 'unsafe-inline'")
_START = """
window.ui = SwaggerUIBundle({
  url: "/api/v1/docs/openapi.json", dom_id: "#swagger-ui", deepLinking: true,
});
"""


@pages.get("")
def page() -> Response:
    """The page itself."""
    response = Response(render_template("docs.html"))
    response.headers[headers.CONTENT_POLICY] = _POLICY
    return response


@pages.get("/start.js")
def start() -> Response:
    """The few lines that start Swagger UI; not inline, the policy forbids that."""
    return Response(_START, mimetype="text/javascript")


@pages.get("/openapi.json")
def document() -> Response:
    """The API document as OpenAPI 3.0, because the packaged Swagger UI reads no 3.1."""
    spec = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec
    return jsonify({**_as_3_0(spec.to_dict()), "openapi": "3.0.3"})


@pages.get("/<any('swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'):name>")
def asset(name: str) -> Response:
    """Swagger UI's own files."""
    return send_from_directory(swagger_ui_bundle.swagger_ui_path, name, max_age=86400)


def _as_3_0(node: Any) -> Any:
    """Write `type: [X, null]` as `type: X, nullable: true` everywhere."""
    if isinstance(node, list):
        return [_as_3_0(child) for child in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _as_3_0(child) for key, child in node.items()}
    if {"type": "null"} in plain.get("anyOf", ()):
        others = [child for child in plain.pop("anyOf") if child != {"type": "null"}]
        return {**plain, "allOf": others, "nullable": True}
    if isinstance(plain.get("type"), list):
        plain["type"] = next(kind for kind in plain["type"] if kind != "null")
        plain["nullable"] = True
    return plain
