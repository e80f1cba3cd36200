"""The customer's side: from the poster to one's own shops, and out again."""

import datetime as dt
import json
import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, ViewportSize, expect
from sqlalchemy.engine import URL

from simulators.api import Api
from simulators.device import SimulatedDevice
from tests.conftest import execute_at
from tests.installation import Installation
from tests.waiting import wait_until
from tests.web.conftest import (
    AT_PHONE_SIZE,
    PASSWORD,
    Bakery,
    count_visitors,
    enter,
    go,
    move_to_noon,
    new_context,
    open_bakery,
    watched_page,
)
from tests.web.test_accessibility import faults_of, small_targets_of
from tests.web.test_states import ANSWERS, hanging, refused

CALM_HOUR = 16
PUBLIC_MOST_BYTES = 50_000


@pytest.fixture(scope="module")
def shop(installation: Installation) -> Bakery:
    """A bakery of this module's own: what customers say here is in nobody's way."""
    return open_bakery(installation, f"{secrets.token_hex(6)}@bakery.example")


def slug_of(shop: Bakery) -> str:
    return shop.url.rsplit("/", 1)[1]


def new_phone() -> str:
    return f"+49151{secrets.randbelow(10**8):08}"


def code_for(installation: Installation, contact: str, sent: int = 1) -> str:
    """Read the code that was sent last from the console, where a developer reads it too."""
    pattern = re.compile(rf"--- to {re.escape(contact)}: [^\n]*\n(\d{{6}})")
    codes: list[str] = []

    def is_there() -> bool:
        codes[:] = pattern.findall(installation.log_of("api"))
        return len(codes) >= sent

    wait_until(is_there, f"code {sent} on the console")
    return codes[sent - 1]


def join_from_poster(page: Page, installation: Installation, shop: Bakery, name: str) -> str:
    """Walk both screens of the poster's page with a new phone."""
    phone = new_phone()
    page.goto(f"{installation.url}/s/{slug_of(shop)}/join")
    page.get_by_label("Your mobile number").fill(phone)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label(re.compile("The code of six digits")).fill(code_for(installation, phone))
    page.get_by_label("Your name").fill(name)
    for box in page.get_by_role("checkbox").all():
        expect(box).not_to_be_checked()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Welcome to Corner Bakery")).to_be_visible()
    return phone


@pytest.fixture(scope="module")
def customer(
    browser: Browser, viewport: ViewportSize, installation: Installation, shop: Bakery
) -> BrowserContext:
    """The browser of a customer who has joined from the poster."""
    context = new_context(browser, viewport)
    page = context.new_page()
    join_from_poster(page, installation, shop, "Asha Rao")
    page.close()
    return context


@pytest.fixture
def mine(customer: BrowserContext, installation: Installation) -> Iterator[Page]:
    with watched_page(customer) as page:
        page.goto(f"{installation.url}/my")
        expect(page.get_by_role("heading", name="My shops")).to_be_visible()
        yield page


def open_shop(page: Page) -> None:
    page.get_by_role("link", name="Corner Bakery").click()
    expect(page.get_by_role("heading", name="What this shop knows")).to_be_visible()


def test_the_posters_pages_are_accessible_and_fit_a_phone(
    page: Page, installation: Installation, shop: Bakery
) -> None:
    page.goto(f"{installation.url}/s/{slug_of(shop)}/join")
    faults = faults_of(page)
    page.get_by_label("Your mobile number").fill(new_phone())
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your name")).to_be_visible()
    assert faults + faults_of(page) == []


