"""`python -m cloud.app.api.document`: write openapi.json, which the client's types are made of."""

import json
import sys
from pathlib import Path

from flask import Flask

from cloud.app.api.app import create_app
from cloud.app.settings import from_environment

OPENAPI_FILE = Path(__file__).parents[3] / "openapi.json"


def document(app: Flask) -> str:
    """Return the API document of an application as it is committed."""
    spec = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec
    return json.dumps(spec.to_dict(), indent=2, ensure_ascii=False) + "\n"


def described_app() -> Flask:
    """Return an application that can be described, but serves nobody."""
    nobody = {
        "SHOPBELL_DATABASE_URL": "postgresql://nowhere/none",
        "SHOPBELL_DATABASE_ROLE_PASSWORD": "-" * 32,
        "SHOPBELL_SECRET_KEY": "-" * 32,
    }
    return create_app(from_environment(nobody))


if __name__ == "__main__":
    OPENAPI_FILE.write_text(document(described_app()))
    sys.stdout.write(f"{OPENAPI_FILE.name} written\n")
