"""Staff: invited by a link that works once, and let go."""

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.domain.errors import Forbidden
from cloud.app.services import staff
from cloud.app.store.roles import act_for
from tests.api.conftest import (
    API,
    Somebody,
    body,
    colleague,
    made,
    problem,
    somebody,
)
from tests.waiting import wait_for_lock

NOW = dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)


def invite(owner: Somebody, role: str = "staff") -> dict[str, str]:
    return made(owner.post(f"{owner.url}/invitations", {"role": role}))


def test_an_invitation_makes_a_colleague_once(owner: Somebody, outsider: Somebody) -> None:
    invitation = invite(owner, "analyst")
    assert invitation["url"].endswith(f"/invitation#{invitation['code']}")
    joined = outsider.post(f"{API}/invitations/accept", {"code": invitation["code"]})
    assert body(joined) == {"shop_id": owner.shop_id, "role": "analyst"}
    assert outsider.get(owner.url).status_code == 200
    again = outsider.post(f"{API}/invitations/accept", {"code": invitation["code"]})
    assert "ask for a new one" in problem(again, 403)["detail"]
    assert body(owner.get(f"{owner.url}/invitations"))["items"] == []


def test_the_code_is_shown_once(owner: Somebody) -> None:
    invitation = invite(owner)
    listed = body(owner.get(f"{owner.url}/invitations"))["items"]
    assert [(one["id"], one["role"], "code" in one) for one in listed] == [
        (invitation["id"], "staff", False)
    ]


def test_who_works_here_keeps_the_role(owner: Somebody) -> None:
    accepted = owner.post(f"{API}/invitations/accept", {"code": invite(owner)["code"]})
    assert body(accepted)["role"] == "owner"


def test_an_invitation_that_is_taken_back_does_not_work(
    owner: Somebody, outsider: Somebody
) -> None:
    invitation = invite(owner)
    url = f"{owner.url}/invitations/{invitation['id']}"
    assert owner.delete(url).status_code == 204
    problem(outsider.post(f"{API}/invitations/accept", {"code": invitation["code"]}), 403)
    problem(owner.delete(url), 404)


def test_an_invitation_works_for_a_week(session: Session, owner: Somebody) -> None:
    shop_id = uuid.UUID(owner.shop_id)
    act_for(session, shop_id=shop_id)
    _, code = staff.invite(session, "key", shop_id, "staff", NOW)
    person_id = uuid.UUID(owner.id)
    late = NOW + dt.timedelta(days=7)
    with pytest.raises(Forbidden):
        staff.accept(session, "key", code, person_id=person_id, now=late)
    with pytest.raises(Forbidden):
        staff.accept(session, "another key", code, person_id=person_id, now=NOW)
    assert staff.accept(session, "key", code, person_id=person_id, now=NOW)[0] == shop_id


def test_a_colleague_is_let_go_and_the_last_owner_stays(app: Flask, owner: Somebody) -> None:
    carl = colleague(app, owner, "staff")
    listed = body(owner.get(f"{owner.url}/staff"))["items"]
    assert {(one["name"], one["role"]) for one in listed} == {
        ("Olga Owner", "owner"), ("Carl staff", "staff")
    }  # fmt: skip
    assert owner.delete(f"{owner.url}/staff/{carl.id}").status_code == 204
    problem(carl.get(owner.url), 404)
    found = problem(owner.delete(f"{owner.url}/staff/{owner.id}"), 409)
    assert found["detail"] == "a shop keeps at least one owner"


def test_who_is_let_go_does_not_come_back_by_an_invitation_of_their_own(
    app: Flask, owner: Somebody
) -> None:
    partner = colleague(app, owner, "owner")
    kept = invite(partner, "owner")
    assert owner.delete(f"{owner.url}/staff/{partner.id}").status_code == 204
    problem(partner.post(f"{API}/invitations/accept", {"code": kept["code"]}), 403)
    problem(partner.get(owner.url), 404)
    # an employee could make none: those of the owner go on
    carl, code = colleague(app, owner, "staff"), invite(owner)["code"]
    assert owner.delete(f"{owner.url}/staff/{carl.id}").status_code == 204
    accepted = somebody(app, "Nora").post(f"{API}/invitations/accept", {"code": code})
    assert body(accepted) == {"shop_id": owner.shop_id, "role": "staff"}


def test_of_two_owners_who_let_each_other_go_at_once_one_stays(app: Flask, owner: Somebody) -> None:
    partner = colleague(app, owner, "owner")
    shop_id = uuid.UUID(owner.shop_id)
    with app.app_context(), ThreadPoolExecutor(1) as pool, Session(db.engine) as first:
        act_for(first, shop_id=shop_id)
        staff.let_go(first, shop_id, uuid.UUID(owner.id))
        second = pool.submit(owner.delete, f"{owner.url}/staff/{partner.id}")
        wait_for_lock(first, "the second to wait for the first")
        first.commit()
        problem(second.result(), 409)
    assert [one["role"] for one in body(partner.get(f"{owner.url}/staff"))["items"]] == ["owner"]


def test_who_is_not_invited_learns_what_to_do(owner: Somebody, outsider: Somebody) -> None:
    for code in ("wrong", owner.shop_id):
        answer = outsider.post(f"{API}/invitations/accept", {"code": code})
        assert problem(answer, 403)["code"] == "wrong_code"
    problem(owner.delete(f"{owner.url}/staff/{outsider.id}"), 404)
    role = problem(owner.post(f"{owner.url}/invitations", {"role": "boss"}), 422)
    assert role["detail"] == 'role: expected one of owner, staff, analyst, got "boss".'


def test_staff_may_not_invite(app: Flask, owner: Somebody) -> None:
    carl = colleague(app, owner, "staff")
    problem(carl.post(f"{owner.url}/invitations", {"role": "owner"}), 403)
    problem(somebody(app, "Nora").post(f"{owner.url}/invitations", {"role": "owner"}), 404)
