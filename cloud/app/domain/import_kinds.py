"""What a foreign table can be: its roles, and which of its columns are dates and numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cloud.app.domain.columns import NAMES, PRODUCT_NAMES
from cloud.app.domain.product_rows import check_product_columns
from cloud.app.domain.sales_rows import check_columns

PURCHASES, PRODUCTS = "purchases", "products"


@dataclass(frozen=True)
class Kind:
    """The header words of each role, the role that is a date, those that are numbers, the most
    telling first, and what raises Invalid for a mapping that cannot work."""

    names: Mapping[str, Sequence[str]]
    date: str
    numbers: Sequence[str]
    check: Callable[[Mapping[str, int], int], None]

    def number_column(self, columns: Mapping[str, int]) -> int | None:
        """Return the column that tells the decimal mark."""
        return next((columns[role] for role in self.numbers if role in columns), None)


KINDS = {
    PURCHASES: Kind(NAMES, "date", ("amount", "price"), check_columns),
    PRODUCTS: Kind(
        PRODUCT_NAMES, "first_stocked", ("price", "cost", "stock"), check_product_columns
    ),
}
