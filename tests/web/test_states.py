"""Every page while it loads, when it fails, without a network, and with nothing to show yet."""

import re

from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from tests.installation import Installation
from tests.web.conftest import (
    AT_PHONE_SIZE,
    Bakery,
    enter,
    go,
    is_sideways,
    new_context,
    open_own_bakery,
    settled,
)
from tests.web.test_accessibility import PAGES, faults_of

# everything but who is signed in, without which there is no page of a shop at all
ANSWERS = re.compile(r"/api/v1/(shops/[^/]+(/|$)|me/.|public/)")
NOWHERE = "00000000-0000-4000-8000-000000000000"
WITHOUT_ANSWERS = {"/nothing-here"}
ASKING = (
    *(page for page in PAGES if page not in WITHOUT_ANSWERS),
    f"/customers/{NOWHERE}",
    f"/import/{NOWHERE}",
)
# what the page is about is missing, and with it all of the page
ALONE = {"", f"/customers/{NOWHERE}", f"/import/{NOWHERE}"}
EMPTY = {
    "": "No purchases to learn from yet",
    "/day": "Nothing was reported",
    "/customers": "No customers yet",
    "/customers/duplicates": "Nobody is known twice",
    "/insights": "Nothing to show yet",
    "/what-if": "Nothing to show yet",
    "/sale": "No sale is recorded yet.",
    "/import": "Nothing imported yet",
    "/shop/hours": "No day has hours of its own",
    "/shop/products": "No products yet",
    "/feedback": "Nothing waits",
}


def refused(route: Route) -> None:
    # not one of those that are tried again before they are told
    route.fulfill(status=409, json={"status": 409})


def hanging(_route: Route) -> None:
    """Give no answer, and no end."""


def test_every_page_that_fails_says_so_under_a_heading(owner_page: Page, bakery: Bakery) -> None:
    owner_page.route(ANSWERS, refused)
    owner_page.goto(bakery.url)
    faults = []
    for path in ASKING:
        go(owner_page, bakery.url + path)
        main = owner_page.get_by_role("main")
        failed = main.get_by_role("alert").filter(has_text="This did not work").first
        expect(failed, path).to_be_visible()
        expect(failed.get_by_role("button", name="Try again"), path).to_be_visible()
        expect(owner_page.get_by_role("heading", level=1), path).to_have_count(1)
        if path in ALONE:  # on the others it stands among what axe has looked at elsewhere
            faults += faults_of(owner_page)
        assert not is_sideways(owner_page), path
    assert faults == []


@AT_PHONE_SIZE
def test_every_page_says_that_it_loads(owner_page: Page, bakery: Bakery) -> None:
    owner_page.route(ANSWERS, hanging)
    owner_page.goto(bakery.url)
    for path in ASKING:
        go(owner_page, bakery.url + path)
        loading = owner_page.get_by_role("main").locator("[aria-busy=true]")
        expect(loading.first, path).to_be_visible()
        expect(loading.first, path).to_have_text("Loading…")
        expect(owner_page.get_by_role("heading", level=1), path).to_have_count(1)
    owner_page.unroute_all(behavior="ignoreErrors")


@AT_PHONE_SIZE
def test_every_page_without_a_network_says_since_when_it_is(page: Page, bakery: Bakery) -> None:
    enter(page, bakery.url, bakery.login)
    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    for path in PAGES:
        go(page, bakery.url + path)
        settled(page)
    page.context.set_offline(True)
    note = page.get_by_role("complementary", name="No connection.")
    for path in PAGES:
        go(page, bakery.url + path)
        expect(note, path).to_contain_text(re.compile(r"What you see is from .*\d\d:\d\d"))
        expect(page.get_by_role("heading", level=1), path).to_have_count(1)
        assert not is_sideways(page), path
    assert faults_of(page) == []
    page.context.set_offline(False)
    expect(note).to_have_count(0)


def test_a_new_shop_has_nothing_to_show_and_says_what_it_takes(
    page: Page, installation: Installation
) -> None:
    bakery = open_own_bakery(installation)
    enter(page, bakery.url, bakery.login)
    for path, text in EMPTY.items():
        go(page, bakery.url + path)
        expect(page.get_by_role("main").get_by_text(text), path).to_be_visible()
        settled(page)
        assert not is_sideways(page), path
    go(page, f"{bakery.url}/insights")
    expect(page.get_by_text("Too few days were counted at the door")).to_be_visible()
    expect(page.get_by_text("Needs opening hours and a sensor at the door.")).to_be_visible()


@AT_PHONE_SIZE
def test_a_page_whose_code_does_not_come_says_so_and_leaves_the_others(
    browser: Browser, viewport: ViewportSize, bakery: Bakery
) -> None:
    context = new_context(browser, viewport)
    page = context.new_page()  # not watched: the browser tells of what is caught, too
    page.route(re.compile(r"/assets/insights-[^/]*\.js"), lambda route: route.abort())
    enter(page, bakery.url, bakery.login)
    page.get_by_role("link", name="Insights").click()
    expect(page.get_by_role("heading", name="This did not work", level=1)).to_be_visible()
    page.get_by_role("link", name="Shop", exact=True).click()
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    page.go_back()
    page.unroute_all(behavior="wait")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Insights", level=1)).to_be_visible()
    context.close()
