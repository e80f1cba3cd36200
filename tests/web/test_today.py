"""Today: the state of the shop as it changes, the figures, and the one thing to do."""

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.engine import URL

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.settings import Settings
from simulators.api import Api
from simulators.device import SimulatedDevice
from tests.installation import Installation, running
from tests.web.conftest import (
    AT_PHONE_SIZE,
    Bakery,
    count_visitors,
    enter,
    move_to_noon,
    open_bakery,
    open_own_bakery,
)


def test_the_page_follows_the_door_without_reloading(
    page: Page, installation: Installation
) -> None:
    bakery = open_own_bakery(installation)
    enter(page, bakery.url, bakery.login)
    status = page.get_by_role("status")
    door = SimulatedDevice(bakery.door)
    door.start()
    try:
        door.close_door()
        expect(status).to_contain_text(re.compile(r"Closed since \d\d:\d\d.*door sensor"))
        door.open_door()
        expect(status).to_contain_text("Open since")
        door.walk_in()
        door.walk_in()
        expect(status).to_contain_text("2 inside")
    finally:
        door.close()


def test_figures_say_what_they_mean_and_when_data_is_missing(owner_page: Page) -> None:
    expect(owner_page.get_by_text("Takings")).to_be_visible()
    expect(owner_page.get_by_text("Churn rate")).to_be_visible()
    expect(owner_page.get_by_text(re.compile("did not come in the last"))).to_be_visible()
    expect(owner_page.get_by_text("Revenue at risk")).to_be_visible()


def test_without_a_connection_today_says_since_when_it_is_and_tries_again(
    owner_page: Page,
) -> None:
    expect(owner_page.get_by_role("heading", name="The hours of the day")).to_be_visible()
    owner_page.context.set_offline(True)
    try:
        note = owner_page.get_by_role("complementary", name="No connection.")
        expect(note).to_contain_text(re.compile(r"What you see is from .*\d\d:\d\d"))
        expect(owner_page.get_by_text("Takings")).to_be_visible()
    finally:
        owner_page.context.set_offline(False)
    expect(note).to_have_count(0)


def test_a_page_that_fails_says_what_to_do_and_comes_back(owner_page: Page, bakery: Bakery) -> None:
    path = re.compile(r"/customers\?")
    owner_page.route(path, lambda route: route.fulfill(status=409, json={"status": 409}))
    owner_page.goto(f"{bakery.url}/customers")
    expect(owner_page.get_by_role("alert")).to_contain_text("This did not work")
    owner_page.unroute_all(behavior="wait")
    owner_page.get_by_role("button", name="Try again").click()
    expect(owner_page.get_by_role("table")).to_be_visible()


def test_the_one_thing_to_do_leads_to_the_customer(owner_page: Page) -> None:
    owner_page.get_by_role("link", name=re.compile("Win back Customer")).click()
    expect(owner_page.get_by_text("Will they come back?")).to_be_visible()
    why = owner_page.get_by_role("region", name="Will they come back?").get_by_role("listitem")
    expect(why.filter(has_text="Usually every")).to_be_visible()


@AT_PHONE_SIZE
def test_the_owner_is_back_in_15_minutes_or_earlier(page: Page, installation: Installation) -> None:
    bakery = open_own_bakery(installation)
    enter(page, bakery.url, bakery.login)
    page.get_by_text("Away for a moment?").click()
    page.get_by_role("button", name="Back in 15 minutes").click()
    strip = page.get_by_role("region", name="The shop now")
    expect(strip).to_contain_text("Closed")
    expect(strip).to_contain_text("“Back in 15 minutes” You said so, until")
    public = Api(installation.url).call("GET", f"/public/shops/{bakery.url.split('/')[-1]}")
    assert public["status"]["message"] == "Back in 15 minutes"
    strip.get_by_role("button", name="End this now").click()
    expect(strip).not_to_contain_text("You said so")


