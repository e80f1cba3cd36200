"""The API on its own house for the web benchmarks: an owner with a shop of many customers."""

import contextlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.house import House, house
from simulators.api import Api
from tests.installation import running

LOGIN = "owner@bench.example"
PASSWORD = "a password for one run"
DRIVERS = ["usually every 9 days, now 26", "spending clearly raises the risk"]


@dataclass(frozen=True)
class Site:
    """Where the client, the shop in it, and its public page are found."""

    url: str
    shop_url: str
    public_url: str


@contextlib.contextmanager
def web_house(n_customers: int) -> Iterator[Site]:
    """Run the API with one shop that has so many customers."""
    with (
        house(1) as found,
        running(found.settings, found.broker.folder, found.folder, "api") as installation,
    ):
        api = Api(installation.url)
        api.register_or_sign_in(name="Owner", email=LOGIN, password=PASSWORD)
        profile = {"country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR"}
        shop = api.call("POST", "/shops", json={"name": "Bench Bakery", **profile})
        _add_customers(found, uuid.UUID(shop["id"]), n_customers)
        yield Site(installation.url, f"{installation.url}/shops/{shop['slug']}", shop["public_url"])


def _add_customers(found: House, shop_id: uuid.UUID, count: int) -> None:
    """Add customers with their scores: rows without reasons would be drawn too soon."""
    with found.connect() as connection:
        connection.execute(
            "INSERT INTO membership (shop_id, id, name, reference)"
            " SELECT %s, gen_random_uuid(), 'Customer ' || n, n::text"
            " FROM generate_series(1, %s) AS n",
            (shop_id, count),
        )
        connection.execute(
            "INSERT INTO score_run (shop_id, id, as_of, horizon_days, model, verdict, summary)"
            " VALUES (%s, gen_random_uuid(), current_date, 60, 'bench', 'good', %s)",
            (shop_id, json.dumps({"kpis": {"customers": count}, "reason": "a benchmark"})),
        )
        connection.execute(
            "INSERT INTO score (shop_id, membership_id, run_id, visits, days_since_last_visit,"
            " tenure_days, segment, tier, churn_probability, risk, revenue_at_risk_minor, drivers)"
            " SELECT shop_id, membership.id, score_run.id, 8, 26, 400, 'At Risk', 'Gold',"
            " 0.62, 'high', 1000 + reference::int, %s"
            " FROM membership JOIN score_run USING (shop_id) WHERE shop_id = %s",
            (json.dumps(DRIVERS), shop_id),
        )
