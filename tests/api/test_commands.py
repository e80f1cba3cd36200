"""What the owner asks of a board, at the API."""

import uuid

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.domain.device_commands import OPEN_MAX
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Device
from tests.api.conftest import Somebody, body, colleague, made, problem


@pytest.fixture
def url(app: Flask, owner: Somebody) -> str:
    """The address of the commands to a board of the bakery."""
    device_id = f"d-{uuid.uuid4().hex[:8]}"
    site = body(owner.get(f"{owner.url}/sites"))["items"][0]
    with app.app_context(), Session(db.engine) as session:
        shop_id = uuid.UUID(owner.shop_id)
        act_for(session, shop_id=shop_id)
        site_id = uuid.UUID(site["id"])
        session.add(Device(shop_id=shop_id, id=device_id, site_id=site_id, name="Front"))
        session.commit()
    return f"{owner.url}/devices/{device_id}/commands"


def test_the_owner_asks_and_sees_what_became_of_it(owner: Somebody, url: str) -> None:
    asked = made(owner.post(url, {"name": "identify"}))
    assert (asked["state"], asked["outcome"]) == ("waiting", "Waiting until the board is online.")
    assert asked["sent_at"] is asked["answered_at"] is None
    configured = made(owner.post(url, {"name": "configure", "args": {"invert": True}}))

    items = body(owner.get(url))["items"]
    assert [item["id"] for item in items] == [configured["id"], asked["id"]]
    timeline = body(owner.get(f"{owner.url}/timeline"))
    assert [moment["text"] for moment in timeline["moments"]] == [
        "identify: Waiting until the board is online.",
        "configure: Waiting until the board is online.",
    ]


def test_what_no_board_can_do_is_refused_with_its_field(owner: Somebody, url: str) -> None:
    answer = problem(owner.post(url, {"name": "configure", "args": {"wifi": {}}}), 422)
    assert (
        answer["detail"]
        == "args.wifi: expected one of invert, pins, ntp, sensor, home_assistant, got another name."
    )
    problem(owner.post(url, {"name": "explode"}), 422)
    too_long = {"name": "configure", "args": {"ntp": {"host": "x" * 4000}}}
    assert "expected at most 3500 bytes" in problem(owner.post(url, too_long), 422)["detail"]


def test_a_board_is_not_asked_more_than_it_remembers(owner: Somebody, url: str) -> None:
    for _ in range(OPEN_MAX):
        made(owner.post(url, {"name": "identify"}))
    problem(owner.post(url, {"name": "identify"}), 409)


def test_what_a_board_was_asked_goes_page_by_page(owner: Somebody, url: str) -> None:
    asked = [made(owner.post(url, {"name": "identify"}))["id"] for _ in range(3)]
    first = body(owner.get(url, limit=2))
    rest = body(owner.get(url, limit=2, cursor=first["next_cursor"]))
    assert [one["id"] for one in (*first["items"], *rest["items"])] == asked[::-1]
    assert rest["next_cursor"] is None


def test_only_the_owner_asks_and_no_outsider_sees(
    app: Flask, owner: Somebody, analyst: Somebody, outsider: Somebody, url: str
) -> None:
    staff = colleague(app, owner, "staff")
    problem(staff.post(url, {"name": "reboot"}), 403)
    problem(analyst.post(url, {"name": "reboot"}), 403)
    assert body(analyst.get(url))["items"] == []
    problem(outsider.post(url, {"name": "reboot"}), 404)
    problem(outsider.get(url), 404)
    problem(owner.post(f"{owner.url}/devices/d-none/commands", {"name": "reboot"}), 404)
