"""The whole way: a contact on a virtual board opens, and the owner's page says so."""

import binascii
import re
import struct
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg.types.json import Jsonb
from sqlalchemy.engine import URL

from cloud.app.jobs.broker import Mosquitto
from cloud.app.settings import Settings
from simulators.api import Api
from simulators.board.board import DOOR_PIN, VirtualBoard
from simulators.board.install import know_the_floor
from simulators.device import Credential
from simulators.doors import start_board
from tests.brokers import mosquitto_of_its_own
from tests.conftest import settings_of_a_copy
from tests.installation import Installation, running
from tests.waiting import WITHIN_S, wait_until
from wire.messages import encode

LOGIN = "olga@corner-bakery.example"
PASSWORD = "a long enough password"
# how many files the board's outbox has room for
SEGMENTS = 128
LOST = 3


@pytest.fixture(scope="module")
def own_settings(postgres: URL, migrated_database: str) -> Iterator[Settings]:
    """Settings whose database these tests share, and no others."""
    with settings_of_a_copy(postgres, migrated_database) as settings:
        yield settings


@pytest.fixture(scope="module")
def own_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A broker that these tests share, and no others: it is stopped and started."""
    with mosquitto_of_its_own(tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="module")
def installation(
    own_settings: Settings,
    own_mosquitto: Mosquitto,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    logs = tmp_path_factory.mktemp("logs")
    with running(own_settings, own_mosquitto.folder, logs, "api", "ingest") as processes:
        yield processes


@pytest.fixture(scope="module")
def api(installation: Installation) -> Api:
    """The API as the owner of a bakery."""
    api = Api(installation.url)
    api.register_or_sign_in(name="Olga Owner", email=LOGIN, password=PASSWORD)
    return api


@pytest.fixture(scope="module")
def shop_id(api: Api) -> str:
    body = {
        "name": "Corner Bakery",
        "country": "DE",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "capacity": 10,
    }
    return str(api.call("POST", "/shops", json=body)["id"])


@pytest.fixture(scope="module")
def board_at_the_door(
    api: Api, shop_id: str, own_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VirtualBoard]:
    """A virtual board at the bakery's door, deployed and set up."""
    made = api.call("POST", f"/shops/{shop_id}/devices", json={"name": "Front door"})["credential"]
    credential = Credential(
        made["mqtt_host"], made["mqtt_port"], made["username"], made["password"]
    )
    flash = tmp_path_factory.mktemp("flash")
    know_the_floor(flash)
    board = start_board(credential, flash)
    assert isinstance(board, VirtualBoard)
    try:
        yield board
    finally:
        board.close()


@pytest.fixture
def board(api: Api, shop_id: str, board_at_the_door: VirtualBoard) -> VirtualBoard:
    """The board, online, at a closed door."""
    board_at_the_door.close_door()
    path = f"/shops/{shop_id}/live"
    api.wait(path, lambda live: bool(live["devices"][0]["is_online"]), "the board online")
    wait_until(lambda: board_at_the_door.is_counting, "that the sensor is read")
    return board_at_the_door