@AT_PHONE_SIZE
def test_the_day_stands_against_what_is_usual_once_enough_days_are_known(
    page: Page, installation: Installation, postgres: URL
) -> None:
    bakery = open_own_bakery(installation)
    now = dt.datetime.now(move_to_noon(bakery))
    enter(page, bakery.url, bakery.login)
    figures = page.get_by_role("region", name="Today so far")
    expect(figures.get_by_text("Not enough days yet to say what is usual")).to_have_count(2)
    expect(figures).to_contain_text("Needs visitors counted at the door")

    weeks_before = [(weeks, now - dt.timedelta(weeks=weeks)) for weeks in range(1, 7)]
    sell(bakery, [(at, 10_000 + 100 * weeks) for weeks, at in weeks_before])
    count_visitors(postgres, bakery, [(at.replace(hour=9), 30 + n) for n, at in weeks_before])
    sell(bakery, [(now, 100)] * 12)
    device = SimulatedDevice(bakery.door)
    device.start()
    try:
        device.open_door()
        for _ in range(24):
            device.walk_in()
        page.reload()
        expect(figures).to_contain_text("Less than usual: €102 to €106 by now")
        expect(figures).to_contain_text("Visitors24Less than usual: 32 to 36 by now")
        expect(figures).to_contain_text("Conversion50%")
        expect(figures).to_contain_text("anything from 34% to 66% is likely · More than usual")
    finally:
        device.close()
    chart = page.get_by_role("figure", name=re.compile(r"The busiest hour so far began at \d\d:00"))
    chart.get_by_text("As a table").click()
    expect(chart.get_by_role("row", name="09:00")).to_contain_text("0 (usually 33.5)")


def sell(bakery: Bakery, sales: Sequence[tuple[dt.datetime, int]]) -> None:
    for at, amount_minor in sales:
        sale = {"id": str(uuid.uuid4()), "occurred_at": at.isoformat()}
        path = f"/shops/{bakery.shop_id}/purchases"
        bakery.api.call("POST", path, json={**sale, "amount_minor": amount_minor})


def test_promised_hours_stand_beside_the_door(page: Page, installation: Installation) -> None:
    bakery = open_own_bakery(installation)
    promised = dt.datetime.now(move_to_noon(bakery)) - dt.timedelta(minutes=30)
    hours = {"opening_hours": f"Mo-Su {promised:%H:%M}-20:00"}
    bakery.api.call("PATCH", f"/shops/{bakery.shop_id}", json=hours)
    # a door that was not there when it was to open would not be called late
    boot = int(promised.timestamp()) - 3600
    shut = {"seq": 1, "up": 1000, "at": 1000 * boot + 1000, "kind": "door", "open": 0}
    device = SimulatedDevice(bakery.door, boot=boot, kept=[shut])
    device.start()
    try:
        enter(page, bakery.url, bakery.login)
        device.close_door()
        problems = page.get_by_role("region", name="Needs a look")
        expect(problems).to_contain_text("the door is closed")
        strip = page.get_by_role("region", name="The shop now")
        expect(strip).to_contain_text(f"Promised today: {promised:%H:%M}–20:00")
        expect(strip).not_to_contain_text("opened")
        device.open_door()
        expect(problems).to_have_count(0)
        expect(strip).to_contain_text(
            re.compile(r"Open since \d\d:\d\d.*opened 3[012] minutes late")
        )
    finally:
        device.close()


@pytest.fixture
def own_installation(
    own_settings: Settings, mosquitto: BrokerFolder, tmp_path: Path
) -> Iterator[Installation]:
    """An API that only this test uses and may stop."""
    with running(own_settings, mosquitto, tmp_path, "api") as processes:
        yield processes


@AT_PHONE_SIZE
def test_an_interrupted_live_view_says_so_until_it_is_back(
    page: Page, own_installation: Installation
) -> None:
    bakery = open_bakery(own_installation, "ines@example.com")
    enter(page, bakery.url, bakery.login)
    status = page.get_by_role("status")
    expect(status).to_contain_text("Unknown")

    own_installation.stop("api")
    expect(status).to_contain_text(re.compile(r"Live view interrupted, last seen \d\d:\d\d"))
    own_installation.start("api")
    expect(status).not_to_contain_text("interrupted")
