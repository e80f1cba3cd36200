"""Headers that tell the browser to do less than it would."""

from flask import Response

CONTENT_POLICY = "Content-Security-Policy"
# what the web client needs; a page that needs something else says so itself
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}


def policy(**changes: str) -> str:
    """Return the content security policy with some directives changed: style_src="…"."""
    directives = {**_POLICY, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def harden(response: Response) -> Response:
    """Set the headers that a response does not bring itself."""
    response.headers.setdefault(CONTENT_POLICY, policy())
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    # what belongs to one person must not stay in a cache on the way
    response.headers.setdefault("Cache-Control", "no-store")
    return response
