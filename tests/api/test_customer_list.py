"""Customers with the totals of what they bought: kept by the database, filtered, sorted, paged."""

import datetime as dt
import io
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.store import roles
from cloud.app.store.connection import sessions_for
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from cloud.app.store.sales import Purchase
from cloud.app.store.scores import Score, ScoreRun
from tests.api.conftest import API, Somebody, body, made, somebody

NOON = "2026-03-14T12:00:00Z"
TOTALS = ("purchases", "visits", "spent_minor", "last_purchase_at", "last_visit_at")


def add(owner: Somebody, called: str, **more: object) -> str:
    return str(made(owner.post(f"{owner.url}/customers", {"name": called, **more}))["id"])


def sell(
    owner: Somebody, customer: str, minor: int, at: str = NOON, refunds: str | None = None
) -> str:
    sale = {
        "id": str(uuid.uuid4()),
        "customer_id": customer,
        "occurred_at": at,
        "amount_minor": minor,
        "refunds_id": refunds,
    }
    return str(made(owner.post(f"{owner.url}/purchases", sale))["id"])


def totals(owner: Somebody, customer: str) -> tuple[object, ...]:
    found = body(owner.get(f"{owner.url}/customers/{customer}"))
    return tuple(found[name] for name in TOTALS)


def names(owner: Somebody, **query: object) -> list[str]:
    return [c["name"] for c in body(owner.get(f"{owner.url}/customers", **query))["items"]]


def test_a_customer_without_purchases_has_totals_of_nothing(owner: Somebody) -> None:
    assert totals(owner, add(owner, "Asha")) == (0, 0, 0, None, None)


def test_a_visit_is_a_day_with_net_takings(owner: Somebody) -> None:
    asha = add(owner, "Asha")
    sale = sell(owner, asha, 780, "2026-03-14T09:00:00Z")
    sell(owner, asha, 220, "2026-03-14T17:00:00Z")
    assert totals(owner, asha) == (2, 1, 1000, "2026-03-14T17:00:00Z", "2026-03-14T17:00:00Z")
    # half past eleven in the evening in London is another day in Berlin
    sell(owner, asha, 100, "2026-03-14T23:30:00Z")
    assert totals(owner, asha)[1] == 2
    sell(owner, asha, -780, "2026-03-16T10:00:00Z", refunds=sale)
    assert totals(owner, asha) == (4, 2, 320, "2026-03-16T10:00:00Z", "2026-03-14T23:30:00Z")


def test_the_day_of_a_visit_follows_the_time_zone_of_the_shop(owner: Somebody) -> None:
    asha = add(owner, "Asha")
    for at in ("2026-03-14T12:00:00Z", "2026-03-14T23:30:00Z"):
        sell(owner, asha, 100, at)
    assert totals(owner, asha)[1] == 2
    assert owner.patch(owner.url, {"time_zone": "Europe/London"}).status_code == 200
    assert totals(owner, asha)[1] == 1


def test_totals_follow_whatever_changes_purchases(app: Flask, owner: Somebody) -> None:
    asha, bert = add(owner, "Asha"), add(owner, "Bert")
    sale = sell(owner, asha, 500)
    statements = (
        ("UPDATE purchase SET membership_id = :bert WHERE id = :sale", (0, 500)),
        ("UPDATE purchase SET amount_minor = 700 WHERE id = :sale", (0, 700)),
        ("DELETE FROM purchase WHERE id = :sale", (0, 0)),
    )
    for statement, expected in statements:
        with app.app_context(), Session(db.engine) as session:
            act_for(session, shop_id=uuid.UUID(owner.shop_id))
            session.execute(text(statement.replace(":bert", f"'{bert}'")), {"sale": sale})
            session.commit()
        assert (totals(owner, asha)[2], totals(owner, bert)[2]) == expected


