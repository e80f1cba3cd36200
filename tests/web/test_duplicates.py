"""Customers known twice: seen side by side, made one, and made two again."""

import re
import secrets
import uuid

from playwright.sync_api import Page, expect

from tests.installation import Installation
from tests.web.conftest import AT_PHONE_SIZE, Bakery, enter, open_own_bakery
from tests.web.test_accessibility import faults_of


def add_customer(bakery: Bakery, **fields: str) -> str:
    made = bakery.api.call("POST", f"/shops/{bakery.shop_id}/customers", json=fields)
    return str(made["id"])


def names(bakery: Bakery) -> set[str]:
    found = bakery.api.call("GET", f"/shops/{bakery.shop_id}/customers")["items"]
    return {customer["name"] for customer in found}


@AT_PHONE_SIZE
def test_who_is_known_twice_is_made_one_and_two_again(
    page: Page, installation: Installation
) -> None:
    bakery = open_own_bakery(installation)
    shared = f"{secrets.token_hex(4)}@example.com"
    add_customer(bakery, name="Asha Rao", email=shared)
    twin = add_customer(bakery, name="A. Rao", email=shared, reference="K7")
    add_customer(bakery, name="Mohammed Iqbal")
    add_customer(bakery, name="Mohamed Iqbal")
    sale = {"id": str(uuid.uuid4()), "occurred_at": "2026-03-02T10:00:00Z", "amount_minor": 450}
    path = f"/shops/{bakery.shop_id}/purchases"
    bakery.api.call("POST", path, json={**sale, "customer_id": twin})

    enter(page, f"{bakery.url}/customers", bakery.login)
    page.get_by_role("link", name="2 customers may be known twice").click()
    pair = page.get_by_role("listitem").filter(has_text="Both have the same email address")
    expect(page.get_by_text(re.compile(r"Their names are 9\d% alike"))).to_be_visible()
    expect(pair.get_by_role("radio", name="A. Rao stays")).to_be_checked()  # who bought something
    assert faults_of(page) == []
    pair.get_by_role("radio", name="Asha Rao stays").check()
    pair.get_by_role("button", name="Merge Asha Rao and A. Rao").click()
    expect(page.get_by_text("Asha Rao has everything of both now.")).to_be_visible()
    assert "A. Rao" not in names(bakery)

    assert faults_of(page) == []
    page.get_by_role("button", name="Undo: Asha Rao").click()
    expect(pair).to_be_visible()
    assert {"Asha Rao", "A. Rao"} <= names(bakery)

    page.get_by_role("button", name="They are two people: Mohammed Iqbal and Mohamed Iqbal").click()
    expect(page.get_by_text("stay two people and are suggested no more")).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("button", name="Undo: Mohammed Iqbal").click()
    expect(page.get_by_text(re.compile("Their names are"))).to_be_visible()
    page.get_by_role("button", name="They are two people: Mohammed Iqbal and Mohamed Iqbal").click()
    expect(page.get_by_text("stay two people and are suggested no more")).to_be_visible()
    page.reload()
    expect(pair).to_be_visible()
    expect(page.get_by_text(re.compile("Their names are"))).to_have_count(0)


@AT_PHONE_SIZE
def test_a_merge_of_another_day_is_undone_too(page: Page, installation: Installation) -> None:
    bakery = open_own_bakery(installation)
    ids = [add_customer(bakery, name=name) for name in ("Jonas Weber", "Jonas Webber")]
    pair = {"survivor_id": ids[0], "duplicate_id": ids[1]}
    bakery.api.call("POST", f"/shops/{bakery.shop_id}/merges", json=pair)

    enter(page, f"{bakery.url}/customers/duplicates", bakery.login)
    expect(page.get_by_text("Nobody is known twice")).to_be_visible()
    page.get_by_role("button", name="Undo: Jonas Webber").click()
    expect(page.get_by_text(re.compile("Their names are"))).to_be_visible()
    assert names(bakery) == {"Jonas Weber", "Jonas Webber"}
