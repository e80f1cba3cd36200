"""What customers say of a day, the shop's answer, and the one timeline that has it all."""

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.services import feedback
from cloud.app.store.membership_queries import membership_in
from cloud.app.store.roles import act_for
from tests.api.conftest import Somebody, body, made, problem
from tests.api.test_joining import customers, join, mine, referral_code, sell, verified
from tests.waiting import wait_for_lock

LATE = dt.datetime(2026, 3, 14, 22, 30, tzinfo=dt.UTC)  # 23:30 in Berlin


@pytest.fixture
def asha(app: Flask, owner: Somebody) -> Somebody:
    asha = verified(app, "Asha")
    join(asha, owner)
    return asha


def say(person: Somebody, owner: Somebody, **said: object) -> dict[str, object]:
    answer = person.put(f"{mine(person, owner)}/feedback/today", said)
    assert answer.status_code == 200, answer.text
    return body(answer)


def heard(owner: Somebody, **query: object) -> list[dict[str, object]]:
    return list(body(owner.get(f"{owner.url}/feedback", **query))["items"])


def kinds(person: Somebody, url: str) -> list[str]:
    return [one["kind"] for one in body(person.get(f"{url}/timeline"))["items"]]


def test_one_tap_is_heard_and_a_text_may_follow(owner: Somebody, asha: Somebody) -> None:
    first = say(asha, owner, mood="good")
    second = say(asha, owner, mood="good", text="The rye bread!")
    assert first["id"] == second["id"]
    [found] = heard(owner)
    assert (found["customer"], found["mood"], found["text"]) == ("Asha", "good", "The rye bread!")
    assert found["was_closed"] is False


def test_who_stood_before_a_closed_door_says_so(owner: Somebody, asha: Somebody) -> None:
    assert say(asha, owner, was_closed=True)["was_closed"] is True
    assert heard(owner)[0]["mood"] is None


def test_feedback_says_something(owner: Somebody, asha: Somebody) -> None:
    answer = asha.put(f"{mine(asha, owner)}/feedback/today", {})
    assert problem(answer, 422)["errors"][0]["field"] == "mood"


def test_however_often_one_taps_it_is_one_a_day(
    app: Flask, owner: Somebody, asha: Somebody
) -> None:
    with app.app_context(), Session(db.engine) as session:
        act_for(session, person_id=uuid.UUID(asha.id))
        shop_id = uuid.UUID(owner.shop_id)
        membership = membership_in(session, shop_id, uuid.UUID(asha.id))
        assert membership is not None
        act_for(session, shop_id=shop_id)
        days = [
            feedback.say(
                session, shop_id, membership.id, mood="good", was_closed=False, text=None,
                now=LATE + dt.timedelta(minutes=minutes),
            ).given_on
            for minutes in (0, 10, 29, 30, 60)
        ]  # fmt: skip
        session.commit()
    assert days == [dt.date(2026, 3, 14)] * 3 + [dt.date(2026, 3, 15)] * 2
    assert len(heard(owner)) == 2


def test_the_owner_answers_and_the_customer_reads_it(owner: Somebody, asha: Somebody) -> None:
    said = say(asha, owner, mood="bad", text="No rye bread")
    assert [one["id"] for one in heard(owner, answered=False)] == [said["id"]]
    url = f"{owner.url}/feedback/{said['id']}/answer"
    assert body(owner.put(url, {"text": "Tomorrow again!"}))["answer"] == "Tomorrow again!"
    assert heard(owner, answered=False) == []
    [found] = [
        one for one in body(asha.get(f"{mine(asha, owner)}/timeline"))["items"]
        if one["kind"] == "feedback"
    ]  # fmt: skip
    assert found["details"]["answer"] == "Tomorrow again!"
    again = asha.put(f"{mine(asha, owner)}/feedback/today", {"mood": "good"})
    assert "has answered" in problem(again, 409)["detail"]