def test_sales_at_the_same_moment_are_all_counted(app: Flask, owner: Somebody) -> None:
    asha = add(owner, "Asha")

    def sell_alone(_: int) -> None:
        mine = Somebody(app.test_client(), owner.id, owner.email, owner.headers, owner.shop_id)
        sell(mine, asha, 100)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sell_alone, range(12)))
    assert totals(owner, asha)[:3] == (12, 1, 1200)


def test_customers_are_sorted_by_what_they_bought(owner: Somebody) -> None:
    asha, bert = add(owner, "Asha"), add(owner, "Bert")
    add(owner, "Cleo")
    sell(owner, asha, 100, "2026-03-10T10:00:00Z")
    sell(owner, asha, 100, "2026-03-12T10:00:00Z")
    sell(owner, bert, 900, "2026-03-14T10:00:00Z")
    assert names(owner, sort="last_visit") == ["Bert", "Asha", "Cleo"]
    assert names(owner, sort="visits") == ["Asha", "Bert", "Cleo"]
    assert names(owner, sort="spent") == ["Bert", "Asha", "Cleo"]
    assert names(owner, sort="name") == ["Asha", "Bert", "Cleo"]


def consent(owner: Somebody, customer: str, channel: str, action: str) -> None:
    url = f"{owner.url}/customers/{customer}/consents"
    made(owner.post(url, {"channel": channel, "action": action}))


def test_who_agreed_and_has_an_address_is_reachable(owner: Somebody) -> None:
    with_phone = add(owner, "Phone", phone="030 123456")
    withdrawn = add(owner, "Withdrawn", phone="030 123457")
    without = add(owner, "Without")
    add(owner, "Silent", phone="030 123458")
    by_mail = add(owner, "Mail", email="mail@example.com")
    for customer in (with_phone, withdrawn, without):
        consent(owner, customer, "sms", "grant")
    consent(owner, withdrawn, "sms", "withdraw")
    consent(owner, by_mail, "email", "grant")
    assert names(owner, is_reachable=True, sort="name") == ["Mail", "Phone"]
    assert names(owner, is_reachable=False, sort="name") == ["Silent", "Withdrawn", "Without"]


def test_a_search_looks_through_every_field_and_takes_signs_as_they_are(owner: Somebody) -> None:
    add(owner, "Asha 100%", reference="K-7", email="Asha@example.com")
    add(owner, "Bert_B", phone="030 123456")
    for part, found in (("k-7", "Asha 100%"), ("ASHA@", "Asha 100%"), ("3012", "Bert_B")):
        assert names(owner, search=part) == [found], part
    assert names(owner, search="0%") == ["Asha 100%"]
    assert names(owner, search="t_b") == ["Bert_B"]
    assert names(owner, search="t%b") == names(owner, search="\\") == []


@pytest.fixture(scope="module")
def busy(app: Flask) -> Somebody:
    """The owner of a shop with 23 customers, most of them scored."""
    owner = somebody(app, "Olga Busy")
    owner.open_shop("Busy Bakery")
    with app.app_context(), Session(db.engine) as session:
        shop_id = uuid.UUID(owner.shop_id)
        act_for(session, shop_id=shop_id)
        members = [uuid.uuid4() for _ in range(23)]
        session.add_all(
            Membership(shop_id=shop_id, id=member, name=f"C{n}") for n, member in enumerate(members)
        )
        session.flush()
        session.add_all(
            Purchase(
                shop_id=shop_id,
                id=uuid.uuid4(),
                membership_id=member,
                occurred_at=dt.datetime(2026, 3, 1 + n % 9, tzinfo=dt.UTC),
                amount_minor=100 * (n % 5),
                currency="EUR",
                source="api",
            )
            for n, member in enumerate(members)
        )
        session.commit()
    score(app, shop_id, members[:17])
    for n in range(4):
        file = (io.BytesIO(f"customer,date,amount\n{n},2026-01-02,3.50\n".encode()), "till.csv")
        url = f"{owner.url}/imports"
        made(owner.client.post(url, data={"file": file}, headers=owner.headers))
    return owner


