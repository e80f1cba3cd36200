"""The audit trail: who saw a customer and took data home, and who changed what.

It is written in the transaction of the change, by the guards of `access.py`: a route cannot forget
it. It names things by id, those of the address and those of the answer, and fields by name, and
holds no value of them.
"""

import datetime as dt
import re
import uuid
from collections.abc import Callable
from typing import Any, cast

from flask import Response, current_app, g, request
from sqlalchemy import func, insert

from cloud.app.api.database import RouteSession, db
from cloud.app.store.audit import AuditEvent

_COLUMNS = ("shop_id", "customer_id")
# by what an answer calls the customer whom a change was about
_CUSTOMERS = ("customer_id", "survivor_id")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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
        note = insert(AuditEvent).values(_event(person_id, values, _answered(response)))
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


def _event(
    person_id: uuid.UUID, values: dict[str, Any], answered: dict[str, str]
) -> dict[str, object]:
    named = {**answered, **{name: str(value) for name, value in values.items()}}
    customer_id = next((named[name] for name in _CUSTOMERS if name in named), None)
    if action() == "create_customer":
        customer_id = named["id"]
    return {
        "id": uuid.uuid4(),
        "shop_id": values.get("shop_id"),
        "person_id": person_id,
        "role": g.get("role", "platform" if "platform" in g else "customer"),
        "action": action(),
        "customer_id": uuid.UUID(customer_id) if customer_id else None,
        "about": {name: text for name, text in named.items() if name not in _COLUMNS},
        "fields": _fields(),
        "happened_at": dt.datetime.now(dt.UTC),
    }


def _answered(response: Response) -> dict[str, str]:
    """Return the ids that a change answers with: of what was made, and of whom it is about."""
    body = response.get_json(silent=True) if request.method != "GET" else None
    if not isinstance(body, dict):
        return {}
    ids = {name: value for name, value in body.items() if name == "id" or name.endswith("_id")}
    return {name: str(value) for name, value in ids.items() if _UUID.fullmatch(str(value))}


def _fields() -> list[str]:
    body = request.get_json(silent=True) if request.is_json else None
    return sorted(str(name)[:60] for name in body)[:50] if isinstance(body, dict) else []
