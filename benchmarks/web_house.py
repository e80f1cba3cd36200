"""The API on its own house for the web benchmarks: an owner with a shop of many customers."""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.house import House, house
from simulators.api import Api
from tests.installation import running

LOGIN = "owner@bench.example"
PASSWORD = "a password for one run"


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
    with found.connect() as connection:
        connection.execute(
            "INSERT INTO membership (shop_id, id, name, reference)"
            " SELECT %s, gen_random_uuid(), 'Customer ' || n, n::text"
            " FROM generate_series(1, %s) AS n",
            (shop_id, count),
        )
