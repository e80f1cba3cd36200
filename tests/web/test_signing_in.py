"""Signing in, staying signed in, signing out, and the first minutes of a new owner."""

import re
import secrets

import requests
from playwright.sync_api import Page, expect

from tests.installation import Installation
from tests.waiting import WITHIN_S
from tests.web.conftest import AT_PHONE_SIZE, PASSWORD, Bakery, open_bakery, sign_in


@AT_PHONE_SIZE
def test_a_wrong_password_is_told_in_words(page: Page, bakery: Bakery) -> None:
    sign_in(page, bakery.url, bakery.login, "not the password")
    expect(page.get_by_role("alert")).to_have_text("The login or the password is wrong.")
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()


def test_signing_in_leads_to_the_page_that_was_asked_for(page: Page, bakery: Bakery) -> None:
    sign_in(page, f"{bakery.url}/customers", bakery.login)
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()


@AT_PHONE_SIZE
def test_a_reload_keeps_the_owner_signed_in(owner_page: Page) -> None:
    owner_page.reload()
    expect(owner_page.get_by_role("heading", name="Corner Bakery")).to_be_visible()


@AT_PHONE_SIZE
def test_an_impatient_reader_stays_signed_in(owner_page: Page, installation: Installation) -> None:
    cookies = {cookie["name"]: cookie["value"] for cookie in owner_page.context.cookies()}
    renewal = f"{installation.url}/api/v1/tokens/refresh"
    for _ in range(3):  # pages that are left before the answer comes
        assert requests.post(renewal, json={}, cookies=cookies, timeout=WITHIN_S).ok
    owner_page.reload()
    expect(owner_page.get_by_role("heading", name="Corner Bakery")).to_be_visible()


def test_signing_out_ends_the_sign_in(page: Page, bakery: Bakery) -> None:
    sign_in(page, bakery.url, bakery.login)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@AT_PHONE_SIZE
def test_nothing_of_a_sign_in_is_kept_where_scripts_can_read_it(owner_page: Page) -> None:
    stored = owner_page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert "eyJ" not in stored
    assert owner_page.evaluate("document.cookie") == ""


@AT_PHONE_SIZE
def test_a_forgotten_password_is_asked_for_and_a_spent_link_says_so(
    page: Page, bakery: Bakery, installation: Installation
) -> None:
    page.goto(bakery.url)
    page.get_by_role("link", name="Forgotten your password?").click()
    page.get_by_label("Email").fill("nobody@example.com")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("a link is on its way")).to_be_visible()

    page.goto(f"{installation.url}/new-password#{'x' * 43}")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Save the new password").click()
    expect(page.get_by_role("alert")).to_contain_text("does not work any more")


@AT_PHONE_SIZE
def test_other_devices_are_listed_and_signed_out(page: Page, installation: Installation) -> None:
    other = open_bakery(installation, f"{secrets.token_hex(6)}@example.com")
    sign_in(page, f"{other.url}/account", other.login)
    expect(page.get_by_text("this device")).to_be_visible()
    page.get_by_role("button", name="Sign out on Unknown device").click()
    expect(page.get_by_role("button", name=re.compile("Sign out on"))).to_have_count(0)
    page.get_by_role("button", name="Sign out everywhere").click()
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