def score(app: Flask, shop_id: uuid.UUID, members: list[uuid.UUID]) -> None:
    """Store scores as the worker does."""
    sessions = sessions_for(app.extensions["settings"], roles.JOBS)
    with sessions() as session:
        act_for(session, shop_id=shop_id)
        run_id = uuid.uuid4()
        session.add(
            ScoreRun(
                shop_id=shop_id,
                id=run_id,
                as_of=dt.date(2026, 3, 14),
                horizon_days=60,
                model="recency",
                verdict="weak",
                summary={"kpis": {}},
            )
        )
        session.flush()
        session.add_all(
            Score(
                shop_id=shop_id,
                membership_id=member,
                run_id=run_id,
                visits=1,
                days_since_last_visit=n,
                tenure_days=30,
                usual_gap_days=3.0,
                segment="loyal" if n % 2 else "new",
                tier="gold" if n % 3 else "silver",
                churn_probability=n / 20,
                risk=("high", "medium", "low")[n % 3],
                clv_minor=100 * n,
                revenue_at_risk_minor=50 * (n % 6),
                drivers=[],
            )
            for n, member in enumerate(members)
        )
        session.commit()
    sessions.kw["bind"].dispose()


@pytest.mark.parametrize(
    "sort", ["value_at_risk", "churn", "clv", "name", "last_visit", "visits", "spent"]
)
@pytest.mark.parametrize("limit", [1, 4, 23])
def test_every_order_is_paged_without_a_gap(busy: Somebody, sort: str, limit: int) -> None:
    whole = names(busy, sort=sort, limit=200)
    paged: list[str] = []
    cursor = None
    while True:
        page = body(busy.get(f"{busy.url}/customers", sort=sort, limit=limit, cursor=cursor))
        paged += [customer["name"] for customer in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert paged == whole
    assert len(set(paged)) == 23


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"risk": "high"}, 6),
        ({"segment": "loyal"}, 8),
        ({"tier": "silver"}, 6),
        ({"search": "C1"}, 11),
        ({"segment": "loyal", "risk": "high"}, 3),
        ({"tag": "none"}, 0),
    ],
)
def test_filters_narrow_together(busy: Somebody, query: dict[str, str], count: int) -> None:
    assert len(names(busy, **query)) == count


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Collect the statements that the API sends."""
    with app.app_context():
        engine = db.engine
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("customers", {}),
        ("customers", {"sort": "last_visit", "is_reachable": "false"}),
        ("purchases", {}),
        ("imports", {}),
        ("products", {}),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_page(
    app: Flask, busy: Somebody, path: str, query: dict[str, str]
) -> None:
    found = []
    for n in (1, 20):
        with counted(app) as statements:
            assert busy.get(f"{busy.url}/{path}", limit=n, **query).status_code == 200
        found.append(len(statements))
    assert found[0] == found[1] <= 3


def test_the_page_of_a_customer_needs_few_queries(app: Flask, busy: Somebody) -> None:
    customer = body(busy.get(f"{busy.url}/customers", limit=1))["items"][0]["id"]
    for path in ("", "/timeline", "/purchases", "/consents"):
        with counted(app) as statements:
            assert busy.get(f"{busy.url}/customers/{customer}{path}").status_code == 200
        assert len(statements) <= 4, statements  # one notes the look in the audit trail


def test_today_and_a_sale_need_few_queries(app: Flask, busy: Somebody) -> None:
    customer = body(busy.get(f"{busy.url}/customers", limit=1))["items"][0]["id"]
    with counted(app) as statements:
        assert busy.get(f"{busy.url}/today").status_code == 200
    assert len(statements) <= 10, statements
    with counted(app) as statements:
        sell(busy, customer, 100)
    assert len(statements) <= 4, "\n".join(statements)


def test_an_unknown_order_is_refused(owner: Somebody) -> None:
    assert owner.get(f"{API}/shops/{owner.shop_id}/customers", sort="shoe_size").status_code == 422
