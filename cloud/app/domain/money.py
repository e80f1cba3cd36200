"""Money as integers of a currency's smallest unit."""

from decimal import ROUND_HALF_EVEN, Decimal

# ISO 4217: how many decimals, where it is not two
_WITHOUT_DECIMALS = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_WITH_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_EXPONENTS = {**dict.fromkeys(_WITHOUT_DECIMALS, 0), **dict.fromkeys(_WITH_THREE, 3)}


def exponent(currency: str) -> int:
    """Return the number of decimals that a currency is written with."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an amount in the smallest unit, half a unit rounded to even."""
    scaled = amount.scaleb(exponent(currency))
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def from_minor(amount_minor: int, currency: str) -> Decimal:
    """Return an amount in whole units, with the decimals of its currency."""
    return Decimal(amount_minor).scaleb(-exponent(currency))