@pytest.fixture
def page(browser: Browser, installation: Installation, board: VirtualBoard) -> Iterator[Page]:
    """Today, in the browser of the owner."""
    context = browser.new_context(viewport={"width": 360, "height": 780})
    context.set_default_timeout(WITHIN_S * 1000)
    page = context.new_page()
    page.goto(installation.url)
    page.get_by_label("Email or phone").fill(LOGIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    yield page
    context.close()


def test_the_owner_sees_the_door_open_and_two_people_walk_in(
    page: Page, board: VirtualBoard, own_settings: Settings
) -> None:
    before = stored(own_settings, "passage")
    now = page.get_by_role("region", name="The shop now")
    expect(now).to_contain_text("Closed")

    board.open_door()
    expect(now).to_contain_text("Open")
    expect(now).to_contain_text("since")

    let_in(board, 2)
    expect(now).to_contain_text(f"{before + 2} inside")
    visitors = page.get_by_role("term").filter(has_text="Visitors").locator("xpath=../dd[1]")
    expect(visitors).to_have_text(str(before + 2))


def test_nothing_is_lost_or_doubled_while_the_broker_is_away(
    page: Page, board: VirtualBoard, own_mosquitto: Mosquitto, own_settings: Settings
) -> None:
    before = stored(own_settings, "passage")
    openings = stored(own_settings, "door", open=1)
    now = page.get_by_role("region", name="The shop now")
    board.open_door()
    let_in(board, 1)
    expect(now).to_contain_text(f"{before + 1} inside")

    own_mosquitto.stop()
    let_in(board, 1)
    expect(now).to_contain_text(f"{before + 1} inside")
    own_mosquitto.start()
    let_in(board, 1)

    expect(now).to_contain_text(f"{before + 3} inside")
    assert stored(own_settings, "passage", direction="in") == before + 3
    assert stored(own_settings, "passage", direction="out") == 0
    assert stored(own_settings, "door", open=1) == openings + 1


def test_a_board_blinks_when_its_owner_asks(api: Api, shop_id: str, board: VirtualBoard) -> None:
    (device,) = api.call("GET", f"/shops/{shop_id}/devices")["items"]
    path = f"/shops/{shop_id}/devices/{device['id']}/commands"
    api.call("POST", path, json={"name": "identify"})
    api.wait(path, lambda asked: asked["items"][0]["state"] == "done", "the board's reply")
    assert api.call("GET", path)["items"][0]["outcome"] == "blinking for 10 s"


def test_what_a_full_board_lost_of_an_earlier_start_is_said_exactly(
    api: Api,
    shop_id: str,
    page: Page,
    board: VirtualBoard,
    own_mosquitto: Mosquitto,
    own_settings: Settings,
) -> None:
    page.get_by_role("link", name="Shop", exact=True).click()
    page.get_by_role("link", name="Devices").click()
    front_door = page.get_by_role("listitem").filter(has_text="Front door")
    expect(front_door).not_to_contain_text("missing")
    wait_until(
        lambda: completeness(api, shop_id) == f"all {stored(own_settings):,} events accounted for",
        "nothing to be missing",
    )

    own_mosquitto.stop()
    board.power_cut()
    fill_outbox(board)
    board.power_on()
    move_door_until_flushed(board)
    own_mosquitto.start()

    wait_until(lambda: stored(own_settings, "motion", active=0) == SEGMENTS - 1, "the rest")
    wait_until(lambda: not (board.flash / "outbox" / "gone").exists(), "the board to be told")
    wait_until(
        lambda: (
            completeness(api, shop_id)
            == f"{LOST} of {stored(own_settings) + LOST:,} events missing"
        ),
        "exactly what was lost to be missing",
    )
    page.reload()
    expect(front_door).to_contain_text("missing")
    shown = re.search(r"(\d+) events stored · (\d+) of (\d+) ev", front_door.inner_text())
    assert shown is not None
    there, lost, known = map(int, shown.groups())
    assert (lost, known) == (LOST, there + LOST)


def completeness(api: Api, shop_id: str) -> str:
    """Return what the owner is told of the board's events."""
    (device,) = api.call("GET", f"/shops/{shop_id}/devices")["items"]
    return str(device["completeness"])


def fill_outbox(board: VirtualBoard) -> None:
    """Leave the board as after two starts without a link: LOST events of the first, and as many
    segments of the second as there is room for."""
    outbox = board.flash / "outbox"
    outbox.mkdir(exist_ok=True)
    (outbox / "1-1").write_bytes(b"".join(record(number) for number in range(1, LOST + 1)))
    for number in range(1, SEGMENTS):
        (outbox / f"2-{number}").write_bytes(record(number))


def record(sequence: int) -> bytes:
    """Return an event as the board keeps it in flash."""
    event = encode({"seq": sequence, "up": 1000, "at": None, "kind": "motion", "active": 0})
    return struct.pack(">HI", len(event), binascii.crc32(event, sequence)) + event


def move_door_until_flushed(board: VirtualBoard) -> None:
    """Open and close the door until the board had to write, and to make room for that."""
    while not (board.flash / "outbox" / "gone").exists():
        kept = board.hardware.rtc_memory
        is_open = bool(board.hardware.levels[DOOR_PIN])
        board.close_door() if is_open else board.open_door()
        wait_until(lambda kept=kept: board.hardware.rtc_memory != kept, "the event")


def let_in(board: VirtualBoard, people: int) -> None:
    """Let people walk in one after another, and wait until the last has passed the sensor."""
    for _ in range(people):
        board.walk_in()
        wait_until(lambda: not board.world.bodies, "that the person has passed")


def stored(settings: Settings, kind: str = "%", **body: object) -> int:
    """Return how many events are stored: of one kind, with this in their body, or all."""
    url = settings.database_url.set(drivername="postgresql")
    query = "SELECT count(*) FROM event WHERE kind LIKE %s AND body @> %s"
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        row = connection.execute(query, (kind, Jsonb(body))).fetchone()
    assert row is not None
    return int(row[0])
