"""A whole installation with a bakery in it, and its owner's browser as phone and as desktop."""

import datetime as dt
import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
)
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
def bakery(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Bakery:
    """The bakery that tests look at, with a year of sales; what they change they make anew."""
    bakery = open_bakery(installation, "olga@corner-bakery.example")
    _import_sales(bakery, tmp_path_factory.mktemp("till") / "sales.csv")
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


def _import_sales(bakery: Bakery, file: Path) -> None:
    api, path = bakery.api, f"/shops/{bakery.shop_id}"
    file.write_text(sales_csv(dt.date.today()))  # noqa: DTZ011 - sales until the day of the test
    with file.open("rb") as opened:
        batch = api.call("POST", f"{path}/imports", files={"file": (file.name, opened)})
    mapping = {column["guess"]: column["index"] for column in batch["columns"] if column["guess"]}
    api.call("POST", f"{path}/imports/{batch['id']}/run", json={"mapping": mapping})
    api.wait(f"{path}/imports/{batch['id']}", lambda found: found["state"] == "done", "an import")
    api.wait(f"{path}/scores", lambda found: True, "scores")


def sales_csv(today: dt.date) -> str:
    """A year of sales: everybody comes in a rhythm of their own, and some have stopped coming."""
    chance = random.Random(7)
    lines = ["customer,name,date,total"]
    for number in range(ALL_CUSTOMERS):
        gap_days = chance.randint(4, 25)
        stopped_days = chance.randint(90, 150) if number < LOST_CUSTOMERS else 0
        day = today - dt.timedelta(days=365 - number)
        while day < today - dt.timedelta(days=stopped_days):
            amount = chance.randint(300, 4000) / 100
            lines.append(f"K{number:03},Customer {number:03},{day.isoformat()},{amount:.2f}")
            day += dt.timedelta(days=chance.randint(gap_days - 2, gap_days + 2))
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session", params=VIEWPORTS)
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    """A phone and a desktop: every test that opens a page runs on both."""
    width, height = VIEWPORTS[request.param]
    return {"width": width, "height": height}


@pytest.fixture
def page(browser: Browser, viewport: ViewportSize) -> Iterator[Page]:
    """A page of a browser that nobody has signed in with."""
    context = new_context(browser, viewport)
    with watched_page(context) as page:
        yield page
    context.close()


@pytest.fixture(scope="module")
def owner_context(browser: Browser, viewport: ViewportSize, bakery: Bakery) -> BrowserContext:
    """The owner's browser, signed in once for the tests of a file."""
    context = new_context(browser, viewport)
    page = context.new_page()
    enter(page, bakery.url, bakery.login)
    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    page.close()
    return context


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
    locale: str = "en-GB",
    timezone_id: str = "America/New_York",
) -> BrowserContext:
    """Open a browser with cookies of its own, far from the shop."""
    context = browser.new_context(viewport=viewport, locale=locale, timezone_id=timezone_id)
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


def enter(page: Page, url: str, login: str, password: str = PASSWORD) -> None:
    """Open an address of the client signed in, by the API: the form has tests of its own."""
    found = urlsplit(url)
    answer = page.request.post(
        f"{found.scheme}://{found.netloc}/api/v1/tokens",
        data={"login": login, "password": password},
    )
    expect(answer).to_be_ok()
    page.goto(url)
