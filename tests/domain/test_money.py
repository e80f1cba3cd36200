"""Money in the smallest unit of its currency."""

from decimal import Decimal

import pytest

from cloud.app.domain.money import to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("-0.01", "GBP", -1),
        ("1200", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("0.125", "EUR", 12),
        ("0.135", "EUR", 14),
    ],
)
def test_an_amount_in_the_smallest_unit(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor
