"""What the owner and everybody else see, from the message to the live state."""

import datetime as dt
from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.ingest.decode import Received
from cloud.app.ingest.handler import handle
from cloud.app.services.live import live_state, public_status
from cloud.app.services.openings import says_open
from cloud.app.settings import Settings
from cloud.app.store.connection import engine_for
from cloud.app.store.roles import APP, act_for
from tests.ingest.conftest import Bakery
from tests.ingest.messages import batch, door, passage, received, status

# a Friday, 13:00 in Berlin
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SOON = NOON + dt.timedelta(seconds=20)
LATER = NOON + dt.timedelta(minutes=30)
MON_TO_FRI = "Mo-Fr 09:00-18:00"

Say = Callable[..., None]


@pytest.fixture
def say(bakery: Bakery, ingest_connection: psycopg.Connection) -> Say:
    """Let the devices of a shop for ten people say something at noon, after their birth."""
    bakery.connection.execute("UPDATE shop SET capacity = 10, opening_hours = %s", (MON_TO_FRI,))
    handle(ingest_connection, [received(status(), "status")], NOON)

    def run(*messages: Received | bytes, at: dt.datetime = NOON) -> None:
        sent = [m if isinstance(m, Received) else received(m) for m in messages]
        handle(ingest_connection, sent, at)

    return run


@pytest.fixture
def reader(ingest_settings: Settings, bakery: Bakery) -> Iterator[Session]:
    """A session of the API's role that acts for nobody yet."""
    engine = engine_for(ingest_settings, APP)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def live(reader: Session, bakery: Bakery) -> Callable[[dt.datetime], dict[str, object]]:
    """The live state that somebody of the shop sees at a moment."""

    def look(now: dt.datetime) -> dict[str, object]:
        act_for(reader, shop_id=bakery.shop_id)
        return live_state(reader, bakery.shop_id, now)

    return look


Look = Callable[[dt.datetime], dict[str, object]]


def test_the_owner_sees_door_people_and_device(say: Say, live: Look, bakery: Bakery) -> None:
    ambiguous = {"seq": 5, "up": 1, "at": None, "kind": "ambiguous_passage", "sensor": 0}
    say(batch(door(1), passage(2), passage(3), passage(4, "out"), ambiguous | {"duration_ms": 9}))

    state = live(SOON)

    version = state.pop("version")
    assert isinstance(version, int)
    assert version > 0
    assert state == {
        "shop_id": bakery.shop_id,
        "is_open": True,
        "since": NOON,
        "source": "door",
        "until": None,
        "message": None,
        "sensor_seen_at": NOON,
        "inside": 1,
        "margin": 2,
        "entries": 2,
        "exits": 1,
        "ambiguous": 1,
        "crowd": "quiet",
        "devices": [
            {
                "id": "d-1",
                "name": "Front door",
                "is_online": True,
                "seen_at": NOON,
                "condition": "online",
                "problem": None,
                "said": None,
            }
        ],
    }


def test_a_contact_that_does_not_work_is_said_until_it_works_again(say: Say, live: Look) -> None:
    at_noon = {"up": 1, "at": None}
    faulty = at_noon | {"seq": 2, "kind": "contact_faulty", "fault": "stuck"}
    cleared = at_noon | {"seq": 3, "kind": "contact_cleared", "duration_ms": 5}

    say(batch(door(1), faulty))
    broken = the_device(live(SOON))
    say(batch(cleared))

    assert broken["condition"] == "contact"
    assert str(broken["problem"]).startswith("Door contact: it says closed")
    assert the_device(live(SOON))["condition"] == "online"


def the_device(state: dict[str, object]) -> dict[str, object]:
    devices = state["devices"]
    assert isinstance(devices, list)
    (device,) = devices
    assert isinstance(device, dict)
    return device


