"""Every route of the API document, asked by schemathesis what nobody thought of."""

from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.openapi import from_wsgi
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.api.conftest import API, Somebody, colleague
from tests.api.test_access import (  # noqa: F401 # fixtures
    OPERATIONS,
    Operation,
    asha,
    bakery,
    ids,
    known_ids,
    name,
)

REQUESTS_EACH = 8
# a stream has no end; tests/api/test_live.py reads one
ENDING = [o for o in OPERATIONS if name(o) != "stream_live"]
# a schema cannot say all that is asked, such as a cursor of ours or a time to come
LEFT_OUT = [positive_data_acceptance]
UNHURRIED = settings(
    max_examples=REQUESTS_EACH,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def schema(app: Flask) -> BaseSchema:
    return from_wsgi(f"{API}/openapi.json", app)


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize("operation", ENDING, ids=ids(ENDING))
def test_a_route_keeps_to_the_document(
    operation: Operation,
    mode: str,
    app: Flask,
    schema: BaseSchema,
    bakery: Somebody,  # noqa: F811
    known_ids: dict[str, str],  # noqa: F811
) -> None:
    method, path, _ = operation
    asked = schema[path][method.upper()]
    # a sign-in of its own, because some routes end it
    asker = colleague(app, bakery, "owner")

    @UNHURRIED
    @given(case=asked.as_strategy(generation_mode=GenerationMode(mode)))
    def ask(case: Any) -> None:
        if mode == "positive":
            for key in case.path_parameters or {}:
                case.path_parameters[key] = known_ids.get(key, case.path_parameters[key])
        # a made-up tag is refused with 412, which schemathesis does not take for a refusal
        (case.headers or {}).pop("If-Match", None)
        # schemathesis reads what is compressed as if it were text
        headers = {**asker.headers, "Accept-Encoding": "identity"}
        case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)

    # where every text is a good address, there is nothing wrong to send
    with suppress(Unsatisfiable):
        ask()
