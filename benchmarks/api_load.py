"""50 people at work on a shop of 10,000 customers and 500,000 purchases: how long they wait.

The API runs as the Procfile says, with as many processes as it has without WEB_CONCURRENCY. Each of
the 50 clients opens a page, reads it for 1 to 3 s, and opens the next (docs/decisions/0085). The
same clients are then let loose without any pause: what the machine can answer at most, and how long
a queue of 50 is.

More questions are asked without load: what does a request cost the processors, does a longer page
take more than its share of time, and do the queries of a request stay the same in number for a
longer page and for a larger shop? The cost is that of the API and of the database, and hardly
changes with what else the machine does; waits do.
"""

import datetime as dt
import multiprocessing
import random
import statistics
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import psycopg
import requests
from flask import Flask
from sqlalchemy import event

from benchmarks.house import House, cpu_s, house, percentile
from benchmarks.report import Figure, Options, at_most, main, plain
from cloud.app.api.app import create_app
from cloud.app.api.database import db
from simulators.api import Api
from tests.installation import running

CLIENTS = 50
THINK_S = (1.0, 3.0)
NO_PAUSE_S = (0.0, 0.0)
P99_GOAL_MS = 120
YEARS = 2
LOGIN = "owner@bench.example"
PASSWORD = "a password for one run"
PROFILE = {"country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR"}
HOURS = "Mo-Sa 08:00-19:00"
PAGE_SIZES = (10, 20, 50, 100)
REPEATS = 25
# the system counts the time of a processor in hundredths of a second
COUNTED_REQUESTS = 100
# which compare each customer with all others
COUNTED_COMPARISONS = 10
WARMING_SHARE = 0.2

_spawn = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Visited:
    """A shop, and some of its customers to look at."""

    shop_id: str
    customer_ids: list[str]


@dataclass(frozen=True)
class Ask:
    """One request; a page of the client may need several."""

    method: str
    path: str
    body: dict[str, object] | None = None
    # where a page asks for several things
    part: str = ""


