"""axe on every page, light and dark, and the way around by keyboard."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.conftest import repository
from tests.installation import Installation
from tests.web.conftest import Bakery, go, is_sideways, settled, watched_page

AXE = repository() / "cloud/web/node_modules/axe-core/axe.min.js"
PAGES = (
    "",
    "/day",
    "/customers",
    "/customers/duplicates",
    "/insights",
    "/what-if",
    "/sale",
    "/import",
    "/start",
    "/shop",
    "/shop/profile",
    "/shop/hours",
    "/shop/devices",
    "/shop/products",
    "/shop/staff",
    "/shop/privacy",
    "/shop/privacy/audit",
    "/account",
    "/feedback",
    "/nothing-here",
)
OUTSIDE = ("/sign-in", "/code", "/register", "/forgot-password", "/new-password")
SIGNED_IN = ("/new-shop", "/invitation")
# by the tests of a customer's own pages, and of the administrator's
ELSEWHERE = ("/my", "/my/account", "/my/join/:slug", "/my/:slug", "/platform")
SERIOUS = {"serious", "critical"}
PAIRS = re.compile(r"/api/v1/shops/[^/]+/duplicates")
FEW = 5
# else axe describes every element that is as it should be, which takes most of its time
ONLY_FAULTS = "resultTypes: ['violations'], selectors: false"
PHONE_MOST = 600
# pages of the server that the client leads to
SERVED = ("/s/:slug",)
LINKS = """() => [...document.querySelectorAll("a[href]:not([href^='#'])")]
    .filter((link) => link.origin === location.origin).map((link) => link.pathname)"""
SMALL = """() => {
    const covers = (it) => getComputedStyle(it, "::after").position === "absolute";
    const of = (it) => /^(checkbox|radio)$/.test(it.type) && it.closest("label")
        || (covers(it) ? it.offsetParent : it);
    const inSentence = (it) => it.matches("a") && getComputedStyle(it).display === "inline"
        && it.parentElement.innerText.trim() !== it.innerText.trim();
    return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
        .filter((it) => it.checkVisibility() && it.type !== "hidden" && !inSentence(it))
        .filter((it) => {
            const box = of(it).getBoundingClientRect();
            return box.width > 1 && (box.height < 44 || box.width < 44);
        })
        .map((it) => `${it.outerHTML.slice(0, 120)} ${of(it).getBoundingClientRect().height}`);
}"""


@pytest.fixture
def any_page(owner_context: BrowserContext) -> Iterator[Page]:
    with watched_page(owner_context) as page:
        yield page


def faults_of(page: Page) -> list[str]:
    """What axe finds, as rule and place; in the dark only the colours are others."""
    page.emulate_media(color_scheme="light")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(f"axe.run({{{ONLY_FAULTS}}})")["violations"]
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(f"axe.run({{runOnly: ['color-contrast'], {ONLY_FAULTS}}})")["violations"]
    return [
        f"{page.url} {violation['id']}: {node['html']}"
        for violation in found
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


def with_few_pairs(route: Route) -> None:
    """Answer with the first pairs: sixty customers of one name take axe half a minute."""
    answer = route.fetch()
    found = answer.json()
    route.fulfill(response=answer, json={**found, "items": found["items"][:FEW]})


def test_every_page_of_the_client_is_looked_at() -> None:
    found = routes()
    of_a_shop = {f"/shops/:slug{page}" for page in (*PAGES, "/customers/:customerId")}
    known = {*OUTSIDE, *SIGNED_IN, *ELSEWHERE, *of_a_shop, "/shops/:slug/import/:importId"}
    assert found - {"/"} == known - {"/shops/:slug/nothing-here"}


def routes() -> set[str]:
    folder = repository() / "cloud/web/src"
    files = ("signed-in.tsx", "signed-out.tsx")
    return {route for file in files for route in routes_of((folder / file).read_text())}


def routes_of(source: str) -> Iterator[str]:
    """The addresses of the client; those that lead to another are among `OUTSIDE`."""
    below = ""
    for line in source.splitlines():
        if listed := re.search(r"\{\[(.+)\]\.map\(\(path\)", line):
            yield from (path for path in re.findall(r'"([^"]+)"', listed[1]) if "*" not in path)
        if named := re.search(r'path="([^"*]+)"', line):
            path = f"{below}/{named[1]}" if below else named[1]
            yield path
            if not line.rstrip().endswith("/>") and line.lstrip().startswith("<Route path"):
                below = path
        if "</Route>" in line:
            below = ""


def test_every_page_is_accessible_fits_and_leads_on(any_page: Page, bakery: Bakery) -> None:
    any_page.route(PAIRS, with_few_pairs)
    path = f"/shops/{bakery.shop_id}"
    customers = bakery.api.call("GET", f"{path}/customers", params={"limit": 1})["items"]
    imports = bakery.api.call("GET", f"{path}/imports")["items"]
    faults: list[str] = []
    links: set[str] = set()
    any_page.goto(bakery.url)
    for page in (*PAGES, f"/customers/{customers[0]['id']}", f"/import/{imports[0]['id']}"):
        go(any_page, bakery.url + page)
        settled(any_page)
        faults += faults_of(any_page) + small_targets_of(any_page)
        links |= set(any_page.evaluate(LINKS))
        assert not is_sideways(any_page), page
    assert faults == []
    assert {link for link in links if not leads_somewhere(link)} == set()


def small_targets_of(page: Page) -> list[str]:
    """What a thumb would miss; links within a sentence are as high as its lines."""
    wide = page.viewport_size is not None and page.viewport_size["width"] > PHONE_MOST
    return [] if wide else [f"{page.url} too small: {one}" for one in page.evaluate(SMALL)]


def leads_somewhere(link: str) -> bool:
    """Tell whether an address is one of the client's pages, or of the server's."""
    path = urlsplit(link).path
    return any(re.fullmatch(pattern_of(route), path) for route in (*routes(), *SERVED))


def pattern_of(route: str) -> str:
    return re.sub(r":\w+", "[^/]+", route)


def test_axe_finds_nothing_serious_outside_of_a_shop(
    page: Page, any_page: Page, bakery: Bakery, installation: Installation
) -> None:
    public = bakery.api.call("GET", f"/shops/{bakery.shop_id}")["public_url"]
    faults = []
    for path in (*OUTSIDE, public):
        page.goto(path if path == public else f"{installation.url}{path}#code")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        faults += faults_of(page) + small_targets_of(page)
    for path in SIGNED_IN:
        any_page.goto(f"{installation.url}{path}#code")
        expect(any_page.get_by_role("heading", level=1)).to_be_visible()
        faults += faults_of(any_page) + small_targets_of(any_page)
    assert faults == []


def test_nothing_moves_for_who_wants_it_still(any_page: Page, bakery: Bakery) -> None:
    any_page.emulate_media(reduced_motion="reduce")
    any_page.route("**/today", lambda route: None)  # for ever loading: the only thing that moves
    any_page.goto(bakery.url)
    expect(any_page.locator("[aria-busy=true]").first).to_be_visible()
    assert any_page.evaluate("document.getAnimations().length") == 0


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
