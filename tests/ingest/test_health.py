"""How a sensor does, from what its board said and saw: each condition reached by messages."""

import datetime as dt
from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy.orm import Session

from cloud.app.domain.device_health import Condition
from cloud.app.ingest.decode import Received
from cloud.app.ingest.handler import handle
from cloud.app.services.live import live_state
from cloud.app.settings import Settings
from cloud.app.store.connection import engine_for
from cloud.app.store.roles import APP, act_for
from tests.ingest.conftest import Bakery
from tests.ingest.messages import NOON_MS, batch, passage, received, status

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE_MS = 60_000

Look = Callable[..., tuple[str, str]]


@pytest.fixture
def reader(ingest_settings: Settings, bakery: Bakery) -> Iterator[Session]:
    engine = engine_for(ingest_settings, APP)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def look(bakery: Bakery, ingest_connection: psycopg.Connection, reader: Session) -> Look:
    """Let the board say something at noon; return its condition and advice some seconds later."""

    def run(*messages: Received, after_s: float = 20, device: str = "d-1") -> tuple[str, str]:
        handle(ingest_connection, messages, NOON)
        # what is rejected is dated by the database's clock
        bakery.connection.execute("UPDATE rejected_message SET last_received_at = %s", (NOON,))
        act_for(reader, shop_id=bakery.shop_id)
        state = live_state(reader, bakery.shop_id, NOON + dt.timedelta(seconds=after_s))
        devices = state["devices"]
        assert isinstance(devices, list)
        (found,) = [shown for shown in devices if shown["id"] == device]
        return found["condition"], found["problem"] or ""

    return run


def event(sequence: int, kind: str, minutes_ago: int = 0, **fields: object) -> dict[str, object]:
    at = NOON_MS - minutes_ago * MINUTE_MS
    return {"seq": sequence, "up": sequence, "at": at, "kind": kind, "sensor": 0, **fields}


def born(**changed: object) -> Received:
    return received(status(**changed), "status")  # type: ignore[arg-type]


BLOCKED = received(batch(event(1, "sensor_blocked", minutes_ago=5)))
CLEARED = received(batch(event(2, "sensor_cleared", minutes_ago=1, duration_ms=4 * MINUTE_MS)))
DRIFTED = received(
    batch(
        event(1, "calibrated", minutes_ago=60, idle_mm=[2000, 2000]),
        event(2, "calibrated", minutes_ago=1, idle_mm=[1800, 1990]),
    )
)
ONE_WAY = received(batch(*(passage(number) for number in range(1, 51))))
TEAPOT = received(batch({"seq": 1, "up": 1, "at": None, "kind": "teapot"}))


@pytest.mark.parametrize(
    ("said", "after_s", "condition", "advice"),
    [
        ((), 20, "new", "check its power"),
        ((born(),), 20, "online", ""),
        ((born(),), 120, "late", "closer together"),
        ((born(outbox_depth=80),), 20, "late", "closer together"),
        ((born(),), 3600, "silent", "unplug it"),
        ((born(), received(status("offline"), "status")), 20, "offline", "check its power"),
        ((born(), BLOCKED), 20, "blocked", "Clear the way"),
        ((born(), BLOCKED, CLEARED), 20, "online", ""),
        ((born(), DRIFTED), 20, "drifting", "20 cm"),
        ((born(), ONE_WAY), 20, "disagreeing", "direction is set right"),
        ((born(at=NOON_MS + 60 * MINUTE_MS),), 20, "misdated", "time server"),
        ((born(at=1000),), 20, "misdated", "time server"),
        ((born(at=None, up=30 * MINUTE_MS),), 20, "misdated", "Its clock is not set"),
        ((born(at=None, up=MINUTE_MS),), 20, "online", ""),
        ((born(), TEAPOT), 20, "unreadable", "newest firmware"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_condition_is_reached_and_says_what_to_do(
    look: Look, said: tuple[Received, ...], after_s: float, condition: Condition, advice: str
) -> None:
    found, problem = look(*said, after_s=after_s)
    assert found == condition
    assert advice in problem


def test_people_who_leave_by_another_door_are_no_disagreement(look: Look, bakery: Bakery) -> None:
    bakery.add_device("d-2")
    others = [passage(number, "out") for number in range(1, 51)]
    born_2 = received(status(), "status", device="d-2")
    said = (born(), born_2, ONE_WAY, received(batch(*others), device="d-2"))
    assert look(*said) == ("online", "")


def test_doors_that_disagree_together_say_so_at_each(look: Look, bakery: Bakery) -> None:
    bakery.add_device("d-2")
    also_in = received(batch(*(passage(number) for number in range(1, 51))), device="d-2")
    said = (born(), received(status(), "status", device="d-2"), ONE_WAY, also_in)
    for device in ("d-1", "d-2"):
        condition, advice = look(*said, device=device)
        assert condition == "disagreeing"
        assert "through all doors" in advice
