"""Whatever is thrown at the handler: it does not stop, and says of each what is wrong with it."""

import datetime as dt
import json
import random

import psycopg
import pytest

from cloud.app.ingest import fast
from cloud.app.ingest.decode import Received
from cloud.app.ingest.handler import handle
from cloud.app.services.mqtt import REFUSED_TOPIC
from tests.ingest.conftest import Bakery
from tests.ingest.messages import batch, door, passage, received, status
from wire import messages, topics

ROUNDS = 12
MESSAGES = 250
STRANGE: tuple[object, ...] = (
    None, True, False, -1, 0, 0.5, 1e308, 2**31, 2**53, 2**63, 2**64, 10**400, "", "x" * 5000, "\0",
    "\ud800", [], {}, [[]], {"a": {}}, "in", "door", float("nan"), float("inf"),
)  # fmt: skip


def bent(chance: random.Random, value: object) -> object:
    """Replace, remove or add something somewhere in a JSON value."""
    if not isinstance(value, (dict, list)) or not value or chance.random() < 0.15:
        return chance.choice(STRANGE)
    if isinstance(value, list):
        place = chance.randrange(len(value))
        return [*value[:place], bent(chance, value[place]), *value[place + chance.randrange(2) :]]
    name = chance.choice(sorted(value))
    changed = dict(value)
    if chance.random() < 0.2:
        del changed[name]
    else:
        changed[name] = bent(chance, value[name])
    return changed


def strange_payload(chance: random.Random) -> bytes:
    number = chance.randrange(1, 50)
    good = chance.choice(
        [batch(passage(number), door(number + 1)), status(gone=[[7, 9]], oldest_boot=8)]
    )
    way = chance.randrange(5)
    if way == 0:
        return chance.randbytes(chance.randrange(200))
    if way == 1:
        place = chance.randrange(len(good))
        return good[:place] + chance.randbytes(1) + good[place + 1 :]
    if way == 2:
        return (b"[" if chance.random() < 0.5 else b'{"a":') * chance.choice([10, 1000, 8000])
    if way == 3:
        return good[: chance.randrange(len(good))]
    return json.dumps(bent(chance, json.loads(good))).encode()


def strange_topic(chance: random.Random) -> str:
    good: str = topics.topic("d-1", chance.choice(topics.UP))
    if chance.random() < 0.8:
        return good
    others = ("d-unknown", "d-1/../d-2", "+", "#", "D-1", "", "x" * 99, "\0")
    return chance.choice(
        [good + "/x", good.upper(), *(f"shopbell/1/{other}/event" for other in others), ""]
    )


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_message_stops_the_handler_and_each_bad_one_is_counted(
    bakery: Bakery, ingest_connection: psycopg.Connection, now: dt.datetime, seed: int
) -> None:
    chance = random.Random(seed)
    thrown = [Received(strange_topic(chance), strange_payload(chance)) for _ in range(MESSAGES)]
    outcome = handle(ingest_connection, [*thrown, received(batch(passage(1000)))], now)

    recorded = sum(row["times"] for row in bakery.rows("rejected_message"))
    assert outcome.rejected == recorded > 0
    assert 1000 in bakery.sequences()


def test_no_report_of_a_refusal_stops_the_handler(
    bakery: Bakery, ingest_connection: psycopg.Connection, now: dt.datetime
) -> None:
    chance = random.Random(7)
    good = {"device": "d-1", "topic": "shopbell/1/d-2/event", "times": 3}
    bad = [json.dumps(bent(chance, good)).encode() for _ in range(200)]
    thrown = [Received(REFUSED_TOPIC, payload) for payload in [*bad, strange_payload(chance)]]
    handle(ingest_connection, [*thrown, received(batch(passage(1)))], now)
    assert bakery.sequences() == [1]
    assert len(bakery.reasons()) > 1


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_the_fast_check_accepts_nothing_that_wire_does_not(seed: int) -> None:
    chance = random.Random(1000 + seed)
    accepted = 0
    for _ in range(2000):
        payload = strange_payload(chance)
        found = fast.decode_events(payload)
        if found is None:
            continue
        accepted += 1
        judged, rejected = messages.decode_events(payload)
        assert rejected == []
        assert judged == {name: found[name] for name in judged}
    assert accepted > 0


def test_the_fast_check_accepts_a_well_formed_batch() -> None:
    assert fast.decode_events(batch(passage(1), door(2))) is not None


@pytest.mark.parametrize(
    "payload",
    [
        b'{"boot":1,"oldest":1,"events":[{"seq":1,"up":1,"at":null,"kind":"door","kind":"motion","open":1}]}',
        b'{"boot":1,"oldest":1.0,"events":[{"seq":1,"up":1,"at":null,"kind":"door","open":1}]}',
        b'{"boot":1,"oldest":1,"events":[{"seq":true,"up":1,"at":null,"kind":"door","open":1}]}',
    ],
)
def test_the_fast_check_leaves_the_doubtful_to_wire(payload: bytes) -> None:
    assert fast.decode_events(payload) is None
