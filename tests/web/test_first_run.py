"""The first minutes of a shop: from no account to a door that is heard."""

import datetime as dt
import secrets

from playwright.sync_api import Locator, Page, expect

from simulators.api import Api
from simulators.device import Credential, SimulatedDevice
from tests.installation import Installation
from tests.web.conftest import PASSWORD, import_file
from tests.web.test_accessibility import faults_of

RETURNED = 6


def step(page: Page, name: str) -> Locator:
    steps = page.get_by_role("main").get_by_role("listitem")
    return steps.filter(has=page.get_by_role("heading", name=name))


def few_sales(today: dt.date) -> str:
    """Of two visits each: too few customers to tell who is about to be lost."""
    days = (today - dt.timedelta(days=20), today - dt.timedelta(days=10))
    lines = [f"C{number},{day},4.50" for number in range(RETURNED) for day in days]
    return "\n".join(["customer,date,total", *lines]) + "\n"


def test_a_new_owner_opens_a_shop_and_goes_through_the_first_steps(
    page: Page, installation: Installation
) -> None:
    login = f"{secrets.token_hex(6)}@example.com"
    page.goto(installation.url)
    page.get_by_role("link", name="Open an account").click()
    page.get_by_label("Your name").fill("Nora New")
    page.get_by_label("Email").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open the account").click()
    page.get_by_label("Name of the shop").fill("Nora’s Flowers")
    page.get_by_label("Country").select_option("Germany")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_role("button", name="Open the shop").dblclick()
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    start = page.url
    api = Api(installation.url)
    api.sign_in(login, PASSWORD)
    shops = api.call("GET", "/shops")["items"]
    assert [shop["name"] for shop in shops] == ["Nora’s Flowers"]
    shop_id = str(shops[0]["id"])

    step(page, "Opening hours").get_by_role("link", name="Set the hours").click()
    page.get_by_role("button", name="Weekdays and Saturday morning").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.get_by_role("link", name="Today", exact=True).click()
    expect(page.get_by_role("heading", name="Nora’s Flowers")).to_be_visible()
    expect(page.get_by_role("heading", name="3 first steps are open")).to_be_visible()
    expect(page.get_by_text("Next: Your sales")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    expect(step(page, "Opening hours")).to_contain_text("Done")

    step(page, "Your sales").get_by_role("link", name="Type sales in").click()
    page.get_by_label("Amount in EUR").fill("4,50")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("€4.50 saved.")
    page.go_back()
    expect(step(page, "Your sales")).to_contain_text("Done")
    import_file(api, shop_id, "purchases", few_sales(dt.date.today()))  # noqa: DTZ011
    expect(step(page, "Your sales")).to_contain_text(f"{RETURNED} have come twice or more")

    step(page, "A sensor at the door").get_by_role("link", name="Add a device").click()
    page.get_by_label("Name of the device").fill("Front door")
    page.get_by_role("button", name="Make a code").click()
    code = page.get_by_role("status", name="Code for the board").inner_text()
    made = Api(installation.url).call("POST", "/claims", json={"code": code})["credential"]
    page.goto(start)
    tried = page.get_by_role("status", name="Door test")
    expect(tried).to_contain_text("Waiting for the board")
    device = SimulatedDevice(
        Credential(made["mqtt_host"], made["mqtt_port"], made["username"], made["password"])
    )
    device.start()
    try:
        expect(tried).to_contain_text("The board was heard")
        device.open_door()
        expect(tried).to_contain_text("The door was seen to move. It works.")
    finally:
        device.close()

    public = step(page, "Your public page")
    with page.expect_download() as saved:
        public.get_by_role("button", name="Poster A4 (PDF)").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF")
    public.get_by_role("button", name="Skip: Your public page").click()
    expect(public).to_contain_text("Skipped for now")
    assert faults_of(page) == []
    page.goto(installation.url)  # whoever comes back another day is not asked again
    expect(page.get_by_role("heading", name="Nora’s Flowers")).to_be_visible()
    expect(page.get_by_text("Takings")).to_be_visible()
    expect(page.get_by_text("first step")).to_have_count(0)
