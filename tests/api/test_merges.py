"""Customers whom the shop knows twice: suggested, merged, and made two again."""

import json
import uuid
from itertools import product
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.jobs.imports import run_import
from cloud.app.jobs.sessions import job_sessions
from cloud.app.services import imports
from cloud.app.settings import Settings
from cloud.app.store import Base, merge_queries, roles
from cloud.app.store.connection import sessions_for
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from tests.api.conftest import Somebody, body, made, problem
from tests.api.test_customer_list import add, consent, sell, totals
from tests.api.test_joining import join, mine, new_phone, verified
from tests.jobs.conftest import NOW
from tests.rows import add_row, fill_every_table, owner_of_all

LATER = "2026-03-20T12:00:00Z"


def merge(owner: Somebody, survivor: str, duplicate: str) -> dict[str, Any]:
    wanted = {"survivor_id": survivor, "duplicate_id": duplicate}
    return made(owner.post(f"{owner.url}/merges", wanted))


def undo(owner: Somebody, merged: dict[str, Any]) -> None:
    answer = owner.post(f"{owner.url}/merges/{merged['id']}/undo")
    assert answer.status_code == 200, answer.text
    assert body(answer)["undone_at"]


def pairs(owner: Somebody) -> list[tuple[str, set[str]]]:
    items = body(owner.get(f"{owner.url}/duplicates"))["items"]
    return [(i["reason"], {c["name"] for c in i["customers"]}) for i in items]


def everything(app: Flask, owner: Somebody) -> dict[str, list[str]]:
    """Return every row of the shop that hangs on a customer, without what a job makes anew."""
    shop_id = uuid.UUID(owner.shop_id)
    with app.app_context(), Session(db.engine) as session:
        act_for(session, shop_id=shop_id)
        tables = {table.name for table, _ in merge_queries.references()} | {"membership"}
        return {
            name: sorted(
                json.dumps(row, sort_keys=True)
                for row in session.scalars(text(f"SELECT to_jsonb({name}) FROM {name}"))
            )
            for name in tables - {"customer_merge"}
        }


def test_duplicates_are_suggested_by_phone_then_email_then_name(owner: Somebody) -> None:
    add(owner, "Asha Rao", phone="030 123456")
    add(owner, "A. Rao", phone="+49 30 123456")
    add(owner, "Björn Müller", email="bjorn@example.com")
    add(owner, "B M", email="Bjorn@example.com")
    add(owner, "Cleopatra Schmidt")
    add(owner, "Schmidt, Cleopátra")
    add(owner, "Dora Klein")
    add(owner, "Dieter Gross")
    assert pairs(owner) == [
        ("phone", {"Asha Rao", "A. Rao"}),
        ("email", {"Björn Müller", "B M"}),
        ("name", {"Cleopatra Schmidt", "Schmidt, Cleopátra"}),
    ]


def test_two_with_one_phone_and_one_name_are_suggested_once(owner: Somebody) -> None:
    for _ in range(2):
        add(owner, "Asha Rao", phone="030 123456", email="asha@example.com")
    assert pairs(owner) == [("phone", {"Asha Rao"})]


def test_namesakes_with_contacts_of_their_own_are_not_suggested(owner: Somebody) -> None:
    add(owner, "Asha Rao", email="asha@example.com")
    add(owner, "Asha Rao", email="rao@example.com")
    add(owner, "Bert Bose", phone="030 123456")
    add(owner, "Bert Bose", phone="030 654321", email="bert@example.com")
    add(owner, "Cleo Schmidt", phone="030 765432")
    add(owner, "Cleo Schmidt", email="cleo@example.com")
    assert pairs(owner) == [("name", {"Cleo Schmidt"})]


def test_two_with_accounts_of_their_own_are_not_suggested_because_they_are_never_merged(
    app: Flask, owner: Somebody
) -> None:
    # one is known by email, the other by phone: nothing else tells them apart
    for asha in (verified(app, "Asha Rao"), verified(app, "Asha Rao", new_phone())):
        join(asha, owner)
    ids = [str(one["id"]) for one in body(owner.get(f"{owner.url}/customers"))["items"]]
    wanted = {"survivor_id": ids[0], "duplicate_id": ids[1]}
    assert "two people" in problem(owner.post(f"{owner.url}/merges", wanted), 409)["detail"]
    assert pairs(owner) == []


