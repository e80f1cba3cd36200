"""A town of shops with customers of known truth: who bought what when, and who is really gone.

Every customer visits at an own constant rate while active and drops out after a visit with an own
probability, the story that MBG/NBD tells (Batislam, Denizel, Filiztekin 2007), so models can be
held against the truth. Everything follows from the seed and the day it is made for.
"""

import csv
import datetime as dt
import io
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

HISTORY_DAYS = 548
# of the lines of a receipt, the share with two pieces
TWO_PIECES = 0.15

FIRST_NAMES = (
    "Asha", "Ben", "Clara", "Deniz", "Elif", "Farid", "Greta", "Hanna", "Ines", "Jonas", "Kavya",
    "Lena", "Malik", "Nora", "Omar", "Priya", "Quirin", "Rosa", "Samir", "Tilda", "Uma", "Viktor",
    "Wanda", "Yusuf", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Ahrens", "Bose", "Celik", "Diaz", "Ebert", "Fischer", "Gupta", "Haas", "Iyer", "Jansen",
    "Koch", "Lang", "Mehta", "Nair", "Otto", "Patel", "Rao", "Sahin", "Thiel", "Weber",
)  # fmt: skip


@dataclass(frozen=True)
class Product:
    """Something on the shelf, with its price in minor units and how often it is picked."""

    name: str
    price_minor: int
    popularity: float


@dataclass(frozen=True)
class Habit:
    """Who takes this product takes its companions too, in this share of the cases."""

    product: str
    companions: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class ShopPlan:
    """What kind of shop this is and how its customers behave, in days."""

    slug: str
    name: str
    address: str
    country: str
    time_zone: str
    currency: str
    opening_hours: str
    closed_weekdays: frozenset[int]
    opens_hour: int
    closes_hour: int
    capacity: int
    n_customers: int
    # visits a day of an active customer ~ Gamma(shape, mean / shape)
    rate_mean: float
    rate_shape: float
    # probability of dropping out after a visit ~ Beta
    dropout_beta: tuple[float, float]
    lines_mean: float
    products: tuple[Product, ...]
    # one a product: what else is bought together is chance
    habits: tuple[Habit, ...] = ()

    def product(self, name: str) -> Product:
        """Return the product of this name."""
        return next(product for product in self.products if product.name == name)


@dataclass(frozen=True)
class Line:
    """One product on a purchase."""

    product: Product
    quantity: int


@dataclass(frozen=True)
class Sale:
    """One purchase, in the shop's local time."""

    invoice: str
    at: dt.datetime
    lines: tuple[Line, ...]


@dataclass
class SimulatedCustomer:
    """A customer with the truth that no shop can see."""

    reference: str
    name: str
    email: str
    rate_per_day: float
    dropout_probability: float
    is_active: bool = True
    sales: list[Sale] = field(default_factory=list)


@dataclass(frozen=True)
class SimulatedShop:
    """A shop with its customers and their history up to `today`."""

    plan: ShopPlan
    customers: tuple[SimulatedCustomer, ...]


BAKERY = ShopPlan(
    slug="linden-bakery",
    name="Linden Bakery",
    address="Lindenstraße 12, 10969 Berlin",
    country="DE",
    time_zone="Europe/Berlin",
    currency="EUR",
    opening_hours="Mo-Sa 07:00-18:00",
    closed_weekdays=frozenset({6}),
    opens_hour=7,
    closes_hour=18,
    capacity=12,
    n_customers=320,
    rate_mean=0.11,
    rate_shape=1.2,
    dropout_beta=(0.7, 9.0),
    lines_mean=1.6,
    products=(
        Product("Rye loaf", 460, 3.0),
        Product("Sourdough loaf", 540, 2.5),
        Product("Seed roll", 95, 4.0),
        Product("Pretzel", 110, 3.5),
        Product("Butter croissant", 190, 3.0),
        Product("Apple cake", 320, 1.5),
        Product("Coffee", 280, 4.0),
        Product("Poppy seed tart", 350, 0.6),
        Product("Spelt biscuits", 490, 0.3),
    ),
    habits=(
        Habit("Butter croissant", ("Coffee",), 0.45),
        Habit("Poppy seed tart", ("Apple cake", "Coffee"), 0.5),
    ),
)
FLORIST = ShopPlan(
    slug="marigold-flowers",
    name="Marigold Flowers",
    address="14 Hill Road, Bandra West, Mumbai",
    country="IN",
    time_zone="Asia/Kolkata",
    currency="INR",
    opening_hours="Mo-Su 09:00-20:30",
    closed_weekdays=frozenset(),
    opens_hour=9,
    closes_hour=20,
    capacity=8,
    n_customers=180,
    rate_mean=0.03,
    rate_shape=0.9,
    dropout_beta=(0.8, 3.5),
    lines_mean=0.8,
    products=(
        Product("Marigold garland", 12000, 4.0),
        Product("Rose bouquet", 65000, 2.0),
        Product("Jasmine strand", 6000, 3.5),
        Product("Orchid pot", 120000, 0.6),
        Product("Lily bunch", 48000, 1.2),
        Product("Gift wrap", 5000, 1.5),
        Product("Ceramic vase", 89000, 0.2),
    ),
    habits=(
        Habit("Rose bouquet", ("Gift wrap",), 0.5),
        Habit("Lily bunch", ("Ceramic vase",), 0.15),
    ),
)
PLANS = (BAKERY, FLORIST)