def test_the_public_page_says_open_or_not_how_busy_and_where_without_a_script(
    browser: Browser, viewport: ViewportSize, installation: Installation, postgres: URL
) -> None:
    bakery = open_bakery(installation, f"{secrets.token_hex(6)}@bakery.example")
    profile = {"opening_hours": "Mo-Su 09:00-20:00", "address": "Lindenstr. 1", "language": "en"}
    bakery.api.call("PATCH", f"/shops/{bakery.shop_id}", json=profile)
    now = dt.datetime.now(move_to_noon(bakery))
    days_before = [now - dt.timedelta(weeks=weeks) for weeks in range(1, 4)]
    hours = [(hour, 2 if hour == CALM_HOUR else 15) for hour in range(9, 20)]
    count_visitors(
        postgres, bakery, [(day.replace(hour=hour), n) for day in days_before for hour, n in hours]
    )
    device = SimulatedDevice(bakery.door)
    device.start()
    context = browser.new_context(viewport=viewport, java_script_enabled=False)
    page = context.new_page()
    try:
        device.open_door()
        device.walk_in()
        bakery.api.wait(
            f"/public/shops/{slug_of(bakery)}",
            lambda found: found["status"]["source"] == "door" and found["crowd"],
            "a door that tells",
        )
        loaded: list[Response] = []
        page.on("response", lambda answer: loaded.append(answer))
        page.goto(f"{installation.url}/s/{slug_of(bakery)}")
        expect(page.get_by_text("Open now")).to_be_visible()
        assert sum(len(answer.body()) for answer in loaded) < PUBLIC_MOST_BYTES
        card = {
            meta.get_attribute("property"): meta.get_attribute("content") or ""
            for meta in page.locator("meta[property]").all()
        }
        assert card["og:title"] == "Corner Bakery: Open now"
        assert card["og:description"].startswith("Open now. ")
        assert page.request.get(card["og:image"]).headers["content-type"] == "image/png"
        expect(page.get_by_text("quiet", exact=False).first).to_be_visible()
        expect(page.get_by_text(re.compile(r"door sensor.*\d\d:\d\d"))).to_be_visible()
        expect(page.get_by_role("heading", name="Best time today")).to_be_visible()
        expect(page.get_by_text("16:00 to 17:00 is usually the quietest.")).to_be_visible()
        expect(page.get_by_text("Lindenstr. 1")).to_be_visible()
        expect(page.get_by_role("row")).to_have_count(7)
        expect(page.get_by_role("row", name="(today)")).to_contain_text("09:00–20:00")
        page.get_by_role("link", name="Deutsch").click()
        expect(page.get_by_text("Jetzt geöffnet")).to_be_visible()
        page.get_by_role("link", name=re.compile("Kund")).click()
        expect(page.get_by_role("textbox")).to_be_visible()
    finally:
        device.close()
        context.close()


def test_who_joins_from_the_poster_finds_the_shop_with_its_state(mine: Page, shop: Bakery) -> None:
    link = mine.get_by_role("link", name="Corner Bakery")
    expect(link).to_contain_text("Not known now")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=15)
    word = {"is_open": False, "until": soon.isoformat(), "message": "Back soon"}
    shop.api.call("POST", f"/shops/{shop.shop_id}/override", json=word)
    mine.reload()
    expect(link).to_contain_text("Closed now")
    expect(link).to_contain_text("Back soon")
    shop.api.call("DELETE", f"/shops/{shop.shop_id}/override")
    mine.reload()
    open_shop(mine)
    expect(mine.get_by_text("Not known now")).to_be_visible()
    expect(mine.get_by_text("Asha Rao")).to_be_visible()
    expect(mine.get_by_text("Joined", exact=True)).to_be_visible()


def test_one_tap_tells_the_shop_and_its_answer_is_read(
    mine: Page, browser: Browser, viewport: ViewportSize, shop: Bakery
) -> None:
    open_shop(mine)
    mine.get_by_role("button", name="Good", exact=True).click()
    expect(mine.get_by_text("The shop has it. Thank you!")).to_be_visible()
    words = f"The rye bread! {secrets.token_hex(3)}"
    mine.get_by_label("Anything to add?").fill(words)
    mine.get_by_role("button", name="Send").click()
    owner = new_context(browser, viewport)
    with watched_page(owner) as page:
        enter(page, f"{shop.url}/feedback", shop.login)
        said = page.get_by_role("listitem").filter(has_text=words)
        said.get_by_label("Your answer to Asha Rao").fill("Tomorrow again!")
        said.get_by_role("button", name="Answer").click()
        expect(said.get_by_text("You answered: Tomorrow again!")).to_be_visible()
        assert faults_of(page) == []
        said.get_by_role("link", name="Asha Rao").click()
        expect(page.get_by_role("list", name="What happened").get_by_text(words)).to_be_visible()
    owner.close()
    mine.reload()
    expect(mine.get_by_text("The shop answers: Tomorrow again!")).to_be_visible()
    mine.get_by_role("button", name="Bad", exact=True).click()
    expect(mine.get_by_role("alert")).to_contain_text("has answered")


@AT_PHONE_SIZE
def test_a_switch_is_kept_by_the_server(mine: Page) -> None:
    open_shop(mine)
    box = mine.get_by_role("checkbox", name=re.compile("^WhatsApp"))
    expect(box).not_to_be_checked()
    box.check()
    expect(mine.get_by_text("WhatsApp allowed", exact=True).first).to_be_visible()
    mine.reload()
    expect(box).to_be_checked()
    box.uncheck()
    expect(mine.get_by_text("WhatsApp not allowed any more").first).to_be_visible()


