"""The whole way: a contact on a virtual board opens, and the owner's page says so."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg.types.json import Jsonb

from cloud.app.jobs.broker import Mosquitto
from cloud.app.settings import Settings
from simulators.api import Api
from simulators.board.board import VirtualBoard
from simulators.board.install import know_the_floor
from simulators.device import Credential
from simulators.doors import start_board
from tests.installation import Installation, running, wait_until

LOGIN = "olga@corner-bakery.example"
PASSWORD = "a long enough password"
# how fast it is, is for the benchmarks: here a slow machine may take its time
IN_THE_END_MS = 90_000


@pytest.fixture
def installation(
    own_settings: Settings, own_mosquitto: Mosquitto, tmp_path: Path
) -> Iterator[Installation]:
    with running(own_settings, own_mosquitto.folder, tmp_path, "api", "ingest") as processes:
        yield processes


@pytest.fixture
def api(installation: Installation) -> Api:
    """The API as the owner of a bakery."""
    api = Api(installation.url)
    api.register_or_sign_in(name="Olga Owner", email=LOGIN, password=PASSWORD)
    return api


@pytest.fixture
def shop_id(api: Api) -> str:
    body = {
        "name": "Corner Bakery",
        "country": "DE",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "capacity": 10,
    }
    return str(api.call("POST", "/shops", json=body)["id"])


@pytest.fixture
def board(api: Api, shop_id: str, own_settings: Settings, tmp_path: Path) -> Iterator[VirtualBoard]:
    """A virtual board at the bakery's door: deployed, set up, online, and it knows the floor."""
    made = api.call("POST", f"/shops/{shop_id}/devices", json={"name": "Front door"})["credential"]
    credential = Credential(
        made["mqtt_host"], made["mqtt_port"], made["username"], made["password"]
    )
    flash = tmp_path / "flash"
    flash.mkdir()
    know_the_floor(flash)
    board = start_board(credential, flash)
    assert isinstance(board, VirtualBoard)
    try:
        path = f"/shops/{shop_id}/live"
        api.wait(path, lambda live: bool(live["devices"][0]["is_online"]), "the board online")
        wait_until(lambda: board.is_counting, "that the sensor is read")
        yield board
    finally:
        board.close()


@pytest.fixture
def page(browser: Browser, installation: Installation, board: VirtualBoard) -> Iterator[Page]:
    """Today, in the browser of the owner."""
    context = browser.new_context(viewport={"width": 360, "height": 780})
    page = context.new_page()
    page.goto(installation.url)
    page.get_by_label("Email or phone").fill(LOGIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    yield page
    context.close()


def test_the_owner_sees_the_door_open_and_two_people_walk_in(
    page: Page, board: VirtualBoard
) -> None:
    now = page.get_by_role("region", name="The shop now")
    board.close_door()
    expect(now).to_contain_text("Closed", timeout=IN_THE_END_MS)

    board.open_door()
    expect(now).to_contain_text("Open", timeout=IN_THE_END_MS)
    expect(now).to_contain_text("since")

    let_in(board, 2)
    expect(now).to_contain_text("2 inside", timeout=IN_THE_END_MS)
    visitors = page.get_by_role("term").filter(has_text="Visitors").locator("xpath=../dd[1]")
    expect(visitors).to_have_text("2")


def test_nothing_is_lost_or_doubled_while_the_broker_is_away(
    page: Page, board: VirtualBoard, own_mosquitto: Mosquitto, own_settings: Settings
) -> None:
    now = page.get_by_role("region", name="The shop now")
    board.open_door()
    let_in(board, 1)
    expect(now).to_contain_text("1 inside", timeout=IN_THE_END_MS)

    own_mosquitto.stop()
    let_in(board, 1)
    expect(now).to_contain_text("1 inside")
    own_mosquitto.start()
    let_in(board, 1)

    expect(now).to_contain_text("3 inside", timeout=IN_THE_END_MS)
    assert stored(own_settings, "passage", direction="in") == 3
    assert stored(own_settings, "passage", direction="out") == 0
    assert stored(own_settings, "door", open=1) == 1


def test_a_board_blinks_when_its_owner_asks(api: Api, shop_id: str, board: VirtualBoard) -> None:
    (device,) = api.call("GET", f"/shops/{shop_id}/devices")["items"]
    path = f"/shops/{shop_id}/devices/{device['id']}/commands"
    api.call("POST", path, json={"name": "identify"})
    api.wait(path, lambda asked: asked["items"][0]["state"] == "done", "the board's reply")
    assert api.call("GET", path)["items"][0]["outcome"] == "blinking for 10 s"


def let_in(board: VirtualBoard, people: int) -> None:
    """Let people walk in one after another, and wait until the last has passed the sensor."""
    for _ in range(people):
        board.walk_in()
        wait_until(lambda: not board.world.bodies, "that the person has passed")


def stored(settings: Settings, kind: str, **body: object) -> int:
    """Return how many events of a kind with this in their body are stored."""
    url = settings.database_url.set(drivername="postgresql")
    query = "SELECT count(*) FROM event WHERE kind = %s AND body @> %s"
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        row = connection.execute(query, (kind, Jsonb(body))).fetchone()
    assert row is not None
    return int(row[0])
