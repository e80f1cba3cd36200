"""Today: the state of the shop as it changes, the figures, and the one thing to do."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.settings import Settings
from simulators.device import SimulatedDevice
from tests.installation import Installation, running
from tests.web.conftest import Bakery, open_bakery, sign_in


@pytest.fixture
def door(bakery: Bakery) -> Iterator[SimulatedDevice]:
    device = SimulatedDevice(bakery.door)
    device.start()
    yield device
    device.close()


def test_the_page_follows_the_door_without_reloading(
    owner_page: Page, door: SimulatedDevice
) -> None:
    door.close_door()
    status = owner_page.get_by_role("status")
    expect(status).to_contain_text(re.compile(r"Closed since \d\d:\d\d.*door sensor"))
    door.open_door()
    expect(status).to_contain_text("Open since")

    inside = people_inside(owner_page)
    door.walk_in()
    door.walk_in()
    expect(status).to_contain_text(f"{inside + 2} inside")


def people_inside(page: Page) -> int:
    found = re.search(r"(\d+) inside", page.get_by_role("status").inner_text())
    return int(found[1]) if found else 0


def test_figures_say_what_they_mean_and_when_data_is_missing(owner_page: Page) -> None:
    expect(owner_page.get_by_text("Takings")).to_be_visible()
    expect(owner_page.get_by_text("Churn rate")).to_be_visible()
    expect(owner_page.get_by_text(re.compile("did not come in the last"))).to_be_visible()
    expect(owner_page.get_by_text("Revenue at risk")).to_be_visible()


def test_the_one_thing_to_do_leads_to_the_customer(owner_page: Page) -> None:
    owner_page.get_by_role("link", name=re.compile("Win back Customer")).click()
    expect(owner_page.get_by_text("Will they come back?")).to_be_visible()
    expect(owner_page.get_by_text(re.compile("^usually every", re.IGNORECASE))).to_be_visible()


@pytest.fixture
def own_installation(
    own_settings: Settings, mosquitto: BrokerFolder, tmp_path: Path
) -> Iterator[Installation]:
    """An API that only this test uses and may stop."""
    with running(own_settings, mosquitto, tmp_path, "api") as processes:
        yield processes


def test_an_interrupted_live_view_says_so_until_it_is_back(
    page: Page, own_installation: Installation
) -> None:
    bakery = open_bakery(own_installation, "ines@example.com")
    sign_in(page, bakery.url, bakery.login)
    status = page.get_by_role("status")
    expect(status).to_contain_text("Unknown")

    own_installation.stop("api")
    expect(status).to_contain_text(re.compile(r"Live view interrupted, last seen \d\d:\d\d"))
    own_installation.start("api")
    expect(status).not_to_contain_text("interrupted", timeout=40_000)
