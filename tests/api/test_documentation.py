"""What can be set, and what can be asked, is written down."""

import re

from tests.conftest import repository


def test_every_setting_is_described() -> None:
    code = (repository() / "cloud/app/settings.py").read_text()
    read = set(re.findall(r'"(SHOPBELL_[A-Z_]+)"', code))
    described = set(
        re.findall(r"`(SHOPBELL_[A-Z_]+)`", (repository() / "docs/settings.md").read_text())
    )
    assert read
    assert read == described