def test_the_version_grows_with_every_change(say: Say, live: Look) -> None:
    versions: list[int] = []
    for message in (
        batch(door(1)),
        batch(passage(2)),
        received(status("offline"), "status"),
    ):
        say(message)
        versions.append(int(str(live(SOON)["version"])))
    assert versions == sorted(set(versions))


def test_a_silent_sensor_falls_back_to_the_hours_and_hides_the_crowd(say: Say, live: Look) -> None:
    say(batch(door(1, is_open=0), passage(2)))
    assert (live(SOON)["is_open"], live(SOON)["source"]) == (False, "door")

    state = live(LATER)
    assert (state["is_open"], state["source"], state["since"]) == (True, "hours", None)
    assert state["crowd"] is None


def test_a_device_that_went_offline_is_believed_no_longer(say: Say, live: Look) -> None:
    say(batch(door(1)), received(status("offline"), "status"))
    state = live(SOON)
    assert state["source"] == "hours"
    assert state["devices"][0]["problem"].startswith("Offline")  # type: ignore[index]


def test_more_exits_than_entries_show_nobody(say: Say, live: Look) -> None:
    say(batch(passage(1, "out"), passage(2, "out")))
    state = live(SOON)
    assert (state["inside"], state["exits"], state["crowd"]) == (0, 2, "empty")


def test_a_shop_without_devices_and_hours_claims_nothing(live: Look, bakery: Bakery) -> None:
    bakery.connection.execute("DELETE FROM device")
    state = live(NOON)
    assert (state["is_open"], state["source"], state["inside"]) == (None, "unknown", None)


def test_everybody_gets_words_and_no_number_of_people(
    say: Say, reader: Session, bakery: Bakery
) -> None:
    say(batch(door(1), *(passage(number) for number in range(2, 10))))
    assert public_status(reader, "bakery", SOON) == {
        "slug": "bakery",
        "name": "Bakery",
        "address": None,
        "time_zone": "Europe/Berlin",
        "opening_hours": MON_TO_FRI,
        "status": {
            "is_open": True,
            "since": NOON,
            "source": "door",
            "until": None,
            "message": None,
            "sensor_seen_at": NOON,
            "checked_at": SOON,
        },
        "crowd": "busy",
        "opens_at": None,
        "closes_at": NOON + dt.timedelta(hours=5),
        "quiet_from": None,
        "quiet_until": None,
    }


def test_a_closed_shop_is_not_called_empty(say: Say, reader: Session) -> None:
    say(batch(door(1, is_open=0)))
    assert public_status(reader, "bakery", SOON)["crowd"] is None


def test_a_shop_that_does_not_exist_is_not_found(reader: Session, bakery: Bakery) -> None:
    with pytest.raises(NotFound):
        public_status(reader, "butcher", NOON)


@pytest.mark.parametrize(
    ("hours", "time_zone", "country", "is_open"),
    [
        (MON_TO_FRI, "Europe/Berlin", "DE", True),
        (MON_TO_FRI, "America/Los_Angeles", "US", False),
        ("Mo-Fr 13:00-14:00", "Europe/Berlin", "DE", True),
        ("Mo-Fr 12:00-13:00", "Europe/Berlin", "DE", False),
        # no calendar of holidays for this country
        (MON_TO_FRI, "Asia/Kolkata", "IN", True),
        ("24/7 unknown", "Europe/Berlin", "DE", None),
        ("when I feel like it", "Europe/Berlin", "DE", None),
        (None, "Europe/Berlin", "DE", None),
    ],
)
def test_hours_are_read_in_the_shop_s_own_time(
    hours: str | None, time_zone: str, country: str, is_open: bool | None
) -> None:
    assert says_open(hours, time_zone, country, NOON) is is_open


def test_a_public_holiday_counts() -> None:
    christmas = dt.datetime(2026, 12, 25, 12, tzinfo=dt.UTC)
    assert says_open("Mo-Fr 09:00-18:00; PH off", "Europe/Berlin", "DE", christmas) is False