def test_a_friend_comes_by_the_own_link(
    mine: Page, browser: Browser, viewport: ViewportSize, installation: Installation, shop: Bakery
) -> None:
    open_shop(mine)
    link = mine.get_by_label("Your link").inner_text()
    share = mine.get_by_role("link", name="Share by WhatsApp").get_attribute("href")
    assert share is not None
    assert share.startswith("https://wa.me/?text=Corner%20Bakery")
    friend = new_context(browser, viewport)
    with watched_page(friend) as page:
        phone = new_phone()
        page.goto(link)
        page.get_by_label("Your mobile number").fill(phone)
        page.get_by_role("button", name="Send me a code").click()
        page.get_by_label(re.compile("The code of six digits")).fill(code_for(installation, phone))
        page.get_by_label("Your name").fill("Béla")
        page.get_by_role("button", name="Join").click()
        expect(page.get_by_role("heading", name="Welcome to Corner Bakery")).to_be_visible()
    friend.close()
    mine.reload()
    expect(mine.get_by_text(re.compile("friends? ha(s|ve) joined"))).to_be_visible()


@AT_PHONE_SIZE
def test_everything_is_taken_along_as_a_file(mine: Page) -> None:
    mine.get_by_role("link", name="My account").click()
    with mine.expect_download() as download:
        mine.get_by_role("button", name="Take everything along").click()
    text = download.value.path().read_text()
    assert "Asha Rao" in text
    assert "Corner Bakery" in text


def test_axe_finds_nothing_serious_on_a_customers_pages(
    mine: Page, installation: Installation, shop: Bakery
) -> None:
    faults = []
    for path in ("", "/account", f"/{slug_of(shop)}", f"/join/{slug_of(shop)}", "/nothing-here"):
        go(mine, f"{installation.url}/my{path}")
        expect(mine.locator("[aria-busy=true]")).to_have_count(0)
        expect(mine.get_by_role("heading").first).to_be_visible()
        faults += faults_of(mine) + small_targets_of(mine)
    assert faults == []


def test_the_keyboard_leads_from_the_list_to_a_shop(mine: Page) -> None:
    expect(mine.get_by_role("link", name="Corner Bakery")).to_be_visible()
    mine.keyboard.press("Tab")
    expect(mine.get_by_role("link", name="Skip to the content")).to_be_focused()
    mine.keyboard.press("Enter")
    mine.keyboard.press("Tab")
    expect(mine.get_by_role("link", name="Corner Bakery")).to_be_focused()
    mine.keyboard.press("Enter")
    expect(mine.get_by_role("heading", name="What this shop knows")).to_be_visible()


@AT_PHONE_SIZE
def test_a_customers_pages_say_that_they_load_and_that_they_fail(
    mine: Page, installation: Installation, shop: Bakery
) -> None:
    slug = slug_of(shop)
    failed = mine.get_by_role("alert").filter(has_text="This did not work")
    loading = mine.locator("[aria-busy=true]").filter(has_text="Loading…")
    for answer, told in ((refused, failed), (hanging, loading)):
        mine.route(ANSWERS, answer)
        mine.goto(f"{installation.url}/my")
        for path in ("", f"/{slug}", f"/join/{slug}"):
            go(mine, f"{installation.url}/my{path}")
            expect(told, path).to_be_visible()
            expect(mine.get_by_role("heading", level=1), path).to_have_count(1)
            assert faults_of(mine) == []
        mine.unroute_all(behavior="ignoreErrors")


@AT_PHONE_SIZE
def test_without_a_network_the_page_says_so_and_keeps_what_it_knew(
    mine: Page, customer: BrowserContext
) -> None:
    open_shop(mine)
    customer.set_offline(True)
    try:
        expect(mine.get_by_text("You are offline.")).to_be_visible()
        mine.get_by_role("button", name="Good", exact=True).click()
        expect(mine.get_by_role("alert")).to_contain_text("cannot be reached")
        expect(mine.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    finally:
        customer.set_offline(False)


def test_leaving_and_coming_back(page: Page, installation: Installation, shop: Bakery) -> None:
    join_from_poster(page, installation, shop, "Lea Leaver")
    page.get_by_role("link", name="See my shops").click()
    page.get_by_role("link", name="Corner Bakery").click()
    page.get_by_role("button", name="Leave this shop").click()
    page.get_by_role("button", name="Leave this shop").click()
    expect(page.get_by_role("heading", name="Shops that I left")).to_be_visible()
    page.get_by_role("link", name="Corner Bakery").click()
    page.get_by_role("link", name="Join again").click()
    page.get_by_role("checkbox", name=re.compile("by SMS")).check()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("checkbox", name=re.compile("^SMS"))).to_be_checked()

    with page.expect_download() as download:
        page.get_by_role("button", name="Take all of it along").click()
    known = json.loads(download.value.path().read_text())
    assert "Lea Leaver" in json.dumps(known)
    page.get_by_role("button", name="Have everything erased here").click()
    page.get_by_role("button", name="Have everything erased here").click()
    expect(page.get_by_text("No shop yet")).to_be_visible()
    path = f"/shops/{shop.shop_id}/customers"
    assert shop.api.call("GET", path, params={"search": "Lea Leaver"})["items"] == []


