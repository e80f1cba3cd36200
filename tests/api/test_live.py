"""The live state, and the stream that wakes when it changes."""

import itertools
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from cloud.app.api.live import CHANGED, HERE
from cloud.app.api.streams import Shared, Streams
from cloud.app.services.openings import ring
from cloud.app.settings import Settings
from cloud.app.store import roles
from cloud.app.store.connection import sessions_for
from tests.api.conftest import Somebody, body, make_app, problem, somebody

HEARTBEATS_MAX = 6000


def open_stream(person: Somebody, last_id: str = "") -> TestResponse:
    resumed = {"Last-Event-ID": last_id} if last_id else {}
    headers = person.headers | resumed
    return person.client.get(f"{person.url}/live/stream", headers=headers, buffered=False)


def next_event(chunks: Iterator[bytes]) -> dict[str, Any]:
    """Return the next live state, passing over all else; a stream without one never ends."""
    for chunk in chunks:
        if not chunk.startswith((b":", b"event: changed")):
            lines = chunk.decode().splitlines()
            assert lines[1] == "event: live"
            return dict(json.loads(lines[2].removeprefix("data: ")))
    raise AssertionError("the stream ended")


def next_name(chunks: Iterator[bytes]) -> str:
    """Return what the next event is called, passing over comments."""
    for chunk in itertools.islice(chunks, HEARTBEATS_MAX):
        if chunk != HERE.encode():
            return re.findall("^event: (.+)$", chunk.decode(), re.MULTILINE)[0]
    raise AssertionError(f"expected an event within {HEARTBEATS_MAX} heartbeats")


def open_the_door(settings: Settings, shop_id: str, *, is_scored: bool = False) -> None:
    """Do what ingest does when the door's contact opens; with `is_scored` a run ends, too."""
    with sessions_for(settings, roles.INGEST)() as session:
        session.execute(
            text(
                "INSERT INTO site_state (shop_id, site_id, is_open, door_changed_at, version)"
                " SELECT shop_id, id, true, now(), 1 FROM site WHERE shop_id = :shop_id"
            ),
            {"shop_id": shop_id},
        )
        session.execute(text("SELECT pg_notify('live', :shop_id)"), {"shop_id": shop_id})
        if is_scored:
            ring(session, uuid.UUID(shop_id))
        session.commit()


def test_a_stream_begins_with_the_state_and_tells_each_change(
    owner: Somebody, settings: Settings
) -> None:
    stream = open_stream(owner)
    chunks = iter(stream.response)
    first = next_event(chunks)
    assert first == body(owner.get(f"{owner.url}/live"))
    open_the_door(settings, owner.shop_id)
    assert next_event(chunks)["version"] == 1
    stream.close()


def test_a_stream_tells_that_something_else_of_the_shop_has_changed(
    owner: Somebody, settings: Settings
) -> None:
    stream = open_stream(owner)
    chunks = iter(stream.response)
    next_event(chunks)
    with sessions_for(settings, roles.JOBS)() as session:
        ring(session, uuid.UUID(owner.shop_id))
        session.commit()
    assert b"event: changed\ndata: {}\n\n" in chunks
    stream.close()


@pytest.mark.parametrize("is_scored", [False, True])
def test_a_door_that_opens_hides_no_other_change_and_makes_none_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, *, is_scored: bool
) -> None:
    monkeypatch.setattr("cloud.app.api.live.HEARTBEAT_S", 0.01)
    app = make_app(settings)
    person = somebody(app, "Olga")
    person.open_shop("Bakery that is scored")
    stream = open_stream(person)
    chunks = iter(stream.response)
    assert [next_name(chunks), next_name(chunks)] == ["live", "changed"]  # listens from now on
    open_the_door(settings, person.shop_id, is_scored=is_scored)
    assert next_name(chunks) == "live"
    if is_scored:
        assert next_name(chunks) == "changed"
    assert next(chunks) == HERE.encode()
    stream.close()
    app.extensions["streams"].end()


def test_a_stream_that_is_resumed_tells_only_what_was_missed(
    owner: Somebody, settings: Settings
) -> None:
    stream = open_stream(owner)
    first = next(iter(stream.response)).decode()
    stream.close()
    last_id = first.splitlines()[0].removeprefix("id: ")

    resumed = open_stream(owner, last_id)
    chunks = iter(resumed.response)
    assert next(chunks) == b"event: changed\ndata: {}\n\n"
    open_the_door(settings, owner.shop_id)
    assert next_event(chunks)["version"] == 1
    resumed.close()

    late = open_stream(owner, last_id)
    chunks = iter(late.response)
    assert [next_name(chunks), next_name(chunks)] == ["live", "changed"]
    late.close()


def test_a_stream_without_news_shows_that_it_is_alive(
    owner: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.app.api.live.HEARTBEAT_S", 0.01)
    stream = open_stream(owner)
    chunks = iter(stream.response)
    next_event(chunks)
    assert next(chunk for chunk in chunks if chunk != CHANGED.encode()) == HERE.encode()
    stream.close()


def test_a_stream_is_not_cached_and_is_an_event_stream(owner: Somebody) -> None:
    stream = open_stream(owner)
    assert stream.content_type.startswith("text/event-stream")
    assert stream.headers["Cache-Control"] == "no-store"
    stream.close()


def test_one_stream_too_many_is_refused_and_a_closed_one_makes_room(settings: Settings) -> None:
    app: Flask = make_app(settings)
    app.extensions["streams"] = Streams(settings.database_url_for(roles.APP), streams_max=1)
    person = somebody(app, "Olga")
    person.open_shop("Bakery with one stream")
    first = open_stream(person)
    assert first.status_code == 200
    refused = person.get(f"{person.url}/live/stream")
    problem(refused, 503)
    assert refused.headers["Retry-After"] == "5"
    first.close()
    second = open_stream(person)
    assert second.status_code == 200
    second.close()
    app.extensions["streams"].end()


def test_a_stream_ends_when_the_person_does_not_work_here_any_more(
    owner: Somebody, analyst: Somebody, settings: Settings
) -> None:
    stream = open_stream(analyst)
    chunks = iter(stream.response)
    next_event(chunks)
    with sessions_for(settings, roles.APP)() as session:
        roles.act_for(session, shop_id=uuid.UUID(owner.shop_id))
        session.execute(
            text("DELETE FROM staff WHERE person_id = :person_id"), {"person_id": analyst.id}
        )
        session.execute(text("SELECT pg_notify('live', :shop_id)"), {"shop_id": owner.shop_id})
        session.commit()
    assert [chunk for chunk in chunks if not chunk.startswith(b":")] == []
    stream.close()


def test_a_stream_ends_when_the_process_is_to_stop(settings: Settings) -> None:
    app: Flask = make_app(settings)
    person = somebody(app, "Olga")
    person.open_shop("Bakery that closes")
    stream = open_stream(person)
    chunks = iter(stream.response)
    next_event(chunks)
    app.extensions["streams"].end()
    assert list(chunks) == []
    stream.close()


def test_streams_of_a_shop_look_once_for_all_until_something_changes() -> None:
    shared = Shared()
    looks = iter(range(10))
    for _ in range(3):
        assert shared.get("live", lambda: next(looks)) == 0
    assert shared.get("somebody", lambda: next(looks)) == 1
    shared.changes += 1
    for _ in range(3):
        assert shared.get("live", lambda: next(looks)) == 2


def test_a_change_while_one_looks_is_looked_at_again() -> None:
    shared = Shared()

    def look() -> int:
        shared.changes += 1
        return shared.changes

    assert [shared.get("live", look), shared.get("live", look)] == [1, 2]
