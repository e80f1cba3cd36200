"""A day looked back on, and set right."""

import re

import pytest
from playwright.sync_api import Page, expect

from simulators.device import SimulatedDevice
from tests.installation import Installation
from tests.web.conftest import AT_PHONE_SIZE, Bakery, enter, open_own_bakery

THUMB_PX = 44
NAMES = {
    "en": ("^The day before$", "^The day after$"),
    "de": ("^Tag davor$", "^Tag danach$"),
    "hi": ("^पिछला दिन$", "^अगला दिन$"),
    "ar-XB": ("The day before", "The day after"),
}


@pytest.fixture
def own_bakery(installation: Installation) -> Bakery:
    return open_own_bakery(installation)


def test_the_day_tells_what_the_door_did_and_a_correction_leaves_its_trace(
    page: Page, own_bakery: Bakery
) -> None:
    device = SimulatedDevice(own_bakery.door)
    device.start()
    try:
        enter(page, own_bakery.url, own_bakery.login)
        device.open_door()
        for _ in range(3):
            device.walk_in()
        expect(page.get_by_role("status").first).to_contain_text("3 inside")
        page.get_by_role("link", name="The whole day").click()
        expect(page.get_by_text("Door opened")).to_be_visible()
        page.get_by_label("People inside who came by").fill("1")
        page.get_by_label("Why").fill("Two left by the back")
        page.get_by_role("button", name="Set it right").click()
        expect(page.get_by_text("Counted were 3, now it says 1.")).to_be_visible()
        expect(page.get_by_text("Set right: counted 3, inside 1")).to_be_visible()
        expect(page.get_by_text("Two left by the back")).to_be_visible()
    finally:
        device.close()


@AT_PHONE_SIZE
def test_other_days_are_reached_and_kept_in_the_address(page: Page, own_bakery: Bakery) -> None:
    enter(page, f"{own_bakery.url}/day", own_bakery.login)
    expect(page.get_by_role("button", name="The day after")).to_be_disabled()
    page.get_by_role("button", name="The day before").click()
    expect(page.get_by_text("Nothing was reported")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="The day after")).to_be_enabled()


@AT_PHONE_SIZE
@pytest.mark.parametrize("language", ["en", "de", "hi", "ar-XB"])
def test_a_day_stands_between_its_neighbours_in_one_row(
    page: Page, own_bakery: Bakery, language: str
) -> None:
    enter(page, f"{own_bakery.url}/day", own_bakery.login)
    page.evaluate(f"localStorage.setItem('shopbell.language', '{language}')")
    page.reload()
    row = page.locator("div:has(> button):has(input[type=date])")
    before, after = row.get_by_role("button").first, row.get_by_role("button").last
    expect(before).to_have_accessible_name(re.compile(NAMES[language][0]))
    expect(after).to_have_accessible_name(re.compile(NAMES[language][1]))
    boxes = [one.bounding_box() for one in (before, row.locator("input"), after)]
    assert len({round(box["y"]) for box in boxes if box}) == 1
    assert min(min(box["height"], box["width"]) for box in boxes if box) >= THUMB_PX


@AT_PHONE_SIZE
def test_a_holiday_is_added_and_removed(page: Page, own_bakery: Bakery) -> None:
    enter(page, f"{own_bakery.url}/shop/hours", own_bakery.login)
    form = page.get_by_role("form", name="Add this day")
    form.get_by_label("Date").fill("2030-12-24")
    form.get_by_label("Closed all day").uncheck()
    form.get_by_label("On this day from").fill("09:00")
    form.get_by_label("On this day to").fill("12:00")
    form.get_by_label("Note").fill("Christmas Eve")
    form.get_by_role("button", name="Add this day").click()
    day = page.get_by_role("listitem").filter(has_text="Christmas Eve")
    expect(day).to_contain_text("09:00-12:00")
    day.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No day has hours of its own")).to_be_visible()
