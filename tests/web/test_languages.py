"""The client in German, in Hindi, and from right to left."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.web.conftest import (
    AT_PHONE_SIZE,
    PASSWORD,
    Bakery,
    go,
    is_sideways,
    new_context,
    settled,
    watched_page,
)
from tests.web.test_accessibility import PAGES

NAME_OF_A_TEXT = re.compile(r"\b[a-z]+[A-Za-z]*\.[a-z]+[A-Za-z]*\.[a-zA-Z.]+\b")


@AT_PHONE_SIZE
def test_the_language_is_changed_and_remembered(page: Page, bakery: Bakery) -> None:
    page.goto(bakery.url)
    page.get_by_label("Language").select_option("Deutsch")
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de"
    page.reload()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()


@pytest.fixture
def hindi_page(browser: Browser, viewport: ViewportSize) -> Iterator[Page]:
    context = new_context(browser, viewport, locale="hi-IN", timezone_id="Asia/Kolkata")
    with watched_page(context) as page:
        yield page
    context.close()


def test_a_hindi_browser_gets_hindi_with_the_servers_words_too(
    hindi_page: Page, bakery: Bakery
) -> None:
    hindi_page.goto(bakery.url)
    hindi_page.get_by_label("ईमेल या फ़ोन").fill(bakery.login)
    hindi_page.get_by_label("पासवर्ड").fill(PASSWORD)
    hindi_page.get_by_role("button", name="साइन इन करें").click()
    expect(hindi_page.get_by_text("जोखिम में कमाई")).to_be_visible()
    # in the list, because Today proposes nobody whom another test has dealt with
    hindi_page.get_by_role("link", name="ग्राहक", exact=True).click()
    expect(hindi_page.get_by_text(re.compile("सामान्यतः हर .+ में, अब")).first).to_be_visible()
    expect(hindi_page.get_by_text(re.compile("usually every", re.IGNORECASE))).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "direction"),
    [("de", "ltr"), ("hi", "ltr"), ("ar-XB", "rtl")],
    ids=["de", "hi", "rtl"],
)
def test_in_every_language_nothing_leaves_the_screen(
    owner_context: BrowserContext, bakery: Bakery, language: str, direction: str
) -> None:
    with watched_page(owner_context) as page:
        page.goto(bakery.url)
        page.evaluate(f"localStorage.setItem('shopbell.language', '{language}')")
        try:
            page.reload()
            for path in PAGES:
                go(page, bakery.url + path)
                settled(page)
                assert page.locator("html").get_attribute("lang") == language
                assert page.locator("html").get_attribute("dir") == direction
                assert not is_sideways(page), path
                # a text that is missing shows its name
                assert re.findall(NAME_OF_A_TEXT, page.get_by_role("main").inner_text()) == []
        finally:
            page.evaluate("localStorage.removeItem('shopbell.language')")


@AT_PHONE_SIZE
def test_what_the_server_refuses_is_said_in_the_readers_language(
    hindi_page: Page, bakery: Bakery
) -> None:
    hindi_page.goto(bakery.url)
    hindi_page.get_by_label("ईमेल या फ़ोन").fill(bakery.login)
    hindi_page.get_by_label("पासवर्ड").fill(PASSWORD)
    hindi_page.get_by_role("button", name="साइन इन करें").click()
    expect(hindi_page.get_by_text("जोखिम में कमाई")).to_be_visible()
    hindi_page.goto(f"{bakery.url}/customers/00000000-0000-4000-8000-000000000000")
    expect(hindi_page.get_by_role("alert")).to_contain_text("ऐसा कोई ग्राहक नहीं है")
