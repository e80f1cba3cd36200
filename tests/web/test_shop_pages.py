"""The first steps of a shop, its hours, profile and devices."""

import re

import pytest
from playwright.sync_api import Page, expect

from simulators.api import Api
from simulators.device import Credential, SimulatedDevice
from tests.installation import Installation
from tests.web.conftest import AT_PHONE_SIZE, Bakery, enter, open_own_bakery
from tests.web.test_accessibility import faults_of


@pytest.fixture
def own_bakery(installation: Installation) -> Bakery:
    return open_own_bakery(installation)


@pytest.fixture
def start_page(page: Page, own_bakery: Bakery) -> Page:
    enter(page, f"{own_bakery.url}/start", own_bakery.login)
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    return page


def test_hours_are_set_from_a_preset_and_changed_for_one_day(
    start_page: Page, own_bakery: Bakery
) -> None:
    start_page.get_by_role("link", name="Set the hours").click()
    start_page.get_by_role("button", name="Weekdays and Saturday morning").click()
    wednesday = start_page.get_by_role("group", name="Wednesday")
    wednesday.get_by_label("Wednesday to").fill("13:00")
    start_page.get_by_role("button", name="Save", exact=True).click()
    expect(start_page.get_by_text("Saved")).to_be_visible()
    shop = own_bakery.api.call("GET", f"/shops/{own_bakery.shop_id}")
    assert shop["opening_hours"] == (
        "Mo-Tu 09:00-18:00; We 09:00-13:00; Th-Fr 09:00-18:00; Sa 09:00-14:00"
    )
    start_page.goto(f"{own_bakery.url}/start")
    steps = start_page.get_by_role("listitem")
    expect(steps.filter(has_text="Opening hours")).to_contain_text("Done")


@AT_PHONE_SIZE
def test_a_time_that_is_cleared_is_asked_for_in_the_planner(page: Page, own_bakery: Bakery) -> None:
    enter(page, f"{own_bakery.url}/shop/hours", own_bakery.login)
    page.get_by_role("button", name="Every day").click()
    monday = page.get_by_role("group", name="Monday")
    monday.get_by_label("Monday from").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    monday.get_by_label("Monday from").fill("10:00")
    monday.get_by_role("button", name="Add hours on Monday").click()
    expect(monday.get_by_label("Monday from").last).to_have_value("")
    monday.get_by_label("Monday to").first.fill("12:00")
    monday.get_by_label("Monday from").last.fill("14:00")
    monday.get_by_label("Monday to").last.fill("18:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved")).to_be_visible()
    shop = own_bakery.api.call("GET", f"/shops/{own_bakery.shop_id}")
    assert shop["opening_hours"] == "Mo 10:00-12:00,14:00-18:00; Tu-Su 08:00-20:00"


@AT_PHONE_SIZE
def test_a_new_device_shows_its_password_once_and_ticks_when_heard(
    page: Page, own_bakery: Bakery
) -> None:
    enter(page, f"{own_bakery.url}/shop/devices", own_bakery.login)
    page.get_by_label("Name of the device").fill("Back door")
    page.get_by_role("radio", name="By a password").check()
    page.get_by_role("button", name="Add it").click()
    made = page.get_by_role("region", name="How the device signs in")
    test = page.get_by_role("status", name="Door test")
    expect(test).to_contain_text("Waiting for the board")
    host, username, password = made.get_by_role("definition").all_inner_texts()
    name, port = host.rsplit(":", 1)
    device = SimulatedDevice(Credential(name, int(port), username, password))
    device.start()
    try:
        expect(test).to_contain_text("The board was heard")
        device.open_door()
        expect(test).to_contain_text("The door was seen to move")
    finally:
        device.close()
    page.reload()
    expect(page.get_by_role("listitem").filter(has_text="Back door")).to_be_visible()
    expect(page.get_by_text(password)).to_have_count(0)


@AT_PHONE_SIZE
def test_a_board_of_which_nothing_is_known_yet_is_not_said_to_work(
    page: Page, own_bakery: Bakery
) -> None:
    page.route(re.compile("/live"), lambda route: route.abort())
    enter(page, f"{own_bakery.url}/shop/devices", own_bakery.login)
    board = page.get_by_role("listitem").filter(has_text="Front door")
    expect(board).to_contain_text("0 events stored")
    expect(board).not_to_contain_text("Works")


def test_the_profile_is_changed_and_shown_on_the_public_page(
    page: Page, own_bakery: Bakery
) -> None:
    enter(page, f"{own_bakery.url}/shop/profile", own_bakery.login)
    page.get_by_label("Address").fill("Lindenstr. 1, Berlin")
    page.get_by_label("Room for how many people?").fill("12")
    page.get_by_label("Language of the reports").select_option("Deutsch")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved")
    shop = own_bakery.api.call("GET", f"/shops/{own_bakery.shop_id}")
    assert (shop["address"], shop["capacity"]) == ("Lindenstr. 1, Berlin", 12)
    assert shop["language"] == "de"
    page.get_by_role("link", name="Shop", exact=True).first.click()
    expect(page.get_by_role("link", name=shop["public_url"])).to_be_visible()