def make_shop(plan: ShopPlan, *, today: dt.date, seed: int) -> SimulatedShop:
    """Return the shop with a year and a half of sales that ends the evening before `today`."""
    # a string seeds alike in every process; hash() does not
    chance = random.Random(f"{plan.slug}/{seed}")
    first_day = today - dt.timedelta(days=HISTORY_DAYS)
    customers = tuple(
        _make_customer(plan, number, chance) for number in range(1, plan.n_customers + 1)
    )
    for customer in customers:
        joined = first_day + dt.timedelta(days=int(HISTORY_DAYS * chance.random() ** 1.4))
        _live(customer, plan, joined, today, chance)
    return SimulatedShop(plan, tuple(c for c in customers if c.sales))


def purchase_id(plan: ShopPlan, invoice: str) -> uuid.UUID:
    """Return the id that a till of this shop gives to an invoice: the same at every retry."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"shopbell-town/{plan.slug}/{invoice}")


def as_csv(shop: SimulatedShop) -> str:
    """Return the shop's sales as the export of a till, one line a product, oldest first."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ("Invoice", "Date", "Customer no", "Name", "Email", "Product", "Quantity", "Unit price")
    )
    writer.writerows(_rows(shop))
    return out.getvalue()


def basket(plan: ShopPlan, chance: random.Random) -> tuple[Line, ...]:
    """Return what one customer carries to the till."""
    n_lines = 1 + min(_poisson(plan.lines_mean, chance), len(plan.products) - 1)
    weights = [product.popularity for product in plan.products]
    picked = dict.fromkeys(chance.choices(plan.products, weights, k=n_lines))
    # One draw says both whether somebody takes two and whether a habit is followed: with or
    # without habits, the same seed brings the same customers on the same days.
    draws = {product: chance.random() for product in picked}
    quantities = {product: 2 if draw < TWO_PIECES else 1 for product, draw in draws.items()}
    for habit in plan.habits:
        if draws.get(plan.product(habit.product), 0.0) >= 1 - habit.share:
            for name in habit.companions:
                quantities.setdefault(plan.product(name), 1)
    return tuple(Line(product, quantity) for product, quantity in quantities.items())


def amount_minor(lines: tuple[Line, ...]) -> int:
    """Return what the lines cost together."""
    return sum(line.quantity * line.product.price_minor for line in lines)


def _make_customer(plan: ShopPlan, number: int, chance: random.Random) -> SimulatedCustomer:
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    return SimulatedCustomer(
        reference=f"{number:05d}",
        name=f"{first} {last}",
        email=f"{first}.{last}.{number}@example.org".lower(),
        # nobody plans in decades: a gamma draw may come out as good as zero
        rate_per_day=max(
            chance.gammavariate(plan.rate_shape, plan.rate_mean / plan.rate_shape), 1 / 3650
        ),
        dropout_probability=chance.betavariate(*plan.dropout_beta),
    )


def _live(
    customer: SimulatedCustomer,
    plan: ShopPlan,
    joined: dt.date,
    today: dt.date,
    chance: random.Random,
) -> None:
    day = float(joined.toordinal())
    while True:
        date = _next_open_day(dt.date.fromordinal(int(day)), plan)
        if date >= today:
            return
        if not customer.sales or customer.sales[-1].at.date() < date:
            customer.sales.append(_sale(customer, plan, date, chance))
        if chance.random() < customer.dropout_probability:
            customer.is_active = False
            return
        day = date.toordinal() + chance.expovariate(customer.rate_per_day)


def _next_open_day(date: dt.date, plan: ShopPlan) -> dt.date:
    while date.weekday() in plan.closed_weekdays:
        date += dt.timedelta(days=1)
    return date


def _sale(
    customer: SimulatedCustomer, plan: ShopPlan, date: dt.date, chance: random.Random
) -> Sale:
    minute = chance.randrange(plan.opens_hour * 60, plan.closes_hour * 60)
    at = dt.datetime.combine(date, dt.time(minute // 60, minute % 60))
    invoice = f"{date:%Y%m%d}-{customer.reference}"
    return Sale(invoice, at, basket(plan, chance))


def _rows(shop: SimulatedShop) -> Iterator[tuple[str, ...]]:
    sales = [(sale, customer) for customer in shop.customers for sale in customer.sales]
    for sale, customer in sorted(sales, key=lambda pair: (pair[0].at, pair[0].invoice)):
        for line in sale.lines:
            yield (
                sale.invoice,
                f"{sale.at:%Y-%m-%d %H:%M}",
                customer.reference,
                customer.name,
                customer.email,
                line.product.name,
                str(line.quantity),
                f"{line.product.price_minor / 100:.2f}",
            )


def _poisson(mean: float, chance: random.Random) -> int:
    # counts arrivals of a unit-rate process within `mean`: fine for the small means used here
    count, elapsed = 0, chance.expovariate(1.0)
    while elapsed < mean:
        count += 1
        elapsed += chance.expovariate(1.0)
    return count