def test_who_has_left_has_left_as_the_survivor_too(app: Flask, owner: Somebody) -> None:
    asha = verified(app, "Asha Rao")
    join(asha, owner)
    asha.delete(mine(asha, owner))
    [left] = body(owner.get(f"{owner.url}/customers"))["items"]
    typed = add(owner, "A. Rao")
    merged = merge(owner, typed, str(left["id"]))
    left_at = body(asha.get(mine(asha, owner)))["left_at"]
    assert left_at
    undo(owner, merged)
    assert body(asha.get(mine(asha, owner)))["left_at"] == left_at
    assert (row_of_customer(app, owner, typed)["left_at"]) is None


def row_of_customer(app: Flask, owner: Somebody, customer: str) -> dict[str, Any]:
    rows = [json.loads(row) for row in everything(app, owner)["membership"]]
    [found] = [row for row in rows if row["id"] == customer]
    return dict(found)


def apart(owner: Somebody, first: str, second: str) -> str:
    """The address that says of two customers that they are two people."""
    return f"{owner.url}/customers/{first}/two-people/{second}"


def test_two_people_are_suggested_no_more(owner: Somebody) -> None:
    asha, twin = (
        add(owner, "Asha Rao", phone="030 123456"),
        add(owner, "A. Rao", phone="030 123456"),
    )
    cleo, other = add(owner, "Cleo Schmidt"), add(owner, "Cleo Schmitt")
    for pair in ((twin, asha), (cleo, other), (other, cleo)):  # whichever comes first, and twice
        assert owner.put(apart(owner, *pair), None).status_code == 204
    assert pairs(owner) == []
    add(owner, "Cleo Schmid")
    assert pairs(owner) == [("name", {"Cleo Schmidt", "Cleo Schmid"})]
    assert owner.delete(apart(owner, asha, twin)).status_code == 204
    assert pairs(owner)[0] == ("phone", {"Asha Rao", "A. Rao"})
    problem(owner.delete(apart(owner, asha, twin)), 404)


def test_one_customer_is_not_two_people(owner: Somebody) -> None:
    asha = add(owner, "Asha")
    problem(owner.put(apart(owner, asha, asha), None), 422)


def test_a_merge_by_hand_has_the_last_word_and_its_undo_restores_the_word_before(
    owner: Somebody,
) -> None:
    asha, twin, third = (add(owner, "Asha Rao") for _ in range(3))
    for other in (twin, third):
        assert owner.put(apart(owner, asha, other), None).status_code == 204
    merged = merge(owner, twin, asha)
    assert pairs(owner) == []  # the one who stays has the word about the third
    undo(owner, merged)
    assert len(pairs(owner)) == 1
    problem(owner.delete(apart(owner, twin, third)), 404)
    assert owner.delete(apart(owner, twin, asha)).status_code == 204


def test_who_is_erased_takes_along_whom_they_were_told_from(owner: Somebody, app: Flask) -> None:
    asha, twin = add(owner, "Asha Rao"), add(owner, "Asha Rao")
    assert owner.put(apart(owner, asha, twin), None).status_code == 204
    assert len(everything(app, owner)["two_people"]) == 2
    assert owner.delete(f"{owner.url}/customers/{twin}").status_code < 300
    assert everything(app, owner)["two_people"] == []


def test_the_survivor_has_what_both_had(owner: Somebody) -> None:
    asha = add(owner, "Asha Rao", phone="030 123456", tags=["regular"])
    twin = add(owner, "A. Rao", email="asha@example.com", reference="18", tags=["bread"])
    sell(owner, asha, 500)
    sell(owner, twin, 700, LATER)
    made(owner.post(f"{owner.url}/customers/{twin}/notes", {"text": "likes rye bread"}))

    merged = merge(owner, asha, twin)

    assert merged["moved"] == {"purchase": 1, "note": 1}
    assert merged["duplicate_name"] == "A. Rao"
    found = body(owner.get(f"{owner.url}/customers/{asha}"))
    assert (found["name"], found["email"], found["reference"]) == (
        "Asha Rao",
        "asha@example.com",
        "18",
    )
    assert found["tags"] == ["bread", "regular"]
    assert totals(owner, asha) == (2, 2, 1200, LATER, LATER)
    problem(owner.get(f"{owner.url}/customers/{twin}"), 404)
    kinds = body(owner.get(f"{owner.url}/customers/{asha}/timeline"))["items"]
    assert [item["kind"] for item in kinds].count("purchase") == 2
    assert [item["kind"] for item in kinds].count("note") == 1


