"""axe on every page, light and dark, and the way around by keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import repository
from tests.web.conftest import Bakery, watched_page

AXE = repository() / "cloud/web/node_modules/axe-core/axe.min.js"
PAGES = (
    "",
    "/customers",
    "/insights",
    "/sale",
    "/import",
    "/start",
    "/shop",
    "/shop/profile",
    "/shop/hours",
    "/shop/devices",
    "/shop/privacy",
    "/nothing-here",
)
SERIOUS = {"serious", "critical"}


@pytest.fixture
def any_page(owner_context: BrowserContext) -> Iterator[Page]:
    with watched_page(owner_context) as page:
        yield page


def faults_of(page: Page) -> list[str]:
    """What axe finds, as rule and place."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")
    return [
        f"{page.url} {violation['id']}: {node['html']}"
        for violation in found["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(any_page: Page, bakery: Bakery, scheme: str) -> None:
    any_page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    customers = bakery.api.call("GET", f"/shops/{bakery.shop_id}/customers", params={"limit": 1})
    faults = []
    for path in (*PAGES, f"/customers/{customers['items'][0]['id']}"):
        any_page.goto(bakery.url + path)
        expect(any_page.locator("[aria-busy=true]")).to_have_count(0)
        faults += faults_of(any_page)
    assert faults == []


def test_axe_finds_nothing_serious_before_signing_in(page: Page, bakery: Bakery) -> None:
    page.goto(bakery.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert faults_of(page) == []


def test_the_keyboard_leads_past_the_menu_and_through_it(any_page: Page, bakery: Bakery) -> None:
    any_page.goto(bakery.url)
    expect(any_page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    any_page.keyboard.press("Tab")
    expect(any_page.get_by_role("link", name="Skip to the content")).to_be_focused()
    any_page.keyboard.press("Enter")
    expect(any_page.get_by_role("main")).to_be_focused()
    any_page.get_by_role("link", name="Insights").focus()
    any_page.keyboard.press("Enter")
    expect(any_page.get_by_role("heading", name="Insights", level=1)).to_be_visible()
    expect(any_page.get_by_role("main")).to_be_focused()
