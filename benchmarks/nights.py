"""A shop of the simulated town in a real database, and how long the worker's nights there take."""

import dataclasses
import datetime as dt
import tempfile
import time
import uuid
from pathlib import Path

import psycopg

from benchmarks.house import running_postgres
from benchmarks.import_speed import open_shop, settings_of
from cloud.app.jobs.database import upgrade_database
from cloud.app.jobs.runs import Scorer, score_for_night
from cloud.app.jobs.sessions import job_sessions
from cloud.app.settings import Settings
from cloud.ml.artifacts import key_from
from simulators.town import BAKERY, amount_minor, make_shop

TODAY = dt.date(2026, 1, 1)
# a busier bakery than that of the town: some twenty purchases a customer
RATE_A_DAY = 0.26
COPIES = {
    "membership": "shop_id, id, name, reference",
    "product": "shop_id, id, name, price_minor, cost_minor",
    "purchase": "shop_id, id, membership_id, occurred_at, amount_minor, currency, source",
    "purchase_line": "shop_id, purchase_id, line, product_id, quantity, amount_minor",
}


@dataclasses.dataclass(frozen=True)
class Night:
    """How long a night took, and of this the worker's own time on a core."""

    seconds: float
    core_s: float


@dataclasses.dataclass(frozen=True)
class Nights:
    """How many purchases there were, and the first night and a later one."""

    purchases: int
    first: Night
    later: Night


def nights(n_customers: int) -> Nights:
    """Time a shop's first night, and the next one after a sale: database included, both ways."""
    with (
        tempfile.TemporaryDirectory(prefix="bell-") as name,
        running_postgres(Path(name) / "pg") as database,
    ):
        settings = settings_of(database)
        upgrade_database(settings)
        shop_id = open_shop(settings)
        purchases = _fill(settings, shop_id, n_customers)
        scorer = Scorer(job_sessions(settings), key_from(settings.secret_key))
        try:
            now = dt.datetime.combine(TODAY, dt.time(3), dt.UTC)
            first = _night(scorer, shop_id, now)
            _sell_once_more(settings, shop_id, now)
            later = _night(scorer, shop_id, now + dt.timedelta(days=1))
        finally:
            scorer.sessions.kw["bind"].dispose()
    return Nights(purchases, first, later)


def _night(scorer: Scorer, shop_id: uuid.UUID, now: dt.datetime) -> Night:
    start, core_start = time.perf_counter(), time.process_time()
    if not score_for_night(scorer, shop_id, now):
        raise RuntimeError("expected a night that is due, found none")
    return Night(time.perf_counter() - start, time.process_time() - core_start)


def _fill(settings: Settings, shop_id: uuid.UUID, n_customers: int) -> int:
    """Store a year and a half of the town's bakery; return the number of purchases."""
    plan = dataclasses.replace(BAKERY, n_customers=n_customers, rate_mean=RATE_A_DAY)
    shop = make_shop(plan, today=TODAY, seed=3)
    products = {product: uuid.uuid4() for product in plan.products}
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in COPIES}
    rows["product"] = [
        (shop_id, id_, product.name, product.price_minor, product.price_minor // 2)
        for product, id_ in products.items()
    ]
    for customer in shop.customers:
        member = uuid.uuid4()
        rows["membership"].append((shop_id, member, customer.name, customer.reference))
        for sale in customer.sales:
            receipt, at = uuid.uuid4(), sale.at.replace(tzinfo=dt.UTC)
            total = amount_minor(sale.lines)
            rows["purchase"].append((shop_id, receipt, member, at, total, "EUR", "till"))
            rows["purchase_line"] += [
                (shop_id, receipt, number, products[line.product], line.quantity,
                 line.quantity * line.product.price_minor)
                for number, line in enumerate(sale.lines)
            ]  # fmt: skip
    url = settings.owner_url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        for name, columns in COPIES.items():
            with connection.cursor().copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
                for row in rows[name]:
                    copy.write_row(row)
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")  # as the server does by itself some minutes later
    return len(rows["purchase"])


def _sell_once_more(settings: Settings, shop_id: uuid.UUID, at: dt.datetime) -> None:
    """Without a new sale the next night would have nothing to do."""
    url = settings.owner_url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.execute(
            "INSERT INTO purchase (shop_id, id, membership_id, occurred_at, amount_minor, currency,"
            " source) SELECT shop_id, gen_random_uuid(), id, %s, 500, 'EUR', 'till'"
            " FROM membership WHERE shop_id = %s LIMIT 1",
            (at, shop_id),
        )
