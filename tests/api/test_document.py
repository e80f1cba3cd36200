"""openapi.json is committed, and says what the API is."""

import json

from flask.testing import FlaskClient

from cloud.app.api.document import OPENAPI_FILE, described_app, document
from tests.api.conftest import API


def test_the_committed_document_is_fresh() -> None:
    assert OPENAPI_FILE.read_text() == document(described_app()), (
        "run python -m cloud.app.api.document"
    )


def test_the_served_document_is_the_committed_one(client: FlaskClient) -> None:
    assert client.get(f"{API}/openapi.json").json == json.loads(OPENAPI_FILE.read_text())


def test_every_operation_has_a_name_a_summary_and_problems() -> None:
    paths = json.loads(OPENAPI_FILE.read_text())["paths"]
    operations = [o for item in paths.values() for k, o in item.items() if k != "parameters"]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert operation["summary"].endswith("."), operation["operationId"]
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
