"""The application: settings in, a Flask app out."""

from collections.abc import Mapping

import flask_smorest
from flask import Flask
from marshmallow import Schema
from werkzeug.middleware.proxy_fix import ProxyFix

from cloud.app.api import access, compression, deadlines, errors, headers
from cloud.app.api.blueprint import PROBLEM, Blueprint, problem_component
from cloud.app.api.database import db
from cloud.app.api.limits import register_limits
from cloud.app.api.post import Post
from cloud.app.api.public_cache import PublicCache
from cloud.app.api.schemas.base import Problem
from cloud.app.api.streams import Streams
from cloud.app.services.messengers import Messenger, messenger_for
from cloud.app.services.passwords import Passwords
from cloud.app.settings import Settings
from cloud.app.store import roles
from cloud.app.store.connection import ping_when_idle

API_PREFIX = "/api/v1"
# what everybody is told the same
PUBLIC_PATHS = (f"{API_PREFIX}/public/shops/", "/s/")
JSON_MAX_BYTES = 1024 * 1024
CONNECTIONS = 10


class Api(flask_smorest.Api):  # type: ignore[misc] # flask-smorest has no types
    """flask-smorest with our shape of errors."""

    DEFAULT_ERROR_RESPONSE_NAME = PROBLEM
    ERROR_SCHEMA = Problem
    handle_http_exception = staticmethod(errors.of_http)


def create_app(
    settings: Settings,
    *,
    passwords: Passwords | None = None,
    messenger: Messenger | None = None,
    is_limited: bool = True,
) -> Flask:
    """Return the application. Tests hash cheaply and read the post, with ones of their own."""
    app = Flask("cloud.app.api", static_folder=None, template_folder="../web/templates")
    app.config.update(_configuration(settings), IS_LIMITED=is_limited)
    app.json.sort_keys = False  # type: ignore[attr-defined] # of Flask's own provider
    app.extensions["passwords"] = passwords or Passwords()
    app.extensions["settings"] = settings
    app.extensions["post"] = Post(messenger or messenger_for(settings.smtp_url, settings.smtp_from))
    app.extensions["streams"] = Streams(settings.database_url_for(roles.APP))
    app.wsgi_app = PublicCache(app.wsgi_app, PUBLIC_PATHS)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        # each of them has added the address that it saw; anything before was made up
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    db.init_app(app)
    with app.app_context():
        ping_when_idle(db.engine)
    deadlines.register_deadlines(app)
    register_limits(app)
    access.register_tokens(app)
    api = Api(app)
    _describe(api)
    for routes in _blueprints():
        api.register_blueprint(routes.smorest, url_prefix=API_PREFIX)
    _register_pages(app)
    errors.register_error_handlers(app)
    app.after_request(compression.compress)
    app.after_request(headers.harden)
    return app


def _configuration(settings: Settings) -> Mapping[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "JWT_SECRET_KEY": settings.secret_key,
        "COOKIE_SECURE": settings.cookie_secure,
        "PUBLIC_URL": settings.public_url,
        "MAX_CONTENT_LENGTH": JSON_MAX_BYTES,
        "SQLALCHEMY_DATABASE_URI": settings.database_url_for(roles.APP),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": CONNECTIONS,
            "max_overflow": CONNECTIONS,
            "hide_parameters": True,
            "connect_args": {"connect_timeout": 5, "application_name": roles.APP},
        },
        "API_TITLE": "Shopbell",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": API_PREFIX,
        "API_SPEC_OPTIONS": {
            "info": {
                "description": "The bell over the shop door and the memory behind the counter."
            },
            "security": [{"bearer": []}],
        },
    }


def _describe(api: Api) -> None:
    api.spec.components.security_scheme(
        "bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    )
    api.spec.components.response(PROBLEM, _problem_response(404))
    for status in errors.DESCRIBED:
        api.spec.components.response(problem_component(status), _problem_response(status))


def _problem_response(status: int) -> dict[str, object]:
    schema: type[Schema] = Problem
    content = {"schema": schema, "example": errors.example(status)}
    return {
        "description": f"A problem (RFC 9457): {errors.example(status)['title']}",
        "content": {errors.PROBLEM_TYPE: content},
    }


def _blueprints() -> list[Blueprint]:
    from cloud.app.api import (
        commands,
        credentials,
        customers,
        devices,
        exports,
        feedback,
        footfall,
        imports,
        insights,
        live,
        memberships,
        merges,
        overrides,
        people,
        platform,
        public,
        purchases,
        reports,
        rights,
        scores,
        shops,
        staff,
        timeline,
        today,
    )

    nouns = (
        people,
        shops,
        devices,
        live,
        customers,
        purchases,
        imports,
        scores,
        today,
        exports,
        staff,
        public,
        overrides,
        timeline,
        footfall,
        credentials,
        commands,
        memberships,
        merges,
        platform,
        feedback,
        insights,
        reports,
        rights,
    )
    return [noun.routes for noun in nouns]


def _register_pages(app: Flask) -> None:
    from cloud.app.api import docs, health
    from cloud.app.web import client, join_page, shop_page

    for pages in (health.pages, docs.pages, shop_page.pages, join_page.pages, client.pages):
        app.register_blueprint(pages)