def measure(options: Options) -> list[Figure]:
    """Make the shop, let the clients work, then ask for pages of several lengths."""
    customers, purchases = (10_000, 500_000) if options.is_full else (300, 3_000)
    seconds = 90.0 if options.is_full else 5.0
    with (
        house(1) as found,
        running(
            found.settings, found.broker.folder, found.folder, "api", WEB_CONCURRENCY="2"
        ) as installation,
    ):
        shop = filled_shop(found, installation.url, customers, purchases)
        small = filled_shop(found, installation.url, customers // 10, purchases // 10)
        costs_ms = costs(
            installation.url, shop, {"api": installation.pid("api"), "database": found.database.pid}
        )
        times_ms = load(installation.url, shop, seconds, THINK_S)
        crowded_ms = load(installation.url, shop, seconds / 3, NO_PAUSE_S)
        by_size = page_times(installation.url, shop)
        queries = counted_queries(found, shop, small)
    return [
        plain("customers in the shop", customers, "customers"),
        plain("purchases in the shop", purchases, "purchases"),
        plain("clients, each a person who reads a page before the next", CLIENTS, "clients"),
        plain("pause of a client, from", THINK_S[0], "s"),
        plain("pause of a client, to", THINK_S[1], "s"),
        plain("requests", sum(map(len, times_ms.values())), "requests"),
        plain("requests a second", _rate(times_ms, seconds), "requests/s"),
        *_waits(times_ms),
        *_without_pause(crowded_ms, seconds / 3),
        *_costs(costs_ms),
        *_growth(by_size),
        *_query_counts(queries),
    ]


def filled_shop(found: House, url: str, customers: int, purchases: int) -> Visited:
    """Open a shop by the API as its owner would, and fill it behind the API's back."""
    api = signed_in(url)
    shop = api.call("POST", "/shops", json={"name": "Bakery", "opening_hours": HOURS, **PROFILE})
    with found.connect() as connection:
        fill(connection, uuid.UUID(shop["id"]), customers, purchases)
        rows = connection.execute(
            "SELECT id::text FROM membership WHERE shop_id = %s ORDER BY reference::int LIMIT 200",
            (shop["id"],),
        ).fetchall()
    return Visited(shop["id"], [row[0] for row in rows])


def signed_in(url: str) -> Api:
    """Return the API as the owner sees it."""
    api = Api(url)
    api.register_or_sign_in(name="Owner", email=LOGIN, password=PASSWORD)
    return api


def token_of(url: str) -> str:
    """Sign in once for all clients: how often somebody signs in is limited."""
    body = {"login": LOGIN, "password": PASSWORD}
    return str(Api(url).call("POST", "/tokens", json=body)["access_token"])


def fill(
    connection: psycopg.Connection, shop_id: uuid.UUID, customers: int, purchases: int
) -> None:
    """Give a shop customers with purchases, scores and consents, and people at its door."""
    given = {
        "shop": shop_id,
        "customers": customers,
        "purchases": purchases,
        "days": YEARS * 365,
        "device": f"bench-{shop_id.hex[:8]}",
    }
    with connection.transaction():
        # the totals are counted once, as an import does
        connection.execute("SET LOCAL app.totals_later = 'on'")
        for statement in _FILLING:
            connection.execute(statement, given)
    connection.execute("ANALYZE")


_FILLING = (
    """
    INSERT INTO membership (shop_id, id, name, reference, phone, email, tags)
    SELECT %(shop)s, gen_random_uuid(),
        (ARRAY['Asha', 'Bela', 'Carla', 'Deniz', 'Emil', 'Fatma', 'Greta', 'Hamid'])[1 + n %% 8]
            || ' ' || initcap(translate(left(md5(n::text), 8), '0123456789', 'aeiourlnst')),
        n::text,
        '+4915' || lpad(n::text, 9, '0'), 'c' || n || '@bench.example',
        CASE WHEN n %% 10 = 0 THEN '["regular"]'::jsonb ELSE '[]'::jsonb END
    FROM generate_series(1, %(customers)s) AS n
    """,
    """
    INSERT INTO purchase (shop_id, id, membership_id, occurred_at, amount_minor, currency, source)
    SELECT %(shop)s, gen_random_uuid(), m.id,
        date_trunc('minute', now() - random() * %(days)s * interval '1 day'),
        100 + floor(random() * 4000)::int, 'EUR', 'api'
    FROM generate_series(0, %(purchases)s - 1) AS n
        JOIN membership m ON m.shop_id = %(shop)s AND m.reference = (n %% %(customers)s + 1)::text
    """,
    """
    SELECT total_members(%(shop)s, array_agg(id)) FROM membership WHERE shop_id = %(shop)s
    """,
    """
    INSERT INTO score_run (shop_id, id, as_of, horizon_days, model, verdict, summary)
    VALUES (%(shop)s, gen_random_uuid(), current_date, 60, 'recency', 'usable', '{"kpis": {}}')
    """,
    """
    INSERT INTO score (shop_id, membership_id, run_id, visits, days_since_last_visit, tenure_days,
        usual_gap_days, segment, tier, churn_probability, risk, clv_minor, revenue_at_risk_minor,
        drivers, action, action_channel, action_value_minor, action_cost_minor, action_reason)
    SELECT m.shop_id, m.id, r.id, m.visits, n, 700, 20,
        (ARRAY['Loyal', 'New', 'Slipping'])[1 + n %% 3],
        (ARRAY['Platinum', 'Gold', 'Silver', 'Bronze'])[1 + n %% 4], (n %% 100) / 100.0,
        (ARRAY['low', 'medium', 'high'])[1 + n %% 3], n * 37 %% 50000, n * 53 %% 9000,
        jsonb_build_array(
            'usually every 20 days, now ' || n, 'days since last visit raises the risk'),
        CASE WHEN n %% 5 = 0 THEN 'offer' END, CASE WHEN n %% 5 = 0 THEN 'sms' END,
        CASE WHEN n %% 5 = 0 THEN n %% 700 END, CASE WHEN n %% 5 = 0 THEN 8 END,
        CASE WHEN n %% 5 = 0 THEN 'Usually every 20 days, now ' || n || '; lost with 40%%, worth '
            || n %% 700 || '.00 if kept. An offer prevents 20%% of losses (an assumption).'
            ELSE 'Not due yet: usually every 20 days, now ' || n || '.' END
    FROM membership m JOIN score_run r ON r.shop_id = m.shop_id,
        LATERAL (SELECT m.reference::int AS n) AS numbered
    WHERE m.shop_id = %(shop)s
    """,
    """
    INSERT INTO consent_event
        (shop_id, id, membership_id, channel, purpose, action, source, evidence)
    SELECT shop_id, gen_random_uuid(), id, 'sms', 'marketing', 'grant', 'owner', 'on paper'
    FROM membership WHERE shop_id = %(shop)s AND reference::int %% 2 = 0
    """,
    """
    INSERT INTO outreach (shop_id, id, membership_id, outcome, action, channel, until)
    SELECT shop_id, gen_random_uuid(), id, 'done', 'offer', 'sms', now() + interval '7 days'
    FROM membership WHERE shop_id = %(shop)s AND reference::int %% 20 = 0
    """,
    """
    INSERT INTO device (shop_id, id, site_id, name)
    SELECT shop_id, %(device)s, id, 'Front door' FROM site WHERE shop_id = %(shop)s
    """,
    """
    INSERT INTO event
        (shop_id, device_id, boot, sequence, site_id, kind, occurred_at, time_source, up_ms, body)
    SELECT d.shop_id, d.id, 1, n, d.site_id, 'passage', now() - n * interval '1 minute', 'device',
        n, jsonb_build_object('direction', CASE WHEN n %% 2 = 0 THEN 'in' ELSE 'out' END)
    FROM device d, generate_series(1, 500) AS n WHERE d.shop_id = %(shop)s
    """,
    """
    INSERT INTO footfall_hour
        (shop_id, site_id, starts_at, date, hour, entries, exits, ambiguous)
    SELECT s.shop_id, s.id, local AT TIME ZONE 'Europe/Berlin', local::date,
        extract(hour FROM local), 5 + floor(random() * 30)::int, 10, 0
    FROM site s, generate_series(current_date - 60, current_date - 1, interval '1 day') AS day,
        generate_series(8, 18) AS hour,
        LATERAL (SELECT day::timestamp + hour * interval '1 hour' AS local) AS at
    WHERE s.shop_id = %(shop)s
    """,
)


def pages(shop: Visited, chance: random.Random) -> dict[str, list[Ask]]:
    """Return what each page asks for."""
    of_shop = f"/shops/{shop.shop_id}"
    customer_id = chance.choice(shop.customer_ids)
    customer = f"{of_shop}/customers/{customer_id}"
    risk = chance.choice(("high", "medium"))
    sale = {
        "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "occurred_at": dt.datetime.now(dt.UTC).isoformat(),
        "amount_minor": 100 + chance.randrange(4000),
        "customer_id": customer_id,
    }
    return {
        "Today": [Ask("GET", f"{of_shop}/today")],
        "customers filtered, by value at risk": [
            Ask("GET", f"{of_shop}/customers?risk={risk}&sort=value_at_risk&limit=50")
        ],
        "customers by last visit": [Ask("GET", f"{of_shop}/customers?sort=last_visit&limit=50")],
        "customers reachable, by name": [
            Ask("GET", f"{of_shop}/customers?is_reachable=true&sort=name&limit=50")
        ],
        "customers with an action": [
            Ask("GET", f"{of_shop}/customers?has_action=true&sort=action&limit=50")
        ],
        "customers searched": [Ask("GET", f"{of_shop}/customers?search=00042&sort=spent&limit=50")],
        "customer page": [
            Ask("GET", customer, part="record"),
            Ask("GET", f"{customer}/timeline", part="timeline"),
            Ask("GET", f"{customer}/consents", part="consents"),
        ],
        "new purchase": [Ask("POST", f"{of_shop}/purchases", sale)],
    }


def costs(url: str, shop: Visited, pids: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Return the ms of a core that each request costs the processes, one client at a time."""
    client = Client(url, token_of(url))
    chance = random.Random(1)
    found = {
        name: _cost(client, [_asks(shop, chance)[name] for _ in range(COUNTED_REQUESTS)], pids)
        for name in _asks(shop, chance)
    }
    duplicates = Ask("GET", f"/shops/{shop.shop_id}/duplicates")
    return {**found, "duplicates": _cost(client, [duplicates] * COUNTED_COMPARISONS, pids)}


def _asks(shop: Visited, chance: random.Random) -> dict[str, Ask]:
    every = ((page, ask) for page, asks in pages(shop, chance).items() for ask in asks)
    return {f"{page}: {ask.part}" if ask.part else page: ask for page, ask in every}


def _cost(client: "Client", asks: Sequence[Ask], pids: Mapping[str, int]) -> dict[str, float]:
    # a retried sale is another request than a new one, so each is sent once
    warm = int(len(asks) * WARMING_SHARE)
    warming, counted = asks[:warm], asks[warm:]
    for ask in warming:
        client.timed(ask)
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    for ask in counted:
        client.timed(ask)
    used_s = {name: cpu_s(pid) - before[name] for name, pid in pids.items()}
    return {name: seconds / len(counted) * 1000 for name, seconds in used_s.items()}


def load(
    url: str, shop: Visited, seconds: float, pause_s: tuple[float, float]
) -> dict[str, list[float]]:
    """Let the clients work in a process of their own; return the waits in ms by page."""
    with _spawn.Pool(1) as pool:
        return pool.apply(load_from_here, (url, shop, seconds, pause_s))


def load_from_here(
    url: str, shop: Visited, seconds: float, pause_s: tuple[float, float]
) -> dict[str, list[float]]:
    """Let each client open pages one after another until the time is over."""
    token = token_of(url)
    end = time.perf_counter() + seconds
    with ThreadPoolExecutor(CLIENTS) as threads:
        clients = [
            threads.submit(work, Client(url, token), shop, _chance(number, pause_s), end, pause_s)
            for number in range(CLIENTS)
        ]
    times_ms: dict[str, list[float]] = defaultdict(list)
    for page, waited_ms in chain.from_iterable(client.result() for client in clients):
        times_ms[page].append(waited_ms)
    return dict(times_ms)


def _chance(number: int, pause_s: tuple[float, float]) -> random.Random:
    # of its own for each load: a sale has an id that is new
    return random.Random(f"{number} {pause_s}")


def work(
    client: "Client",
    shop: Visited,
    chance: random.Random,
    end: float,
    pause_s: tuple[float, float],
) -> list[tuple[str, float]]:
    """Open a page, read it, and so on; each request of a page counts for itself."""
    waits = []
    # people do not come in step
    time.sleep(chance.uniform(0, pause_s[1]))
    while time.perf_counter() < end:
        page, asks = chance.choice(list(pages(shop, chance).items()))
        waits += [(page, client.timed(ask)) for ask in asks]
        time.sleep(chance.uniform(*pause_s))
    return waits


class Client:
    """One browser: a connection that stays open, and a token."""

    def __init__(self, url: str, token: str) -> None:
        self._base_url = f"{url}/api/v1"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def timed(self, ask: Ask) -> float:
        """Ask, and return how long the answer took, in ms."""
        begun = time.perf_counter()
        answer = self._session.request(
            ask.method, self._base_url + ask.path, json=ask.body, timeout=30
        )
        waited_ms = (time.perf_counter() - begun) * 1000
        if not answer.ok:
            raise ConnectionError(f"{ask.method} {ask.path}: {answer.status_code} {answer.text}")
        return waited_ms


def lists(shop: Visited) -> dict[str, str]:
    """Return the lists whose pages have a length."""
    of_shop = f"/shops/{shop.shop_id}"
    return {
        "customers filtered": f"{of_shop}/customers?risk=high",
        "customers by last visit": f"{of_shop}/customers?sort=last_visit",
        "timeline of a customer": f"{of_shop}/customers/{shop.customer_ids[0]}/timeline?",
        "purchases": f"{of_shop}/purchases?",
    }


def page_times(url: str, shop: Visited) -> dict[str, list[float]]:
    """Return the median wait in ms for each of PAGE_SIZES, by list; the sizes take turns."""
    client = Client(url, token_of(url))
    found = {}
    for name, path in lists(shop).items():
        waits: list[list[float]] = [[] for _ in PAGE_SIZES]
        for _ in range(REPEATS):
            for number, size in enumerate(PAGE_SIZES):
                waits[number].append(client.timed(Ask("GET", f"{path}&limit={size}")))
        found[name] = [statistics.median(some) for some in waits]
    return found


def counted_queries(found: House, shop: Visited, small: Visited) -> dict[str, dict[str, int]]:
    """Return the queries of each request: page long and short, shop large and small."""
    app = create_app(found.settings, is_limited=False)
    with counting(app) as count:
        return {
            "page of 100 and of 1": {
                name: abs(
                    count(Ask("GET", f"{path}&limit=100")) - count(Ask("GET", f"{path}&limit=1"))
                )
                for name, path in lists(shop).items()
            },
            "large and small shop": {
                name: abs(_queries(count, shop, name) - _queries(count, small, name))
                for name in pages(shop, random.Random(0))
            },
            "each": {name: _queries(count, shop, name) for name in pages(shop, random.Random(0))},
        }


@contextmanager
def counting(app: Flask) -> Iterator[Callable[[Ask], int]]:
    """Ask the application in this process, and count the statements that leave it."""
    counter: Counter[str] = Counter()
    client = app.test_client()
    body = {"login": LOGIN, "password": PASSWORD}
    token = client.post("/api/v1/tokens", json=body).get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    def note(*_: Any) -> None:
        counter["queries"] += 1

    def count(ask: Ask) -> int:
        before = counter["queries"]
        answer = client.open(
            f"/api/v1{ask.path}", method=ask.method, json=ask.body, headers=headers
        )
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return counter["queries"] - before

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield count
    event.remove(engine, "before_cursor_execute", note)
    engine.dispose()


def _queries(count: Callable[[Ask], int], shop: Visited, page: str) -> int:
    return sum(map(count, pages(shop, random.Random(uuid.uuid4().int))[page]))


def _waits(times_ms: Mapping[str, Sequence[float]]) -> Iterator[Figure]:
    for page, waits in sorted(times_ms.items()):
        yield plain(f"{page}, p50", statistics.median(waits), "ms")
        yield at_most(f"{page}, p99", percentile(list(waits), 0.99), "ms", P99_GOAL_MS)


def _without_pause(times_ms: Mapping[str, Sequence[float]], seconds: float) -> Iterator[Figure]:
    waits = list(chain.from_iterable(times_ms.values()))
    yield plain("without any pause, requests a second", _rate(times_ms, seconds), "requests/s")
    yield plain("without any pause, p50", statistics.median(waits), "ms")
    yield plain("without any pause, p99", percentile(waits, 0.99), "ms")


def _rate(times_ms: Mapping[str, Sequence[float]], seconds: float) -> float:
    return sum(map(len, times_ms.values())) / seconds


def _costs(costs_ms: Mapping[str, Mapping[str, float]]) -> Iterator[Figure]:
    for name, used_ms in costs_ms.items():
        for process, ms in used_ms.items():
            yield plain(f"{name}, time of a core in the {process}", ms, "ms/request")


def _growth(by_size: Mapping[str, Sequence[float]]) -> Iterator[Figure]:
    """Time against page size: the steepest step, in shares of linear growth."""
    for name, medians in by_size.items():
        for size, median in zip(PAGE_SIZES, medians, strict=True):
            yield plain(f"{name}, page of {size}", median, "ms")
        steps = pairwise(zip(PAGE_SIZES, medians, strict=True))
        steepest = max((t2 / t1) / (s2 / s1) for (s1, t1), (s2, t2) in steps)
        yield at_most(f"{name}, growth of time for that of the page", steepest, "times", 1)


def _query_counts(queries: Mapping[str, Mapping[str, int]]) -> Iterator[Figure]:
    for name, number in queries["each"].items():
        yield plain(f"{name}, queries", number, "queries")
    for what in ("page of 100 and of 1", "large and small shop"):
        most = max(queries[what].values())
        yield at_most(f"queries, difference between {what}", most, "queries", 0)


if __name__ == "__main__":
    main("api_load", measure)
