"""Sales typed in by hand."""

import datetime as dt
import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.installation import Installation
from tests.web.conftest import AT_PHONE_SIZE, Bakery, enter, open_own_bakery
from tests.web.test_accessibility import faults_of


@pytest.fixture
def own_bakery(installation: Installation) -> Bakery:
    """A shop whose purchases only this test counts."""
    return open_own_bakery(installation)


@pytest.fixture
def sale_page(page: Page, own_bakery: Bakery) -> Page:
    enter(page, f"{own_bakery.url}/sale", own_bakery.login)
    expect(page.get_by_label("Amount in EUR")).to_be_focused()
    return page


def latest(page: Page) -> Locator:
    return page.get_by_role("region", name="Recorded last")


def recorded(bakery: Bakery) -> list[int]:
    path = f"/shops/{bakery.shop_id}/purchases"
    return [item["amount_minor"] for item in bakery.api.call("GET", path)["items"]]


def test_an_amount_and_enter_record_a_sale(sale_page: Page, own_bakery: Bakery) -> None:
    sale_page.keyboard.type("12,50")
    sale_page.keyboard.press("Enter")
    expect(sale_page.get_by_role("status")).to_have_text("€12.50 saved.")
    expect(latest(sale_page).get_by_text("€12.50")).to_be_visible()
    expect(sale_page.get_by_text("not sent yet")).to_have_count(0)
    assert recorded(own_bakery) == [1250]


@AT_PHONE_SIZE
def test_what_is_no_amount_is_refused_in_words(sale_page: Page, own_bakery: Bakery) -> None:
    sale_page.keyboard.type("twelve")
    sale_page.keyboard.press("Enter")
    expect(sale_page.get_by_role("alert")).to_contain_text("above zero, such as €12.50")
    assert recorded(own_bakery) == []


def test_a_sale_that_was_a_slip_is_taken_back(sale_page: Page, own_bakery: Bakery) -> None:
    path = f"/shops/{own_bakery.shop_id}"
    asha = own_bakery.api.call("POST", f"{path}/customers", json={"name": "Asha Rao"})
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
    old = {"id": str(uuid.uuid4()), "occurred_at": before.isoformat(), "amount_minor": 700}
    own_bakery.api.call("POST", f"{path}/purchases", json=old)
    sale_page.get_by_label("Customer, if known").fill("asha")
    sale_page.get_by_role("button", name="Asha Rao").click()
    sale_page.get_by_label("Amount").fill("125")
    sale_page.get_by_role("button", name="Save the sale").click()
    sale = latest(sale_page).get_by_role("listitem").filter(has_text="€125.00").last
    sale.get_by_role("button", name="Take back €125.00").click()
    assert recorded(own_bakery) == [12500, 700]
    sale.get_by_role("button", name="Take back", exact=True).dblclick()
    expect(sale).to_contain_text("taken back")
    expect(latest(sale_page).get_by_text("-€125.00")).to_be_visible()
    assert recorded(own_bakery) == [-12500, 12500, 700]
    expect(latest(sale_page).get_by_role("button")).to_have_count(0)
    found = own_bakery.api.call("GET", f"{path}/customers/{asha['id']}/purchases")
    assert [item["amount_minor"] for item in found["items"]] == [-12500, 12500]
    expect(sale_page.get_by_role("main")).to_be_focused()
    assert faults_of(sale_page) == []


def test_a_sale_can_name_its_customer(sale_page: Page, own_bakery: Bakery) -> None:
    path = f"/shops/{own_bakery.shop_id}"
    asha = own_bakery.api.call("POST", f"{path}/customers", json={"name": "Asha Rao"})
    sale_page.get_by_label("Customer, if known").fill("asha")
    sale_page.get_by_role("button", name="Asha Rao").click()
    sale_page.get_by_label("Amount").fill("3")
    sale_page.get_by_role("button", name="Save the sale").dblclick()
    expect(latest(sale_page).get_by_text("€3.00")).to_be_visible()
    expect(sale_page.get_by_role("alert")).to_have_count(0)
    found = own_bakery.api.call("GET", f"{path}/customers/{asha['id']}/purchases")
    assert [item["amount_minor"] for item in found["items"]] == [300]
