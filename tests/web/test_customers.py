"""The list of customers, and the page of one."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.installation import Installation
from tests.waiting import wait_until
from tests.web.conftest import (
    ALL_CUSTOMERS,
    AT_PHONE_SIZE,
    LOST_CUSTOMERS,
    Bakery,
    enter,
    open_own_bakery,
    with_sales,
)
from tests.web.test_accessibility import faults_of

CUSTOMERS = re.compile(r"/customers\?")


@pytest.fixture
def customers_page(owner_page: Page) -> Page:
    owner_page.get_by_role("link", name="Customers").click()
    expect(owner_page.get_by_role("table")).to_be_visible()
    return owner_page


def open_filters(page: Page) -> None:
    """On a phone the rarer filters wait behind a button; a wide screen has none."""
    button = page.get_by_role("button", name="Filter", exact=True)
    if button.is_visible():
        button.click()


def shown(page: Page, count: int) -> None:
    noun = "customer" if count == 1 else "customers"
    expect(page.get_by_role("status")).to_have_text(f"{count} {noun} shown")


def in_small_pages(route: Route) -> None:
    route.continue_(url=route.request.url.replace("limit=200", "limit=20"))


def test_everybody_can_be_scrolled_to_while_only_rows_in_sight_exist(
    customers_page: Page,
) -> None:
    shown(customers_page, ALL_CUSTOMERS)
    table = customers_page.get_by_role("table")
    expect(table).to_have_attribute("aria-rowcount", str(ALL_CUSTOMERS + 1))
    assert table.get_by_role("row").count() < ALL_CUSTOMERS
    last = table.locator(f"[aria-rowindex='{ALL_CUSTOMERS + 1}']")
    expect(last).to_have_count(0)
    customers_page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    # rows are measured when they come into sight, which may move the end a little
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()


def test_who_goes_back_is_at_the_row_that_was_left(owner_page: Page) -> None:
    # pages so small that the row stands on none of the first
    owner_page.route(CUSTOMERS, in_small_pages)
    owner_page.get_by_role("link", name="Customers").click()
    table = owner_page.get_by_role("table")
    row = table.locator("[aria-rowindex='48']")

    def comes_into_sight() -> bool:
        table.get_by_role("row").last.scroll_into_view_if_needed()
        return row.count() > 0

    wait_until(comes_into_sight, "the row to come into sight")
    link = row.get_by_role("link")
    name = link.inner_text()
    for goes_by_link in (False, True):
        link.hover()  # once it stands still
        left_at = link.bounding_box()
        link.click()
        expect(owner_page.get_by_role("heading", name=name, level=1)).to_be_visible()
        assert owner_page.evaluate("scrollY") == 0
        if goes_by_link:
            owner_page.get_by_role("link", name="All customers").click()
        else:
            owner_page.go_back()
        expect(link).to_have_text(name)
        expect(link).to_be_focused()
        expect(owner_page.get_by_text("60 customers shown")).to_be_visible()
        assert link.bounding_box() == pytest.approx(left_at, abs=1)


@AT_PHONE_SIZE
def test_all_are_chosen_also_those_who_have_not_come_yet(owner_page: Page) -> None:
    # pages so small that the end of the list is not in sight with the first of them
    owner_page.route(CUSTOMERS, in_small_pages)
    owner_page.get_by_role("link", name="Customers").click()
    owner_page.get_by_role("button", name="Choose all").click()
    expect(owner_page.get_by_text(f"{ALL_CUSTOMERS} chosen")).to_be_visible()
    table = owner_page.get_by_role("table")
    expect(table).to_have_attribute("aria-rowcount", str(ALL_CUSTOMERS + 1))
    owner_page.get_by_role("button", name="Choose all").click()
    expect(owner_page.get_by_text(f"{ALL_CUSTOMERS} chosen")).to_have_count(0)


def test_a_row_with_the_focus_stays_however_far_one_scrolls(customers_page: Page) -> None:
    shown(customers_page, ALL_CUSTOMERS)
    second = customers_page.get_by_role("table").get_by_role("link").nth(1)
    name = second.inner_text()
    second.focus()
    customers_page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    last = customers_page.locator(f"[aria-rowindex='{ALL_CUSTOMERS + 1}']")
    last.scroll_into_view_if_needed()
    expect(customers_page.get_by_role("link", name=name)).to_be_focused()
    customers_page.keyboard.press("Tab")
    expect(customers_page.locator("[aria-rowindex='4'] input")).to_be_focused()


def test_the_risk_filter_keeps_only_that_risk(customers_page: Page, bakery: Bakery) -> None:
    path = f"/shops/{bakery.shop_id}/scores"
    high = bakery.api.call("GET", path)["bands"]["risk"]["high"]
    customers_page.get_by_role("radio", name="High").check()
    shown(customers_page, high)
    badges = customers_page.get_by_role("table").get_by_text(re.compile("(High|Medium|Low) risk"))
    assert set(badges.all_text_contents()) == {"High risk"}


def test_a_filter_survives_going_to_a_customer_and_back(customers_page: Page) -> None:
    customers_page.get_by_role("radio", name="High").check()
    shown(customers_page, LOST_CUSTOMERS)
    customers_page.get_by_role("table").get_by_role("link").first.click()
    expect(customers_page.get_by_text("Will they come back?")).to_be_visible()
    customers_page.go_back()
    expect(customers_page.get_by_role("radio", name="High")).to_be_checked()


def test_searching_finds_by_name_and_says_when_nobody_matches(customers_page: Page) -> None:
    search = customers_page.get_by_role("searchbox")
    search.fill("Customer 017")
    shown(customers_page, 1)
    search.fill("nobody is called this")
    expect(customers_page.get_by_text("Nobody matches")).to_be_visible()
    customers_page.get_by_role("button", name="Show everybody").click()
    shown(customers_page, ALL_CUSTOMERS)
    expect(search).to_have_value("")


def test_a_segment_can_be_chosen_from_those_that_exist(
    customers_page: Page, bakery: Bakery
) -> None:
    path = f"/shops/{bakery.shop_id}/scores"
    segments = bakery.api.call("GET", path)["bands"]["segment"]
    segment, count = min(segments.items(), key=lambda item: item[1])
    open_filters(customers_page)
    customers_page.get_by_label("Segment").select_option(value=segment)
    shown(customers_page, count)


def test_a_customers_page_shows_score_reasons_and_purchases(customers_page: Page) -> None:
    customers_page.get_by_role("searchbox").fill("Customer 003")
    shown(customers_page, 1)
    customers_page.get_by_role("link", name="Customer 003").click()
    expect(customers_page.get_by_role("heading", name="Customer 003")).to_be_visible()
    expect(customers_page.get_by_text(re.compile(r"\d+% likely not to buy"))).to_be_visible()
    expect(customers_page.get_by_text(re.compile("usually every", re.IGNORECASE))).to_be_visible()
    expect(customers_page.get_by_role("heading", name="Purchases")).to_be_visible()
    expect(customers_page.get_by_text(re.compile(r"^€\d+\.\d\d$")).first).to_be_visible()


def test_a_customers_purchases_are_drawn_said_and_tabled(customers_page: Page) -> None:
    customers_page.get_by_role("searchbox").fill("Customer 003")
    shown(customers_page, 1)
    customers_page.get_by_role("link", name="Customer 003").click()
    plot = customers_page.get_by_role("figure", name=re.compile(r"The latest 20 purchases, since"))
    expect(plot).to_be_visible()
    plot.get_by_text("As a table").click()
    expect(plot.get_by_role("row")).to_have_count(21)


def test_chosen_customers_are_saved_as_a_table(customers_page: Page, tmp_path: Path) -> None:
    rows = customers_page.get_by_role("checkbox", name=re.compile("Choose Customer"))
    rows.nth(0).check()
    rows.nth(1).check()
    expect(customers_page.get_by_text("2 chosen")).to_be_visible()
    with customers_page.expect_download() as saved:
        customers_page.get_by_role("button", name="Save as a table").click()
    saved.value.save_as(tmp_path / "chosen.csv")
    with (tmp_path / "chosen.csv").open(encoding="utf-8-sig") as file:
        header, *lines = csv.reader(file)
    assert header[0] == "Customer"
    assert [line[0].startswith("Customer ") for line in lines] == [True, True]


@AT_PHONE_SIZE
def test_a_tier_filter_keeps_only_that_tier(customers_page: Page, bakery: Bakery) -> None:
    path = f"/shops/{bakery.shop_id}/scores"
    gold = bakery.api.call("GET", path)["bands"]["tier"]["Gold"]
    open_filters(customers_page)
    customers_page.get_by_label("Tier").select_option("Gold")
    shown(customers_page, gold)


@AT_PHONE_SIZE
def test_what_is_best_to_do_is_said_and_what_was_done_is_noted(
    page: Page, installation: Installation
) -> None:
    # a shop of its own: Today proposes nobody any more when somebody was just seen to
    own = with_sales(open_own_bakery(installation))
    found = own.api.call("GET", f"/shops/{own.shop_id}/today")["best_action"]
    enter(page, f"{own.url}/customers/{found['id']}", own.login)
    card = page.get_by_role("region", name="Best to do now")
    expect(card).to_contain_text("(SMS)")
    expect(card).to_contain_text(re.compile(r"Worth about €\d+\.\d\d after its cost"))
    expect(card).to_contain_text("prevents")
    with page.expect_response("**/outreach") as noted:
        card.get_by_role("button", name="I did it").click()
    assert noted.value.ok
    happened = page.get_by_role("list", name="What happened")
    expect(happened.get_by_role("listitem").first).to_be_visible()
    expect(card).to_contain_text("Somebody saw to it")


@AT_PHONE_SIZE
def test_on_a_phone_customers_are_in_sight_at_once_and_so_is_what_narrows_them(
    customers_page: Page,
) -> None:
    expect(customers_page.get_by_role("table").get_by_role("link").nth(1)).to_be_in_viewport()
    expect(customers_page.get_by_label("Tier")).to_be_hidden()
    open_filters(customers_page)
    customers_page.get_by_label("Tier").select_option("Gold")
    customers_page.get_by_label("Sort by").select_option("Name")
    customers_page.get_by_role("button", name="Filter", exact=True).click()
    in_use = customers_page.get_by_role("list", name="Filters in use").get_by_role("button")
    expect(in_use).to_have_text([re.compile("Gold"), re.compile("Sort by: Name")])
    assert faults_of(customers_page) == []
    in_use.first.click()
    shown(customers_page, ALL_CUSTOMERS)
    expect(in_use).to_have_count(1)


@AT_PHONE_SIZE
def test_an_address_without_a_customer_says_so(owner_page: Page, bakery: Bakery) -> None:
    owner_page.goto(f"{bakery.url}/customers/00000000-0000-4000-8000-000000000000")
    expect(owner_page.get_by_role("alert")).to_contain_text(re.compile("no such customer"))


def test_a_customer_is_added_tagged_noted_and_asked_for_consent(
    page: Page, installation: Installation
) -> None:
    bakery = open_own_bakery(installation)
    enter(page, f"{bakery.url}/customers", bakery.login)
    page.get_by_text("Add a customer").click()
    page.get_by_label("Name", exact=True).fill("Asha Rao")
    page.get_by_label("Phone", exact=True).fill("030 901820")
    page.get_by_role("button", name="Add the customer").click()
    expect(page.get_by_role("heading", name="Asha Rao")).to_be_visible()
    expect(page.get_by_role("link", name="Write by WhatsApp")).to_have_attribute(
        "href", re.compile(r"https://wa\.me/4930901820\?text=Hello%20from")
    )

    page.get_by_placeholder("New tag").fill("regular")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("list", name="Tags")).to_contain_text("regular")
    page.get_by_label("A note").fill("Likes rye bread")
    page.get_by_role("button", name="Keep the note").click()
    happened = page.get_by_role("list", name="What happened")
    expect(happened).to_contain_text("Likes rye bread")

    page.get_by_text("They agreed").first.click()
    page.get_by_label("How did they agree?").first.fill("signed the card")
    page.get_by_role("button", name="Save").last.click()
    expect(happened).to_contain_text("Agreed to offers by WhatsApp")
    page.get_by_role("button", name="Not any more by WhatsApp").click()
    expect(happened).to_contain_text("No offers by WhatsApp any more")

    page.get_by_role("button", name="Remove this note").click()
    page.get_by_role("button", name="Remove this note").or_(
        page.get_by_role("button", name="Remove", exact=True)
    ).last.click()
    expect(happened).not_to_contain_text("Likes rye bread")


@AT_PHONE_SIZE
def test_what_the_server_refuses_is_said_and_put_back(
    page: Page, installation: Installation
) -> None:
    bakery = open_own_bakery(installation)
    path = f"/shops/{bakery.shop_id}/customers"
    customer = bakery.api.call("POST", path, json={"name": "Asha Rao"})
    enter(page, f"{bakery.url}/customers/{customer['id']}", bakery.login)
    page.get_by_text("Change", exact=True).click()
    page.get_by_label("Phone", exact=True).fill("12")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("alert")).to_contain_text("phone")
    expect(page.get_by_role("link", name="Write by WhatsApp")).to_have_count(0)


def test_only_those_who_may_be_written_to_are_kept(page: Page, installation: Installation) -> None:
    bakery = open_own_bakery(installation)
    path = f"/shops/{bakery.shop_id}/customers"
    for name, phone in (("Asha Rao", "+4930901820"), ("Ben Berg", "+4930901821")):
        customer = bakery.api.call("POST", path, json={"name": name, "phone": phone})
    agreed = {"channel": "sms", "purpose": "marketing", "action": "grant", "evidence": "card"}
    bakery.api.call("POST", f"{path}/{customer['id']}/consents", json=agreed)
    enter(page, f"{bakery.url}/customers", bakery.login)
    shown(page, 2)
    open_filters(page)
    page.get_by_role("checkbox", name="Only those I may write to").check()
    shown(page, 1)
    expect(page.get_by_role("link", name="Ben Berg")).to_be_visible()
