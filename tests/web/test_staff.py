"""Who works for the shop: invitations, roles, and what an analyst sees."""

import re
import secrets

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from simulators.api import Api
from tests.installation import Installation
from tests.web.conftest import (
    AT_PHONE_SIZE,
    PASSWORD,
    Bakery,
    enter,
    new_context,
    open_own_bakery,
    watched_page,
    with_sales,
)


@pytest.fixture
def own_bakery(installation: Installation) -> Bakery:
    return open_own_bakery(installation)


def invitation(bakery: Bakery, role: str) -> str:
    made = bakery.api.call("POST", f"/shops/{bakery.shop_id}/invitations", json={"role": role})
    return str(made["url"])


def test_an_owner_invites_somebody_who_registers_and_is_let_go_again(
    page: Page, browser: Browser, viewport: ViewportSize, own_bakery: Bakery
) -> None:
    enter(page, f"{own_bakery.url}/shop/staff", own_bakery.login)
    page.get_by_role("radio", name="Staff").check()
    page.get_by_role("button", name="Make a link").dblclick()
    expect(page.get_by_role("button", name="Take back")).to_have_count(1)
    link = page.get_by_role("status", name="Invitation link").inner_text()

    context = new_context(browser, viewport)
    with watched_page(context) as theirs:
        theirs.goto(link)
        expect(theirs.get_by_text("You are invited to a shop")).to_be_visible()
        theirs.get_by_role("link", name="New here? Open an account").click()
        theirs.get_by_label("Your name").fill("Sam Staff")
        theirs.get_by_label("Email").fill(f"{secrets.token_hex(6)}@example.com")
        theirs.get_by_label("Password").fill(PASSWORD)
        theirs.get_by_role("button", name="Open the account").click()
        theirs.get_by_role("button", name="Accept the invitation").click()
        expect(theirs.get_by_role("heading", name="Corner Bakery")).to_be_visible()
        theirs.goto(link)
        theirs.get_by_role("button", name="Accept the invitation").click()
        expect(theirs.get_by_role("alert")).to_contain_text("does not work any more")
    context.close()

    page.reload()
    colleague = page.get_by_role("listitem").filter(has_text="Sam Staff")
    colleague.get_by_role("button", name="Remove Sam Staff").click()
    colleague.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("Sam Staff")).to_have_count(0)


@AT_PHONE_SIZE
def test_an_invitation_is_taken_back(page: Page, own_bakery: Bakery) -> None:
    invitation(own_bakery, "analyst")
    enter(page, f"{own_bakery.url}/shop/staff", own_bakery.login)
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Open invitations")).to_have_count(0)


def test_an_analyst_sees_numbers_and_no_name_anywhere(
    page: Page, installation: Installation
) -> None:
    bakery = with_sales(open_own_bakery(installation))
    login = f"{secrets.token_hex(6)}@example.com"
    analyst = Api(installation.url)
    analyst.register_or_sign_in(name="Ana Analyst", email=login, password=PASSWORD)
    code = invitation(bakery, "analyst").split("#")[1]
    analyst.call("POST", "/invitations/accept", json={"code": code})

    enter(page, bakery.url, login)
    expect(page.get_by_role("link", name=re.compile("Win back No. K"))).to_be_visible()
    customer = analyst.call("GET", f"/shops/{bakery.shop_id}/customers")["items"][0]
    paths = ("", "/customers", f"/customers/{customer['id']}", "/insights", "/shop", "/import")
    for path in paths:
        page.goto(bakery.url + path)
        expect(page.get_by_role("main")).not_to_contain_text(re.compile(r"Customer \d\d\d"))
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        expect(page.get_by_role("main")).not_to_contain_text(re.compile(r"Customer \d\d\d"))
    page.goto(f"{bakery.url}/customers")
    page.get_by_role("checkbox", name="Choose No. K").first.check()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a table").click()
    table = saved.value.path().read_text()
    assert "No. K" in table
    assert not re.search(r"Customer \d\d\d|@", table)
