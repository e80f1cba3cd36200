"""A whole installation with a bakery in it, and its owner's browser as phone and as desktop."""

import datetime as dt
import itertools
import random
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, LiteralString
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    expect,
)
from psycopg.types.json import Jsonb
from sqlalchemy.engine import URL

from cloud.app.jobs.broker import BrokerFolder
from simulators.api import Api
from simulators.device import Credential
from tests.conftest import create_database, execute_at, settings_for
from tests.installation import Installation, running
from tests.waiting import WITHIN_S

VIEWPORTS = {"phone": (360, 740), "desktop": (1280, 800)}
AT_PHONE_SIZE = pytest.mark.parametrize("viewport", ["phone"], indirect=True)
PASSWORD = "correct horse battery"
PRODUCTS = "name,price,cost\nRye bread,4.50,1.20\nButter,0.90,0.50\nHoney,0.80,0.30\n"
ALL_CUSTOMERS = 60
LOST_CUSTOMERS = 15


@dataclass(frozen=True)
class Bakery:
    """A shop, its owner's sign-in, its address in the client, and its door."""

    api: Api
    login: str
    url: str
    shop_id: str
    door: Credential


@pytest.fixture(scope="session")
def installation(
    postgres: URL,
    migrated_database: str,
    mosquitto: BrokerFolder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """API, ingest and worker, shared by the tests of this process."""
    create_database(postgres, "web", template=migrated_database)
    settings = settings_for(postgres, "web")
    logs = tmp_path_factory.mktemp("logs")
    with running(settings, mosquitto, logs, "api", "ingest", "worker") as processes:
        yield processes


@pytest.fixture(autouse=True)
def fresh_limits(postgres: URL, installation: Installation) -> None:
    """Every test may try as often as anybody: the fast ones would use up one login's minute."""
    execute_at(postgres.set(database="web"), "DELETE FROM rate_limit")


@pytest.fixture(scope="session")
def bakery(installation: Installation) -> Bakery:
    """The bakery that tests only look at, with a year of sales: what one changes, others see."""
    bakery = with_sales(open_bakery(installation, "olga@corner-bakery.example"))
    api = Looking(installation.url)
    api.sign_in(bakery.login, PASSWORD)
    return replace(bakery, api=api)


class Looking(Api):
    """Looks at shops and changes none: a test that does takes `open_own_bakery`."""

    def call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        assert not changes_shop(method, path), f"{method} {path} changes what others look at"
        return super().call(method, path, **request)


def changes_shop(method: str, url: str) -> bool:
    return "/shops/" in url and method != "GET"


def with_sales(bakery: Bakery) -> Bakery:
    """Import a year of sales into a bakery, from customers who may be written to."""
    import_file(bakery.api, bakery.shop_id, "products", PRODUCTS)
    today = dt.date.today()  # noqa: DTZ011 - sales until the day of the test
    agreed = {"channels": ["sms"], "evidence": "signed card"}
    import_file(bakery.api, bakery.shop_id, "purchases", sales_csv(today), consent=agreed)
    bakery.api.wait(f"/shops/{bakery.shop_id}/scores", lambda found: True, "scores")
    return bakery


def open_own_bakery(installation: Installation) -> Bakery:
    """Open a shop that nobody else looks at, with an owner of its own."""
    return open_bakery(installation, f"{secrets.token_hex(6)}@example.com")


def open_bakery(installation: Installation, login: str) -> Bakery:
    """Register an owner and open a shop with a door."""
    api = Api(installation.url)
    api.register_or_sign_in(name="Olga Owner", email=login, password=PASSWORD)
    profile = {"country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR", "capacity": 10}
    shop = api.call("POST", "/shops", json={"name": "Corner Bakery", **profile})
    device = api.call("POST", f"/shops/{shop['id']}/devices", json={"name": "Front door"})
    made = device["credential"]
    door = Credential(made["mqtt_host"], made["mqtt_port"], made["username"], made["password"])
    return Bakery(api, login, f"{installation.url}/shops/{shop['slug']}", shop["id"], door)


def import_file(api: Api, shop_id: str, kind: str, table: str, **answers: object) -> None:
    """Import a table as its columns are guessed."""
    path = f"/shops/{shop_id}/imports"
    file = (f"{kind}.csv", table.encode(), "text/csv")
    batch = api.call("POST", path, files={"file": file}, params={"kind": kind})
    mapping = {column["guess"]: column["index"] for column in batch["columns"] if column["guess"]}
    api.call("POST", f"{path}/{batch['id']}/run", json={"mapping": mapping, **answers})
    api.wait(f"{path}/{batch['id']}", lambda found: found["state"] == "done", f"the {kind}")


def move_to_noon(bakery: Bakery) -> ZoneInfo:
    """Move a shop to where it is about noon: no day ends during the test."""
    ahead_h = 12 - dt.datetime.now(dt.UTC).hour
    zone = f"Etc/GMT{-ahead_h:+}"  # in these names a minus is ahead of Greenwich
    bakery.api.call("PATCH", f"/shops/{bakery.shop_id}", json={"time_zone": zone})
    return ZoneInfo(zone)


def count_visitors(postgres: URL, bakery: Bakery, hours: Iterable[tuple[dt.datetime, int]]) -> None:
    """Say what the door has counted in hours of days before, as the worker writes it down."""
    site = bakery.api.call("GET", f"/shops/{bakery.shop_id}/sites")["items"][0]["id"]
    rows = [
        (bakery.shop_id, site, at.replace(minute=0, second=0, microsecond=0), at.date(), at.hour,
         count, count)
        for at, count in hours
    ]  # fmt: skip
    _insert_all(
        postgres,
        "INSERT INTO footfall_hour (shop_id, site_id, starts_at, date, hour, entries, exits,"
        " ambiguous) VALUES (%s, %s, %s, %s, %s, %s, %s, 0)",
        rows,
    )


def move_door(postgres: URL, bakery: Bakery, moves: Iterable[tuple[dt.datetime, bool]]) -> None:
    """Say when the door was opened and closed on days before, as ingest writes it down."""
    device = bakery.api.call("GET", f"/shops/{bakery.shop_id}/devices")["items"][0]["id"]
    site = bakery.api.call("GET", f"/shops/{bakery.shop_id}/sites")["items"][0]["id"]
    rows = [
        (bakery.shop_id, device, number, site, at, at, Jsonb({"open": is_open}))
        for number, (at, is_open) in enumerate(moves, start=1)
    ]
    _insert_all(
        postgres,
        "INSERT INTO event (shop_id, device_id, boot, sequence, site_id, kind, occurred_at,"
        " received_at, time_source, up_ms, body)"
        " VALUES (%s, %s, 1, %s, %s, 'door', %s, %s, 'device', 1, %s)",
        rows,
    )


def _insert_all(postgres: URL, statement: LiteralString, rows: Sequence[Sequence[object]]) -> None:
    url = postgres.set(drivername="postgresql", database="web")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.cursor().executemany(statement, rows)


def sales_csv(today: dt.date) -> str:
    """A year of sales: everybody comes in a rhythm of their own, and some have stopped coming."""
    chance, shelf = random.Random(7), random.Random(8)
    lines = ["customer,name,phone,receipt,date,product,total"]
    receipts = itertools.count(1)
    for number in range(ALL_CUSTOMERS):
        who = f"K{number:03},Customer {number:03},+4930901{number:03}"
        gap_days = chance.randint(4, 25)
        stopped_days = chance.randint(90, 150) if number < LOST_CUSTOMERS else 0
        day = today - dt.timedelta(days=365 - number)
        while day < today - dt.timedelta(days=stopped_days):
            receipt = f"R{next(receipts):05},{day.isoformat()}"
            basket = _basket(10 * chance.randint(300, 4000), shelf)
            lines += [f"{who},{receipt},{what},{cents / 100:.2f}" for what, cents in basket]
            day += dt.timedelta(days=chance.randint(gap_days - 2, gap_days + 2))
    return "\n".join(lines) + "\n"


def _basket(cents: int, shelf: random.Random) -> list[tuple[str, int]]:
    """What somebody buys for an amount: with rye bread often butter, and then honey."""
    first = shelf.choice(("Rye bread", "Rolls", "Cake", "Coffee"))
    with_it = [("Butter", 90), ("Honey", 80)][: shelf.choice((0, 1, 2, 2))]
    more = with_it if first == "Rye bread" else []
    return [(first, cents - sum(price for _, price in more)), *more]


@pytest.fixture(scope="session", params=VIEWPORTS)
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    """A phone and a desktop: every test that opens a page runs on both."""
    width, height = VIEWPORTS[request.param]
    return {"width": width, "height": height}


@pytest.fixture
def keeps_client() -> bool:
    """Whether the client is kept on the device: a hundred files that most tests do not need."""
    return False


@pytest.fixture
def page(browser: Browser, viewport: ViewportSize, keeps_client: bool) -> Iterator[Page]:
    """A page of a browser that nobody has signed in with."""
    context = new_context(browser, viewport, keeps_client=keeps_client)
    with watched_page(context) as page:
        yield page
    context.close()


@pytest.fixture(scope="module")
def owner_context(
    browser: Browser, viewport: ViewportSize, bakery: Bakery
) -> Iterator[BrowserContext]:
    """The owner's browser, signed in once for the tests of a file, which only look."""
    context = new_context(browser, viewport)
    changes: list[str] = []
    context.on("request", lambda request: changes.extend(_changes(request)))
    page = context.new_page()
    enter(page, bakery.url, bakery.login)
    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    page.close()
    yield context
    assert changes == [], "the bakery is what others look at"


def _changes(request: Request) -> list[str]:
    method, url = request.method, request.url
    return [f"{method} {url}"] if changes_shop(method, url) else []


@pytest.fixture
def owner_page(owner_context: BrowserContext, bakery: Bakery) -> Iterator[Page]:
    """The bakery's Today in the owner's browser."""
    with watched_page(owner_context) as page:
        page.goto(bakery.url)
        expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
        yield page


def new_context(
    browser: Browser,
    viewport: ViewportSize,
    *,
    locale: str = "en-GB",
    timezone_id: str = "America/New_York",
    keeps_client: bool = False,
) -> BrowserContext:
    """Open a browser with cookies of its own, far from the shop."""
    context = browser.new_context(
        viewport=viewport,
        locale=locale,
        timezone_id=timezone_id,
        service_workers="allow" if keeps_client else "block",
    )
    context.set_default_timeout(WITHIN_S * 1000)
    return context


@contextmanager
def watched_page(context: BrowserContext) -> Iterator[Page]:
    """Open a page; fail on errors that a person would not see, and where it is too wide."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.extend(_faults(message)))
    yield page
    is_too_wide = is_sideways(page)
    page.unroute_all(behavior="ignoreErrors")  # what is under way is not waited for
    page.close()
    assert faults == []
    assert not is_too_wide, "the page is wider than the screen"


def is_sideways(page: Page) -> bool:
    """Tell whether a page is wider than its screen."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return wide


def _faults(message: ConsoleMessage) -> list[str]:
    # the browser reports every refused request itself, such as a wrong password
    is_fault = message.type == "error" and "Failed to load resource" not in message.text
    return [message.text] if is_fault else []


def sign_in(page: Page, url: str, login: str, password: str = PASSWORD) -> None:
    """Fill in the sign-in at an address of the client."""
    page.goto(url)
    page.get_by_label("Email or phone").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def go(page: Page, url: str) -> None:
    """Go to another page of the client as its links do, without loading the client anew."""
    page.evaluate(
        """url => {
            history.pushState(null, "", url);
            dispatchEvent(new PopStateEvent("popstate", {state: null}));
        }""",
        url,
    )


def wait_for_offline_shell(page: Page) -> None:
    """Wait until the client is kept on the device."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def settled(page: Page) -> None:
    """Wait until a page has its heading, and everything that it asked for."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def enter(page: Page, url: str, login: str, password: str = PASSWORD) -> None:
    """Open an address of the client signed in, by the API: the form has tests of its own."""
    found = urlsplit(url)
    answer = page.request.post(
        f"{found.scheme}://{found.netloc}/api/v1/tokens",
        data={"login": login, "password": password},
    )
    expect(answer).to_be_ok()
    page.goto(url)