def test_a_board_claims_itself_with_the_code_and_is_tried_at_the_door(
    page: Page, own_bakery: Bakery, installation: Installation
) -> None:
    enter(page, f"{own_bakery.url}/shop/devices", own_bakery.login)
    expect(page.get_by_text("Never heard of")).to_be_visible()
    page.get_by_label("Name of the device").fill("Side door")
    page.get_by_role("button", name="Make a code").click()
    code = page.get_by_role("status", name="Code for the board").inner_text()
    claimed = Api(installation.url).call("POST", "/claims", json={"code": code})["credential"]
    device = SimulatedDevice(
        Credential(
            claimed["mqtt_host"], claimed["mqtt_port"], claimed["username"], claimed["password"]
        )
    )
    device.start()
    try:
        test = page.get_by_role("status", name="Door test")
        expect(test).to_contain_text("The board was heard")
        device.open_door()
        expect(test).to_contain_text("The door was seen to move. It works.")
    finally:
        device.close()


@AT_PHONE_SIZE
def test_a_boards_password_is_changed_and_the_board_removed(page: Page, own_bakery: Bakery) -> None:
    enter(page, f"{own_bakery.url}/shop/devices", own_bakery.login)
    page.get_by_text("Password and removal").click()
    for _ in range(2):
        page.get_by_role("button", name="New password").last.click()
    made = page.get_by_role("region", name="How the device signs in")
    expect(made).to_contain_text(own_bakery.door.username)
    expect(made).not_to_contain_text(own_bakery.door.password)
    page.get_by_role("button", name="Remove Front door").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("No device yet")).to_be_visible()


@AT_PHONE_SIZE
def test_a_board_is_asked_to_blink_and_its_answer_is_shown(page: Page, own_bakery: Bakery) -> None:
    device = SimulatedDevice(own_bakery.door)
    device.start()
    try:
        enter(page, f"{own_bakery.url}/shop/devices", own_bakery.login)
        page.get_by_text("Ask the board to do something").click()
        expect(page.get_by_text("Nothing was asked yet.")).to_be_visible()
        page.get_by_role("button", name="Start again: Front door").click()
        expect(page.get_by_text("It counts nobody for a few seconds.")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Blink: Front door").click()
        asked = page.get_by_role("list", name="Asked lately").get_by_role("listitem")
        expect(asked).to_contain_text("a simulated board has no hardware")
        expect(asked).to_contain_text("Blink: not done")
        assert faults_of(page) == []
    finally:
        device.close()


def test_poster_and_data_are_taken_home(page: Page, own_bakery: Bakery) -> None:
    enter(page, f"{own_bakery.url}/shop", own_bakery.login)
    expect(page.get_by_role("link", name="Send by WhatsApp")).to_have_attribute(
        "href", re.compile(r"https://wa\.me/\?text=")
    )
    for button, beginning in (
        ("Poster A4 (PDF)", b"%PDF"),
        ("Poster A4 (SVG)", b"<svg"),
        ("Purchases", b"\xef\xbb\xbfp"),
        ("Products", b"\xef\xbb\xbfp"),
    ):
        with page.expect_download() as saved:
            page.get_by_role("button", name=button).click()
        assert saved.value.path().read_bytes()[:4] == beginning[:4], button


def test_a_shop_is_closed_by_its_name_and_taken_back(
    page: Page, own_bakery: Bakery, installation: Installation
) -> None:
    slug = own_bakery.url.rsplit("/", 1)[1]
    enter(page, f"{own_bakery.url}/shop/privacy", own_bakery.login)
    expect(page.get_by_role("heading", name="Close this shop")).to_be_visible()
    page.get_by_label("Name of the shop").fill("Flower Power")
    page.get_by_role("button", name="Close the shop").click()
    expect(page.get_by_role("alert")).to_contain_text("which is Corner Bakery")
    page.get_by_label("Name of the shop").fill("Corner Bakery")
    page.get_by_role("button", name="Close the shop").click()
    expect(page.get_by_text("This shop is closed.")).to_be_visible()
    assert page.request.get(f"{installation.url}/s/{slug}").status == 410

    page.get_by_role("link", name="Today").click()
    expect(page.get_by_text("This shop is closed.")).to_be_visible()
    expect(page.get_by_text("first steps are open")).to_have_count(0)
    page.get_by_role("link", name="Take it back").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_label("Name of the shop")).to_be_visible()
    assert page.request.get(f"{installation.url}/s/{slug}").status == 200


@AT_PHONE_SIZE
def test_who_thinks_better_of_another_shop_finds_back(page: Page, own_bakery: Bakery) -> None:
    enter(page, own_bakery.url, own_bakery.login)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("link", name="Open another shop").click()
    page.get_by_role("link", name="Corner Bakery").click()
    expect(page.get_by_text("Takings")).to_be_visible()


@AT_PHONE_SIZE
def test_who_erases_their_account_reads_which_shops_to_close_first(
    page: Page, own_bakery: Bakery, installation: Installation
) -> None:
    enter(page, own_bakery.url, own_bakery.login)
    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    page.goto(f"{installation.url}/my/account")
    expect(page.get_by_text(re.compile("close the shop first"))).to_contain_text("Corner Bakery")
