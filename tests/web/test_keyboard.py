"""The main stories by keyboard alone: each stop is seen, and the focus is never lost."""

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.installation import Installation
from tests.web.conftest import PASSWORD, Bakery, enter, open_own_bakery, settled

SALES = "customer,when,total\nA1,03/04/2026,12.50\nA2,05/06/2026,3.20\n"
FILE: FilePayload = {"name": "till.csv", "mimeType": "text/csv", "buffer": SALES.encode()}
# a long page has some dozen stops
STOPS = 60
PRESSABLE = "a[href], button:enabled, input, select, textarea, summary, [tabindex='0']"

# what has the focus, when somebody who looks at the screen can tell: it is marked, by itself or by
# what stands for it, it is in sight, and nothing covers it
STOP = """() => {
    const it = document.activeElement;
    it.dataset.stop = "";
    const isMarked = ({outlineStyle, outlineWidth}) =>
        outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    const marks = [[it], [it, "::after"], [it.nextElementSibling]].filter(([one]) => one);
    const marked = marks.some((of) => isMarked(getComputedStyle(...of)));
    const box = it.getBoundingClientRect();
    const x = Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 1);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    const hit = document.elementFromPoint(x, (top + bottom) / 2);
    const inSight = bottom - top >= Math.min(box.height, 20);
    const label = hit?.closest("label");
    const free = hit && (it.contains(hit) || hit.contains(it) || label?.contains(it));
    return {text: it.outerHTML.slice(0, 200), marked, inSight, free: Boolean(free)};
}"""


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus; every stop on the way can be seen."""
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        assert stop["marked"], f"no mark on {stop['text']}"
        assert stop["inSight"], f"out of sight: {stop['text']}"
        assert stop["free"], f"covered: {stop['text']}"
        if wanted.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError(f"not reached by Tab: {wanted}")


def press_link(page: Page, name: str) -> None:
    """Follow a link of the menu, and begin with the page that it leads to."""
    tab_to(page, page.get_by_role("navigation").get_by_role("link", name=name, exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


@pytest.fixture
def own_bakery(installation: Installation) -> Bakery:
    bakery = open_own_bakery(installation)
    path = f"/shops/{bakery.shop_id}/customers"
    for name in ("Asha Rao", "Ben Berg"):
        bakery.api.call("POST", path, json={"name": name})
    return bakery


def test_signing_in_and_recording_a_sale(page: Page, own_bakery: Bakery) -> None:
    page.goto(own_bakery.url)
    expect(page.get_by_label("Email or phone")).to_be_visible()
    tab_to(page, page.get_by_label("Email or phone"))
    page.keyboard.type(own_bakery.login)
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()

    press_link(page, "Sale")
    amount = page.get_by_label("Amount in EUR")
    expect(amount).to_be_focused()
    page.keyboard.type("3,20")
    tab_to(page, page.get_by_label("Customer, if known"))
    page.keyboard.type("asha")
    expect(page.get_by_role("button", name="Asha Rao")).to_be_visible()
    page.keyboard.press("Enter")  # chooses whom one was looking for, and saves nothing yet
    expect(page.get_by_role("button", name="Somebody else")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Customer, if known")).to_be_focused()
    page.keyboard.type("ben")
    expect(page.get_by_role("button", name="Ben Berg")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Ben Berg"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Save the sale"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("€3.20 saved.")
    expect(amount).to_be_focused()
    expect(page.get_by_text("not sent yet")).to_have_count(0)
    sales = own_bakery.api.call("GET", f"/shops/{own_bakery.shop_id}/purchases")["items"]
    assert [sale["amount_minor"] for sale in sales] == [320]


def test_a_customer_is_found_and_left_again(owner_page: Page) -> None:
    page = owner_page
    press_link(page, "Customers")
    expect(page.get_by_role("main")).to_be_focused()
    tab_to(page, page.get_by_role("searchbox"))
    page.keyboard.type("Customer 01")
    expect(page.get_by_role("status")).to_have_text("10 customers shown")
    tab_to(page, page.get_by_role("radio", name="All"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="High")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("status")).to_have_text("10 customers shown")
    second = page.get_by_role("table").get_by_role("link").nth(1)
    name = second.inner_text()
    tab_to(page, second)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    tab_to(page, page.get_by_role("link", name="All customers"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=name)).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("10 customers shown")


def test_the_account_opens_keeps_the_focus_and_gives_it_back(owner_page: Page) -> None:
    page = owner_page
    account = page.get_by_role("button", name="Account")
    devices = page.get_by_role("link", name="Signed-in devices")
    tab_to(page, account)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Language"))
    tab_to(page, devices)
    page.keyboard.press("Escape")
    expect(devices).to_be_hidden()
    expect(account).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, devices)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Account", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_label("Language")).to_be_hidden()


def test_a_file_is_imported_and_taken_back(page: Page, own_bakery: Bakery) -> None:
    # listened for from the beginning: whoever begins with the press may begin too late
    page.on("filechooser", lambda chooser: None)
    enter(page, f"{own_bakery.url}/import", own_bakery.login)
    expect(page.get_by_role("heading", name="Import sales")).to_be_visible()
    tab_to(page, page.get_by_label("File with your sales"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(files=[FILE])
    tab_to(page, page.get_by_role("button", name="Upload"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="till.csv")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
    choose(page, "when is", "Date")
    choose(page, "total is", "Amount")
    tab_to(page, page.get_by_role("radio", name="Day first"))
    page.keyboard.press("Space")
    expect(page.get_by_text("€15.70 across 3 Apr 2026 to 5 Jun 2026")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Import these sales"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()

    undo = page.get_by_role("button", name="Undo this import")
    tab_to(page, undo)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Its sales and the customers it made go away")).to_be_visible()
    expect(undo).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Cancel"))
    page.keyboard.press("Enter")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing of it is left.")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a list as one does by keyboard: by the first letters."""
    field = page.get_by_label(label)
    tab_to(page, field)
    page.keyboard.type(option)
    expect(field.locator("option:checked")).to_have_text(option)


def test_a_question_that_is_asked_twice_takes_the_focus_and_gives_it_back(
    owner_page: Page, bakery: Bakery
) -> None:
    owner_page.goto(f"{bakery.url}/account")
    everywhere = owner_page.get_by_role("button", name="Sign out everywhere")
    expect(everywhere).to_be_visible()
    tab_to(owner_page, everywhere)
    owner_page.keyboard.press("Enter")
    expect(owner_page.get_by_text("This ends your sign-in on every device")).to_be_visible()
    expect(everywhere).to_be_focused()
    tab_to(owner_page, owner_page.get_by_role("button", name="Cancel"))
    owner_page.keyboard.press("Enter")
    expect(owner_page.get_by_text("This ends your sign-in on every device")).to_have_count(0)
    expect(everywhere).to_be_focused()


def test_tab_stops_at_everything_that_can_be_pressed(owner_page: Page, bakery: Bakery) -> None:
    for path in ("", "/insights", "/shop"):
        owner_page.goto(bakery.url + path)
        settled(owner_page)
        last = owner_page.locator(PRESSABLE).locator("visible=true").last
        tab_to(owner_page, last)
        missed = owner_page.locator(f":is({PRESSABLE}):not([data-stop])").locator("visible=true")
        assert [one.inner_text() for one in missed.all()] == [], path