def test_an_undo_restores_exactly(app: Flask, owner: Somebody) -> None:
    asha = add(owner, "Asha Rao", phone="030 123456", tags=["regular"])
    twin = add(owner, "A. Rao", email="asha@example.com", reference="18", tags=["bread"])
    for customer, minor in ((asha, 500), (twin, 700), (twin, 300)):
        sell(owner, customer, minor)
        made(owner.post(f"{owner.url}/customers/{customer}/notes", {"text": f"{minor}"}))
    consent(owner, asha, "sms", "grant")
    consent(owner, twin, "email", "grant")
    before = everything(app, owner)

    merged = merge(owner, asha, twin)
    assert everything(app, owner) != before
    undo(owner, merged)

    assert everything(app, owner) == before
    problem(owner.post(f"{owner.url}/merges/{merged['id']}/undo"), 409)


def test_an_undo_restores_each_table_that_names_a_customer(
    app: Flask, settings: Settings, owner: Somebody
) -> None:
    asha, twin = add(owner, "Asha Rao"), add(owner, "A. Rao")
    known = fill_every_table(settings, owner.shop_id, owner.id)
    with owner_of_all(settings) as connection:
        for (table, column), customer in product(merge_queries.references(), (asha, twin)):
            about = {c.name: add_row(connection, Membership.__table__, **known)["id"]
                     for t, c in merge_queries.references() if t is table}  # fmt: skip
            add_row(connection, table, **{**known, **about, column.name: uuid.UUID(customer)})
    before = everything(app, owner)
    assert {name for name, rows in before.items() if twin not in "".join(rows)} == set()

    merged = merge(owner, asha, twin)
    assert {n for n, rows in everything(app, owner).items() if twin in "".join(rows)} == set()
    undo(owner, merged)

    assert everything(app, owner) == before


def test_after_an_undo_neither_keeps_a_copy_of_the_other(app: Flask, owner: Somebody) -> None:
    asha, twin = add(owner, "Asha Rao"), add(owner, "Zebulonia", phone="030 99887766")
    undo(owner, merge(owner, asha, twin))
    export = owner.get(f"{owner.url}/customers/{asha}/export")
    assert "Asha Rao" in export.text
    assert "Zebulonia" not in export.text
    [listed] = body(owner.get(f"{owner.url}/merges"))["items"]
    assert listed["duplicate_name"] == "Zebulonia"  # by whom she is now

    assert owner.delete(f"{owner.url}/customers/{twin}").status_code == 200
    [listed] = body(owner.get(f"{owner.url}/merges"))["items"]
    assert listed["duplicate_name"] is None
    with app.app_context(), Session(db.engine) as session:
        act_for(session, shop_id=uuid.UUID(owner.shop_id))
        [kept] = session.scalars(text("SELECT to_jsonb(customer_merge)::text FROM customer_merge"))
    assert "Zebulonia" not in kept
    assert "99887766" not in kept


def test_a_later_sale_stays_with_the_survivor(owner: Somebody) -> None:
    asha, twin = add(owner, "Asha Rao"), add(owner, "A. Rao")
    sell(owner, twin, 700)
    merged = merge(owner, asha, twin)
    sell(owner, asha, 100, LATER)
    # a till that was offline knows the duplicate only
    sell(owner, twin, 50, LATER)
    undo(owner, merged)
    assert (totals(owner, asha)[2], totals(owner, twin)[2]) == (150, 700)


def test_what_was_changed_since_is_not_undone(owner: Somebody) -> None:
    asha, twin = add(owner, "Asha Rao"), add(owner, "A. Rao", email="asha@example.com")
    merged = merge(owner, asha, twin)
    owner.patch(f"{owner.url}/customers/{asha}", {"email": "new@example.com"})
    undo(owner, merged)
    assert body(owner.get(f"{owner.url}/customers/{asha}"))["email"] == "new@example.com"
    assert body(owner.get(f"{owner.url}/customers/{twin}"))["email"] == "asha@example.com"


def test_merges_are_undone_in_the_order_in_which_they_hang_together(owner: Somebody) -> None:
    first, second, third = (add(owner, name) for name in ("One", "Two", "Three"))
    sell(owner, third, 300)
    inner = merge(owner, second, third)
    outer = merge(owner, first, second)
    assert (
        "merged again"
        in problem(owner.post(f"{owner.url}/merges/{inner['id']}/undo"), 409)["detail"]
    )
    undo(owner, outer)
    undo(owner, inner)
    assert [totals(owner, c)[2] for c in (first, second, third)] == [0, 0, 300]
    listed = body(owner.get(f"{owner.url}/merges"))["items"]
    assert [m["id"] for m in listed] == [outer["id"], inner["id"]]


