"""Who saw and changed what, told to the owner in sentences."""

import secrets

from playwright.sync_api import Page, expect

from simulators.api import Api
from tests.installation import Installation
from tests.web.conftest import AT_PHONE_SIZE, PASSWORD, enter, open_own_bakery
from tests.web.test_accessibility import faults_of


@AT_PHONE_SIZE
def test_the_trail_is_read_by_person_and_by_customer(
    page: Page, installation: Installation
) -> None:
    bakery = open_own_bakery(installation)
    path = f"/shops/{bakery.shop_id}"
    asha = bakery.api.call("POST", f"{path}/customers", json={"name": "Asha Rao"})["id"]
    made = bakery.api.call("POST", f"{path}/invitations", json={"role": "staff"})
    sam = Api(installation.url)
    login = f"{secrets.token_hex(6)}@example.com"
    sam.register_or_sign_in(name="Sam Staff", email=login, password=PASSWORD)
    sam.call("POST", "/invitations/accept", json={"code": made["url"].split("#")[1]})
    sam.call("PATCH", f"{path}/customers/{asha}", json={"phone": "+4915112345678"})

    enter(page, f"{bakery.url}/shop/privacy", bakery.login)
    page.get_by_role("link", name="Who saw and changed what").click()
    trail = page.get_by_role("list", name="Who saw and changed what")
    changed = trail.get_by_role("listitem").filter(has_text="Sam Staff changed a customer")
    expect(changed).to_contain_text("Staff · Fields: ")
    expect(trail).to_contain_text("Olga Owner made an invitation")
    assert faults_of(page) == []
    page.get_by_label("By whom").select_option("Sam Staff")
    expect(trail).not_to_contain_text("Olga Owner")
    changed.get_by_role("link", name="To the customer").click()
    page.get_by_role("link", name="Who looked at this customer").click()
    expect(page.get_by_text("Only what is about one customer.")).to_be_visible()
    expect(trail).to_contain_text("Olga Owner looked at a customer")
    expect(trail).not_to_contain_text("invitation")