def test_an_answer_can_be_put_better_and_the_list_tells_what_is_answered(
    app: Flask, owner: Somebody, asha: Somebody
) -> None:
    bela = verified(app, "Béla")
    join(bela, owner)
    said = [say(asha, owner, mood="bad"), say(bela, owner, was_closed=True)]
    url = f"{owner.url}/feedback/{said[0]['id']}/answer"
    for text in ("Sory", "Sorry!"):
        answered = body(owner.put(url, {"text": text}))
    assert (answered["answer"], answered["customer"]) == ("Sorry!", "Asha")
    assert answered["answered_at"]
    assert [one["answer"] for one in heard(owner, answered=True)] == ["Sorry!"]
    assert [one["customer"] for one in heard(owner, answered=False)] == ["Béla"]
    first = body(owner.get(f"{owner.url}/feedback", limit=1))
    rest = body(owner.get(f"{owner.url}/feedback", limit=1, cursor=first["next_cursor"]))
    pages = [one["customer"] for one in (*first["items"], *rest["items"])]
    assert (pages, rest["next_cursor"]) == (["Béla", "Asha"], None)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"mood": "great"}, "mood"),
        ({"text": "   "}, "text"),
        ({"text": "x" * 1001}, "text"),
        ({"was_closed": "perhaps"}, "was_closed"),
        ({"mood": "good", "stars": 5}, "stars"),
    ],
)
def test_feedback_that_cannot_be_is_refused(
    owner: Somebody, asha: Somebody, said: dict[str, object], field: str
) -> None:
    answer = asha.put(f"{mine(asha, owner)}/feedback/today", said)
    assert [one["field"] for one in problem(answer, 422)["errors"]] == [field]
    assert heard(owner) == []


def test_what_an_owner_answers_is_not_changed_meanwhile(
    app: Flask, owner: Somebody, asha: Somebody
) -> None:
    said = say(asha, owner, mood="bad", text="No rye bread")
    shop_id = uuid.UUID(owner.shop_id)
    with app.app_context(), ThreadPoolExecutor(1) as pool, Session(db.engine) as answering:
        act_for(answering, shop_id=shop_id)
        feedback.answer(
            answering, shop_id, uuid.UUID(str(said["id"])), text="Tomorrow!",
            by=uuid.UUID(owner.id), now=dt.datetime.now(dt.UTC),
        )  # fmt: skip
        changing = pool.submit(asha.put, f"{mine(asha, owner)}/feedback/today", {"mood": "good"})
        wait_for_lock(answering, "the customer to wait for the answer")
        answering.commit()
        assert "has answered" in problem(changing.result(), 409)["detail"]
    assert [(one["text"], one["answer"]) for one in heard(owner)] == [("No rye bread", "Tomorrow!")]


def test_who_has_left_says_nothing(owner: Somebody, asha: Somebody) -> None:
    asha.delete(mine(asha, owner))
    problem(asha.put(f"{mine(asha, owner)}/feedback/today", {"mood": "bad"}), 409)


def test_the_owner_has_everything_of_a_customer_in_one_timeline(
    app: Flask, owner: Somebody, asha: Somebody
) -> None:
    [customer] = customers(owner)
    url = f"{owner.url}/customers/{customer['id']}"
    made(owner.post(f"{url}/notes", {"text": "likes rye bread"}))
    join(verified(app, "Béla"), owner, referral_code=referral_code(asha, owner))
    say(asha, owner, mood="good")
    sell(owner, customer["id"], 350, seconds=1)
    sell(owner, customer["id"], 150, seconds=2)
    assert kinds(owner, url)[-4:] == ["feedback", "brought", "note", "joined"]
    assert sorted(kinds(owner, url)[:3]) == ["purchase", "purchase", "visit"]
    visit = next(
        one for one in body(owner.get(f"{url}/timeline"))["items"] if one["kind"] == "visit"
    )
    assert visit["details"] == {"amount_minor": 500, "currency": "EUR", "purchases": 2}


def test_a_day_whose_purchases_are_refunded_is_no_visit(owner: Somebody, asha: Somebody) -> None:
    [customer] = customers(owner)
    sold = sell(owner, customer["id"])
    sell(owner, customer["id"], -350, refunds_id=sold)
    assert "visit" not in kinds(owner, f"{owner.url}/customers/{customer['id']}")


def test_a_customers_own_timeline_has_no_notes_and_goes_page_by_page(
    owner: Somebody, asha: Somebody
) -> None:
    [customer] = customers(owner)
    made(owner.post(f"{owner.url}/customers/{customer['id']}/notes", {"text": "grumpy"}))
    sell(owner, customer["id"], seconds=1)
    url = f"{mine(asha, owner)}/timeline"
    seen, cursor = [], None
    while True:
        page = body(asha.get(url, limit=1, **({"cursor": cursor} if cursor else {})))
        seen += [one["kind"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == ["joined", "purchase", "visit"]
    assert seen[-1] == "joined"