@AT_PHONE_SIZE
def test_an_account_is_erased_with_a_code(
    page: Page, installation: Installation, shop: Bakery
) -> None:
    name = f"Goner {secrets.token_hex(3)}"
    phone = join_from_poster(page, installation, shop, name)
    page.goto(f"{installation.url}/my/account")
    page.get_by_role("button", name="Erase my account").click()
    page.get_by_role("button", name="Erase my account").click()
    page.get_by_label(re.compile("The code of six digits")).fill(code_for(installation, phone, 2))
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", name="Sign in with a code")).to_be_visible()
    found = shop.api.call("GET", f"/shops/{shop.shop_id}/customers", params={"search": name})
    assert found["items"] == []


@AT_PHONE_SIZE
def test_signing_in_by_a_code_makes_an_account_and_shows_an_empty_list(
    page: Page, installation: Installation
) -> None:
    phone = new_phone()
    page.goto(f"{installation.url}/my")
    page.get_by_label("Email, or phone with its country").fill(phone)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label(re.compile("The code of six digits")).fill(code_for(installation, phone))
    page.get_by_label("Your name").fill("Nora New")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("No shop yet")).to_be_visible()


@AT_PHONE_SIZE
def test_an_owner_is_asked_to_prove_the_address_and_does(
    page: Page, installation: Installation, postgres: URL
) -> None:
    login = f"{secrets.token_hex(6)}@bakery.example"
    api = Api(installation.url)
    api.register_or_sign_in(name="Olga Owner", email=login, password=PASSWORD)
    profile = {"country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR"}
    opened = api.call("POST", "/shops", json={"name": "New Bakery", **profile})
    enter(page, f"{installation.url}/shops/{opened['slug']}", login)
    reminder = page.get_by_role("link", name="Prove it now")
    expect(reminder).to_be_visible()
    page.get_by_role("link", name="Customers").click()
    expect(page.get_by_text("No customers yet")).to_be_visible()
    expect(reminder).to_have_count(0)
    page.go_back()
    page.get_by_role("button", name="Remind me in a week").click()
    expect(reminder).to_have_count(0)
    page.goto(f"{installation.url}/shops/{opened['slug']}/account")
    reminder.click()
    # the code of the registration is not on its way any more
    earlier = "UPDATE contact_code SET created_at = created_at - interval '1 minute'"
    execute_at(postgres.set(database="web"), earlier)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label(re.compile("The code of six digits")).fill(code_for(installation, login, 2))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("proven", exact=True)).to_be_visible()
    page.get_by_role("link", name="To my own shop").click()
    expect(page.get_by_role("heading", name="New Bakery")).to_be_visible()
    expect(page.get_by_role("link", name="Prove it now")).to_have_count(0)


@AT_PHONE_SIZE
def test_an_owner_erases_a_customer_who_asks(page: Page, shop: Bakery) -> None:
    name = f"Customer {secrets.token_hex(3)}"
    made = shop.api.call("POST", f"/shops/{shop.shop_id}/customers", json={"name": name})
    enter(page, f"{shop.url}/customers/{made['id']}", shop.login)
    page.get_by_role("button", name="Erase this customer").click()
    page.get_by_role("button", name="Erase this customer").click()
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    found = shop.api.call("GET", f"/shops/{shop.shop_id}/customers", params={"search": name})
    assert found["items"] == []


@pytest.mark.parametrize(
    ("language", "heading"), [("de", "Meine Geschäfte"), ("hi", "मेरी दुकानें")], ids=["de", "hi"]
)
def test_a_customers_pages_speak_the_readers_language(
    customer: BrowserContext, installation: Installation, language: str, heading: str
) -> None:
    with watched_page(customer) as page:
        page.goto(f"{installation.url}/my")
        page.evaluate(f"localStorage.setItem('shopbell.language', '{language}')")
        try:
            page.reload()
            expect(page.get_by_role("heading", name=heading)).to_be_visible()
        finally:
            page.evaluate("localStorage.removeItem('shopbell.language')")


@AT_PHONE_SIZE
def test_from_right_to_left_a_customers_pages_stay_on_the_screen(
    mine: Page, installation: Installation, shop: Bakery
) -> None:
    mine.evaluate("localStorage.setItem('shopbell.language', 'ar-XB')")
    try:
        for path in ("", "/account", f"/{slug_of(shop)}", f"/join/{slug_of(shop)}"):
            mine.goto(f"{installation.url}/my{path}")
            expect(mine.get_by_role("heading", level=1)).to_be_visible()
            expect(mine.locator("[aria-busy=true]")).to_have_count(0)
            assert mine.locator("html").get_attribute("dir") == "rtl"
            width = mine.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert width <= 0, path
    finally:
        mine.evaluate("localStorage.removeItem('shopbell.language')")
