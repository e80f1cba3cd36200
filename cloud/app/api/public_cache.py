"""Public answers kept for a moment in front of the application: a poster in a busy street asks
very often, and everybody is told the same.

What is kept costs neither the database nor Flask, so it is not counted against the limit of an
address either; what has to be made anew is.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header, parse_etags

from cloud.app.domain.languages import LANGUAGES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# a door that opens is on the page a second later, however many ask
KEEP_S = 1.0
KEPT_MAX = 10_000
# what a 304 must not carry, and what belongs to the one who asked first
_OF_BODY = ("Content-Length", "Content-Type")
_OF_ONE = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")

# the only thing in which kept answers to one path may differ
VARIES = "Accept-Encoding"

HeaderList = list[tuple[str, str]]
# the path, and whether the reader reads gzip
Name = tuple[str, bool]


@dataclass(frozen=True)
class Answer:
    """A finished answer, with and without its body."""

    until_s: float
    etag: str
    body: bytes
    headers: HeaderList
    headers_of_304: HeaderList


class PublicCache:
    """Keeps answers to GETs under some paths that say themselves that anybody may keep them."""

    def __init__(self, app: "WSGIApplication", prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes
        self._answers: dict[Name, Answer] = {}
        self._lock = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not self._is_public(environ, path):
            return self._app(environ, start_response)
        name = path, _reads_gzip(environ)
        if answer := self._fresh(name):
            return _send(answer, environ, start_response)
        # one asks the database, the others wait for its answer
        with self._lock:
            if answer := self._fresh(name):
                return _send(answer, environ, start_response)
            return self._make(name, environ, start_response)

    def _is_public(self, environ: "WSGIEnvironment", path: str) -> bool:
        """Only what is named by its path alone: /s/bakery and /s/bakery/de, but not
        /s/bakery/join?by=email."""
        if environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING"):
            return False
        rest = next((path[len(p) :] for p in self._prefixes if path.startswith(p)), None)
        return rest is not None and rest.partition("/")[2] in ("", *LANGUAGES)

    def _fresh(self, name: Name) -> Answer | None:
        answer = self._answers.get(name)
        return answer if answer is not None and time.monotonic() < answer.until_s else None

    def _make(
        self, name: Name, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        # the application is to make the whole answer, which others are told as well
        seen = environ.pop("HTTP_IF_NONE_MATCH", None)
        said: list[tuple[str, HeaderList]] = []

        def keep(status: str, headers: HeaderList, _error: object = None) -> object:
            said.append((status, headers))
            return None

        parts = self._app(environ, keep)  # type: ignore[arg-type] # nobody writes
        body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        status, headers = said[-1]
        if not status.startswith("200") or "ETag" not in Headers(headers):
            start_response(status, headers)
            return [body]
        answer = _answer(Headers(headers), body)
        if _is_everybody_s(Headers(headers)):
            self._keep(name, answer)
        if seen is not None:
            environ["HTTP_IF_NONE_MATCH"] = seen
        return _send(answer, environ, start_response)

    def _keep(self, name: Name, answer: Answer) -> None:
        if len(self._answers) >= KEPT_MAX:
            self._answers.clear()
        self._answers[name] = answer


def _reads_gzip(environ: "WSGIEnvironment") -> bool:
    return parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING"))["gzip"] > 0


def _is_everybody_s(headers: Headers) -> bool:
    is_public = "public" in headers.get("Cache-Control", "")
    varies = headers.get("Vary", VARIES) != VARIES
    return is_public and not varies and "Set-Cookie" not in headers


def _answer(headers: Headers, body: bytes) -> Answer:
    for name in _OF_ONE:
        headers.remove(name)
    whole = headers.to_wsgi_list()
    for name in _OF_BODY:
        headers.remove(name)
    until_s = time.monotonic() + KEEP_S
    return Answer(until_s, headers["ETag"].strip('"'), body, whole, headers.to_wsgi_list())


def _send(
    answer: Answer, environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    seen = environ.get("HTTP_IF_NONE_MATCH")
    if seen is not None and parse_etags(seen).contains_weak(answer.etag):
        start_response("304 NOT MODIFIED", answer.headers_of_304.copy())
        return [b""]
    start_response("200 OK", answer.headers.copy())
    return [answer.body]