def test_a_reference_that_is_taken_by_now_keeps_a_merge(owner: Somebody) -> None:
    asha = add(owner, "Asha Rao", reference="17")
    twin = add(owner, "A. Rao", reference="18")
    merged = merge(owner, asha, twin)
    add(owner, "Somebody else", reference="18")
    problem(owner.post(f"{owner.url}/merges/{merged['id']}/undo"), 409)


@pytest.mark.parametrize("who_withdrew", ["survivor", "duplicate"])
def test_a_withdrawal_of_either_wins_over_an_import(
    app: Flask, owner: Somebody, who_withdrew: str
) -> None:
    ids = {role: add(owner, role, phone="030 123456") for role in ("survivor", "duplicate")}
    consent(owner, ids[who_withdrew], "sms", "withdraw")
    other = next(id_ for role, id_ in ids.items() if role != who_withdrew)
    with app.app_context(), Session(db.engine) as session:
        act_for(session, shop_id=uuid.UUID(owner.shop_id))
        session.execute(
            text(
                "INSERT INTO consent_event (shop_id, id, membership_id, channel, purpose, action,"
                " source) VALUES (:shop, gen_random_uuid(), :member, 'sms', 'marketing', 'grant',"
                " 'import')"
            ),
            {"shop": owner.shop_id, "member": other},
        )
        session.commit()
    before = everything(app, owner)["consent_event"]

    merged = merge(owner, ids["survivor"], ids["duplicate"])
    holds = body(owner.get(f"{owner.url}/customers/{ids['survivor']}/consents"))["holds"]
    assert [hold["is_granted"] for hold in holds] == [False]

    undo(owner, merged)
    assert set(before) <= set(everything(app, owner)["consent_event"])


def test_an_import_finds_the_survivor_by_the_number_of_the_duplicate(
    owner: Somebody, settings: Settings
) -> None:
    asha = add(owner, "Asha Rao", reference="17")
    merge(owner, asha, add(owner, "A. Rao", reference="18"))
    import_sales(owner, settings, "18,2026-03-14,7.00")
    assert totals(owner, asha)[:3] == (1, 1, 700)


def import_sales(owner: Somebody, settings: Settings, *rows: str) -> None:
    """Import sales: customer, date and amount."""
    jobs = job_sessions(settings)
    shop_id = uuid.UUID(owner.shop_id)
    with app_session(settings, shop_id) as session:
        batch = imports.upload(
            session,
            shop_id=shop_id,
            person_id=None,
            filename="till.csv",
            content="\n".join(["customer,date,amount", *rows, ""]).encode(),
        )
        columns = {"customer": 0, "date": 1, "amount": 2}
        imports.run(
            session,
            shop_id=shop_id,
            import_id=batch.id,
            columns=columns,
            date_order=None,
            decimal=None,
        )
        import_id = batch.id
        session.commit()
    run_import(jobs, shop_id=shop_id, import_id=import_id, key=settings.secret_key, now=NOW)
    jobs.kw["bind"].dispose()


def app_session(settings: Settings, shop_id: uuid.UUID) -> Session:
    session = sessions_for(settings, roles.APP)()
    act_for(session, shop_id=shop_id)
    return session


def test_one_customer_twice_is_refused(owner: Somebody) -> None:
    asha = add(owner, "Asha")
    wanted = {"survivor_id": asha, "duplicate_id": asha}
    problem(owner.post(f"{owner.url}/merges", wanted), 422)


def test_a_customer_of_another_shop_is_not_merged(owner: Somebody, outsider: Somebody) -> None:
    wanted = {"survivor_id": add(owner, "Asha"), "duplicate_id": add(outsider, "Asha")}
    problem(owner.post(f"{owner.url}/merges", wanted), 404)


@pytest.mark.parametrize(
    ("table", "column"), [(t.name, c.name) for t, c in merge_queries.references()]
)
def test_every_table_of_customers_can_be_merged(app: Flask, table: str, column: str) -> None:
    merge_queries.other_key(Base.metadata.tables[table], Base.metadata.tables[table].c[column])
    with app.app_context(), Session(db.engine) as session:
        may_move = session.scalar(
            text("SELECT has_column_privilege(:table, :column, 'UPDATE')"),
            {"table": table, "column": column},
        )
        may_put_back = session.scalar(
            text("SELECT has_table_privilege(:table, 'INSERT')"), {"table": table}
        )
    assert may_move, f"GRANT UPDATE ({column}) ON {table} TO shopbell_app in its migration"
    assert may_put_back, f"GRANT INSERT ON {table} TO shopbell_app in its migration"
