"""The audit trail: who saw a customer and took data home, and who changed what.

It is written in the transaction of the change, by the guards of `access.py`: a route cannot forget
it. It names things by id and fields by name, and holds no value of them.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, cast

from flask import Response, current_app, g, request
from sqlalchemy import func, insert

from cloud.app.api.database import RouteSession, db
from cloud.app.store.audit import AuditEvent

_COLUMNS = ("shop_id", "customer_id")
# a look that a crash of the server forgets costs less than a wait for the disk at each look
_LAZILY = func.set_config("synchronous_commit", "off", True)


def noted(view: Callable[..., Any], person_id: uuid.UUID, /, **values: Any) -> Any:
    """Call a view, and write down what it showed or changed."""
    if not _is_worth_noting(values):
        return view(**values)
    session = cast(RouteSession, db.session())
    is_held, session.is_held = session.is_held, True
    try:
        response: Response = current_app.make_response(view(**values))
        note = insert(AuditEvent).values(_event(person_id, values))
        session.execute(note.returning(_LAZILY) if request.method == "GET" else note)
    finally:
        session.is_held = is_held
    session.commit()
    return response


def action() -> str:
    """Return the name of the operation in the API document."""
    return str(request.endpoint).rpartition(".")[2]


def _is_worth_noting(values: dict[str, Any]) -> bool:
    if "platform" in g:
        return True
    if "shop_id" not in values:
        return False
    route = current_app.view_functions[request.endpoint or ""]
    return request.method != "GET" or getattr(route, "is_noted", False)


def _event(person_id: uuid.UUID, values: dict[str, Any]) -> dict[str, object]:
    about = {name: str(value) for name, value in values.items() if name not in _COLUMNS}
    return {
        "id": uuid.uuid4(),
        "shop_id": values.get("shop_id"),
        "person_id": person_id,
        "role": g.get("role", "platform" if "platform" in g else "customer"),
        "action": action(),
        "customer_id": values.get("customer_id"),
        "about": about,
        "fields": _fields(),
        "happened_at": dt.datetime.now(dt.UTC),
    }


def _fields() -> list[str]:
    body = request.get_json(silent=True) if request.is_json else None
    return sorted(str(name)[:60] for name in body)[:50] if isinstance(body, dict) else []
