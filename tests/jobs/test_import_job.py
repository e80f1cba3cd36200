"""An import runs in the background: each row once, with an outcome and a reason."""

import csv
import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from itertools import count

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.domain.errors import Conflict, Invalid
from cloud.app.jobs.imports import undo_import
from cloud.app.services import customers, imports, shops
from cloud.app.services.exports import BOM, rejected_rows
from cloud.app.services.purchases import NewLine, NewPurchase, record_purchase
from cloud.app.store import import_queries, membership_queries, merge_queries
from cloud.app.store.consents import ConsentEvent
from cloud.app.store.notes import Note
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from cloud.app.store.sales import ImportRow, Product, Purchase, PurchaseLine
from cloud.app.store.scores import Outreach
from tests.jobs.conftest import NOW, Till
from tests.waiting import wait_for_lock

RECEIPTS = {"customer": 0, "invoice": 1, "date": 2, "product": 3, "quantity": 4, "price": 5}
SIMPLE = {"customer": 0, "date": 1, "amount": 2}
LINES = """customer,receipt,date,product,quantity,price
17,R1,2026-03-14 09:26,Bread,2,3.50
17,R1,2026-03-14 09:26,Roll,1,0.45
18,R2,2026-03-14 09:40,Bread,1,3.50
,R3,2026-03-14 10:00,Roll,4,0.45
17,C1,2026-03-16 09:00,Bread,-1,3.50
"""


def stored(till: Till, column: object) -> list[object]:
    with till.session() as session:
        return list(session.scalars(select(column)))  # type: ignore[call-overload]


def simple(rows: list[str]) -> str:
    return "customer,date,amount\n" + "\n".join(rows) + "\n"


def many_rows(number: int) -> str:
    return simple([f"{n % 7},2026-03-{n % 28 + 1:02d},{n}.50" for n in range(number)])


def test_lines_of_a_receipt_become_one_purchase_with_lines(till: Till) -> None:
    outcome = till.imported(LINES, RECEIPTS)
    assert outcome == {
        "line": 6,
        "rows": 5,
        "created": 5,
        "updated": 0,
        "skipped": 0,
        "rejected": 0,
        "purchases": 4,
        "customers": 2,
        "customers_completed": 0,
        "total_minor": 745 + 350 + 180 - 350,
        "first_at": "2026-03-14T08:26:00Z",
        "last_at": "2026-03-16T08:00:00Z",
    }
    assert sorted(stored(till, Purchase.amount_minor)) == [-350, 180, 350, 745]  # type: ignore[type-var]
    assert set(stored(till, Purchase.reference)) == {"R1", "R2", "R3", "C1"}
    assert set(stored(till, Product.name)) == {"Bread", "Roll"}
    assert len(stored(till, PurchaseLine.line)) == 5


def test_customers_joined_with_their_first_purchase(till: Till) -> None:
    till.imported(simple(["17,2026-03-16,1.00", "17,2025-12-01,1.00"]), SIMPLE)
    assert stored(till, Membership.joined_at) == [dt.datetime(2025, 11, 30, 23, tzinfo=dt.UTC)]
    assert stored(till, Membership.reference) == ["17"]


def test_a_customer_whom_the_shop_knows_is_not_made_again(till: Till) -> None:
    with till.session() as session:
        session.add(Membership(shop_id=till.shop_id, reference="17", name="Asha"))
        session.commit()
    assert till.imported(simple(["17,2026-03-16,1.00"]), SIMPLE)["customers"] == 0
    assert stored(till, Membership.name) == ["Asha"]


def test_customers_are_known_by_phone_however_it_is_written(till: Till) -> None:
    columns = {"name": 0, "phone": 1, "date": 2, "amount": 3}
    content = (
        "name,phone,date,amount\n"
        "Asha,0151 23456789,2026-03-14,1.00\n"
        "A. Rao,+49 151 23456789,2026-03-15,2.00\n"
        "Ben,none,2026-03-15,2.00\n"
    )
    outcome = till.imported(content, columns)
    assert (outcome["customers"], outcome["created"], outcome["rejected"]) == (1, 2, 1)
    assert stored(till, Membership.phone) == ["+4915123456789"]
    assert stored(till, Membership.name) == ["Asha"]


def test_a_row_that_cannot_be_read_is_rejected_with_its_line_and_reason(till: Till) -> None:
    rows = ["17,2026-03-14,1.00", "17,14th of March,1.00", "17,2026-03-15,free", "17,2026-03-16"]
    import_id = till.upload(simple(rows), SIMPLE)
    till.run(import_id)
    with till.session() as session:
        rejected = session.scalars(
            select(ImportRow).where(ImportRow.outcome == "rejected").order_by(ImportRow.line)
        ).all()
    assert [(row.line, row.raw) for row in rejected] == [
        (3, ["17", "14th of March", "1.00"]),
        (4, ["17", "2026-03-15", "free"]),
        (5, ["17", "2026-03-16"]),
    ]
    assert [row.reason for row in rejected] == [
        "date: expected a date such as 2024-12-31, got '14th of March'",
        "amount: expected an amount such as 12.50, got 'free'",
        "row: expected 3 or more cells, got 2",
    ]


@pytest.mark.parametrize(("content", "columns"), [(LINES, RECEIPTS), (many_rows(50), SIMPLE)])
def test_the_same_file_again_stores_nothing(
    till: Till, content: str, columns: dict[str, int]
) -> None:
    first = till.imported(content, columns)
    again = till.imported(content, columns)
    assert (again["created"], again["skipped"]) == (0, first["rows"])
    with till.session() as session:
        assert session.scalar(select(func.sum(Purchase.amount_minor))) == first["total_minor"]


def test_an_export_that_overlaps_the_last_one_adds_only_what_is_new(till: Till) -> None:
    march = ["17,2026-03-14,1.00", "17,2026-03-14,1.00", "18,2026-03-15,2.00"]
    till.imported(simple(march), SIMPLE)
    april = till.imported(simple([*march[1:], march[0], "18,2026-04-01,3.00"]), SIMPLE)
    assert (april["skipped"], april["created"], april["total_minor"]) == (3, 1, 300)


class Killed(BaseException):
    """What stands for the end of the process."""


def killed_after(
    sessions: sessionmaker[Session], blocks: int, error: BaseException
) -> sessionmaker[Session]:
    """Return sessions of which the one after so many cannot begin."""
    begun = count(1)

    class Mortal(sessionmaker[Session]):
        def begin(self) -> object:  # type: ignore[override]
            if next(begun) == blocks + 1:
                raise error
            return super().begin()

    return Mortal(sessions.kw["bind"], expire_on_commit=False)


@pytest.mark.parametrize(
    ("content", "columns", "block_rows"),
    [(LINES, RECEIPTS, 2), (LINES, RECEIPTS, 1), (many_rows(30), SIMPLE, 2)],
    ids=["lines", "receipt in two blocks", "rows"],
)
def test_an_import_that_is_killed_anywhere_goes_on_where_it_was(
    till: Till, content: str, columns: dict[str, int], block_rows: int
) -> None:
    import_id = till.upload(content, columns)
    for blocks in (1, 2, 3):
        mortal = Till(till.shop_id, till.app, killed_after(till.jobs, blocks, Killed()))
        with pytest.raises(Killed):
            mortal.run(import_id, block_rows=block_rows)
    till.run(import_id, block_rows=block_rows)
    outcome = till.batch(import_id).outcome or {}
    rows = content.count("\n") - 1
    assert (outcome["rows"], outcome["created"]) == (rows, rows)
    with till.session() as session:
        assert session.scalar(select(func.count()).select_from(ImportRow)) == rows
        bought = select(func.sum(Purchase.amount_minor)).where(Purchase.membership_id.is_not(None))
        spent = select(func.sum(Membership.spent_minor))
        assert session.scalar(bought) == session.scalar(spent)
    assert outcome["total_minor"] == (925 if columns is RECEIPTS else 100 * 435 + 50 * 30)
    assert len(stored(till, Purchase.id)) == (4 if columns is RECEIPTS else rows)


def test_a_job_that_comes_twice_runs_once(till: Till) -> None:
    import_id = till.upload(LINES, RECEIPTS)
    till.run(import_id)
    done = till.batch(import_id).outcome
    till.run(import_id)
    assert till.batch(import_id).outcome == done


OF_A_SHOP = (
    "membership", "purchase", "purchase_line", "product", "consent_event", "import_change",
    "import_row",
)  # fmt: skip


def everything(till: Till) -> dict[str, list[str]]:
    """Return every row of the shop that an import can make or change."""
    with till.session() as session:
        return {
            table: sorted(map(str, session.scalars(text(f"SELECT to_jsonb({table}) FROM {table}"))))
            for table in OF_A_SHOP
        }


def assert_nothing_is_left(till: Till) -> None:
    assert everything(till) == {table: [] for table in OF_A_SHOP}


def test_a_file_that_breaks_midway_leaves_nothing(till: Till) -> None:
    lines = LINES + "17,R4,someday,Bread,1,3.50\n" * 100
    import_id = till.upload(lines, RECEIPTS)
    with till.session() as session:
        batch = imports.import_by_id(session, till.shop_id, import_id)
        batch.content = (lines + '17,R5,2026-03-14,"' + "x" * 200_000).encode()
        session.commit()
    till.run(import_id, block_rows=50)
    batch = till.batch(import_id)
    assert batch.state == "failed"
    assert "line 107" in (batch.error or "")
    assert_nothing_is_left(till)


def test_a_fault_of_ours_leaves_nothing_and_the_import_can_be_run_again(till: Till) -> None:
    rows = ["1,someday,1.00", *(f"{n},2026-03-{n % 28 + 1:02d},{n}.50" for n in range(29))]
    import_id = till.upload(simple(rows), SIMPLE)
    faulty = Till(till.shop_id, till.app, killed_after(till.jobs, 3, RuntimeError("secret")))
    with pytest.raises(RuntimeError):
        faulty.run(import_id, block_rows=5)
    batch = till.batch(import_id)
    assert batch.state == "failed"
    assert "secret" not in (batch.error or "secret")
    assert_nothing_is_left(till)
    till.ask(import_id, SIMPLE)
    till.run(import_id)
    batch = till.batch(import_id)
    assert batch.state == "done", batch.error
    assert batch.outcome is not None
    assert (batch.outcome["created"], batch.outcome["rejected"]) == (29, 1)


def test_what_is_imported_asks_for_scores_once(till: Till) -> None:
    till.imported(LINES, RECEIPTS)
    till.imported(many_rows(3), SIMPLE)
    with till.session() as session:
        waiting = session.scalar(
            text(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'score_shop'"
                " AND status = 'todo' AND args->>'shop_id' = :shop_id"
            ),
            {"shop_id": str(till.shop_id)},
        )
    assert waiting == 1


def test_the_worker_sees_only_the_shop_that_it_acts_for(till: Till) -> None:
    till.imported(LINES, RECEIPTS)
    with till.jobs() as session:
        act_for(session, shop_id=uuid.uuid4())
        assert session.scalars(select(Purchase.id)).all() == []


KNOWN = {"customer": 0, "name": 1, "phone": 2, "date": 3, "amount": 4}
WITH_PHONES = """customer,name,phone,date,amount
17,Asha,0151 23456789,2026-03-14,3.50
18,Björn,0151 98765432,2026-03-14,4.50
"""


def undo(till: Till, import_id: uuid.UUID) -> dict[str, object]:
    with till.session() as session:
        imports.undo(session, shop_id=till.shop_id, import_id=import_id, now=NOW)
        session.commit()
    undo_import(till.jobs, shop_id=till.shop_id, import_id=import_id, now=NOW)
    batch = till.batch(import_id)
    assert batch.state == "undone"
    outcome = batch.outcome or {}
    return {name: outcome[name] for name in ("kept_purchases", "kept_customers", "conflicts")}


def imported(till: Till, content: str, columns: dict[str, int], **more: object) -> uuid.UUID:
    import_id = till.upload(content, columns)
    if more:
        with till.session() as session:
            imports.import_by_id(session, till.shop_id, import_id).consent = more
            session.commit()
    till.run(import_id)
    assert till.batch(import_id).state == "done", till.batch(import_id).error
    return import_id


WITH_ALL = {"customer": 0, "name": 1, "phone": 2, "date": 3, "product": 4, "amount": 5}
ALL = """customer,name,phone,date,product,amount
17,Asha,0151 23456789,2026-03-14,Bread,3.50
18,Björn,0151 98765432,2026-03-14,Jam,4.50
19,Cleo,,someday,Jam,4.50
"""


def test_an_import_is_undone_as_if_it_had_never_been(till: Till) -> None:
    with till.session() as session:
        asha = Membership(shop_id=till.shop_id, id=uuid.uuid4(), reference="17", name="Asha K.")
        session.add_all([asha, Product(shop_id=till.shop_id, name="Bread")])
        session.flush()
        session.add(sale_of(asha, 200))
        session.commit()
    before = everything(till)
    import_id = imported(till, ALL, WITH_ALL, channels=["sms"], evidence="signed cards")
    assert {table for table, rows in before.items() if rows == everything(till)[table]} == set()
    assert undo(till, import_id) == {"kept_purchases": 0, "kept_customers": 0, "conflicts": 0}
    [rejected] = everything(till).pop("import_row")  # it can still be taken home
    assert "someday" in rejected
    assert {**everything(till), "import_row": []} == before
    assert till.imported(ALL, WITH_ALL)["purchases"] == 2


def sale_of(customer: Membership, minor: int, **more: object) -> Purchase:
    told = {"occurred_at": NOW, "amount_minor": minor, "currency": "EUR", "source": "api", **more}
    return Purchase(shop_id=customer.shop_id, membership_id=customer.id, **told)


def test_products_that_an_import_named_go_with_it_until_somebody_says_more_of_them(
    till: Till,
) -> None:
    import_id = imported(till, ALL, WITH_ALL)
    with till.session() as session:
        jam = session.scalars(select(Product).where(Product.name == "Jam")).one()
        jam.price_minor = 450
        session.commit()
    undo(till, import_id)
    assert stored(till, Product.name) == ["Jam"]


def test_an_import_completes_a_customer_and_never_overwrites(till: Till) -> None:
    with till.session() as session:
        session.add(Membership(shop_id=till.shop_id, reference="17", phone="+49301234567"))
        session.commit()
    assert till.imported(WITH_PHONES, KNOWN)["customers_completed"] == 1
    with till.session() as session:
        asha = session.scalars(select(Membership).where(Membership.reference == "17")).one()
    assert (asha.name, asha.phone) == ("Asha", "+49301234567")


def test_what_was_changed_since_an_import_stays(till: Till) -> None:
    with till.session() as session:
        session.add(Membership(shop_id=till.shop_id, reference="17"))
        session.commit()
    import_id = imported(till, WITH_PHONES, KNOWN)
    with till.session() as session:
        asha = session.scalars(select(Membership).where(Membership.reference == "17")).one()
        asha.name = "Asha K."
        session.commit()
    assert undo(till, import_id)["conflicts"] == 1
    assert stored(till, Membership.name) == ["Asha K."]
    assert stored(till, Membership.phone) == [None]


def test_what_others_build_on_survives_an_undo(till: Till) -> None:
    import_id = imported(till, WITH_PHONES, KNOWN)
    with till.session() as session:
        sale = session.scalars(select(Purchase).where(Purchase.amount_minor == 350)).one()
        refund = {"occurred_at": NOW, "amount_minor": -350, "currency": "EUR", "source": "api"}
        session.add(Purchase(shop_id=till.shop_id, refunds_id=sale.id, **refund))
        session.commit()
    assert undo(till, import_id) == {"kept_purchases": 1, "kept_customers": 1, "conflicts": 0}
    assert sorted(stored(till, Purchase.amount_minor)) == [-350, 350]  # type: ignore[type-var]


@pytest.mark.parametrize("did", ["changed by hand", "noted", "called"])
def test_a_customer_with_whom_somebody_did_something_survives_an_undo(till: Till, did: str) -> None:
    import_id = imported(till, WITH_PHONES, KNOWN)
    with till.session() as session:
        asha = session.scalars(select(Membership).where(Membership.name == "Asha")).one()
        about: dict[str, uuid.UUID] = {"shop_id": till.shop_id, "membership_id": asha.id}
        if did == "changed by hand":
            customers.change_customer(session, till.shop_id, asha.id, {"tags": ["vip"]}, NOW)
        else:
            rows = {"noted": Note(**about, text="rye"), "called": Outreach(**about, outcome="done")}
            session.add(rows[did])
        session.commit()
    assert undo(till, import_id) == {"kept_purchases": 0, "kept_customers": 1, "conflicts": 0}
    assert stored(till, Membership.name) == ["Asha"]
    assert stored(till, Membership.spent_minor) == [0]


def test_of_every_table_about_customers_it_is_known_whether_it_keeps_one_from_an_undo() -> None:
    # who joined has an account, which keeps them by itself
    of_accounts = {"feedback", "referral"}
    # they follow from what the import brought, or mean nothing without it
    moot = {"score", "prediction", "score_move", "import_change", "two_people"}
    about = {table.name for table, _ in merge_queries.references()}
    assert about == of_accounts | moot | set(import_queries.KEEPING)


def test_what_another_import_has_too_survives_an_undo_until_that_one_is_undone(
    till: Till,
) -> None:
    march = ["17,2026-03-14,1.00", "18,2026-03-15,2.00"]
    first = imported(till, simple(march), SIMPLE)
    second = imported(till, simple([march[1], "19,2026-04-01,3.00"]), SIMPLE)
    assert undo(till, first) == {"kept_purchases": 1, "kept_customers": 1, "conflicts": 0}
    assert sorted(stored(till, Purchase.amount_minor)) == [200, 300]  # type: ignore[type-var]
    assert sorted(stored(till, Membership.reference)) == ["18", "19"]  # type: ignore[type-var]
    assert undo(till, second) == {"kept_purchases": 0, "kept_customers": 0, "conflicts": 0}
    assert stored(till, Purchase.id) == stored(till, Membership.id) == []


@pytest.mark.parametrize("block_rows", [1, 1000])
def test_what_a_later_row_tells_of_a_customer_is_kept(till: Till, block_rows: int) -> None:
    with till.session() as session:
        session.add(Membership(shop_id=till.shop_id, reference="18"))
        session.commit()
    before = everything(till)
    rows = [f"{number},{rest}" for number in (17, 18) for rest in (
        ",,2026-03-14,1.00", "Asha,,2026-03-15,2.00", "Asha R.,0151 23456789,2026-03-16,3.00"
    )]  # fmt: skip
    import_id = till.upload("\n".join(["customer,name,phone,date,amount", *rows]) + "\n", KNOWN)
    till.run(import_id, block_rows=block_rows)
    with till.session() as session:
        found = session.execute(select(Membership.name, Membership.phone)).all()
    assert found == [("Asha", "+4915123456789")] * 2
    outcome = till.batch(import_id).outcome or {}
    assert (outcome["customers"], outcome["customers_completed"]) == (1, 1)
    undo(till, import_id)
    assert everything(till) == before


def test_after_thirty_days_an_import_stays(till: Till) -> None:
    import_id = imported(till, WITH_PHONES, KNOWN)
    last = NOW + dt.timedelta(days=30)
    with till.session() as session:
        said = "for 30 days, this one was done 31 days ago"
        with pytest.raises(Conflict, match=said):
            imports.undo(
                session,
                shop_id=till.shop_id,
                import_id=import_id,
                now=last + dt.timedelta(days=1),
            )
        imports.undo(session, shop_id=till.shop_id, import_id=import_id, now=last)


def test_an_import_says_how_its_customers_agreed(till: Till) -> None:
    imported(till, WITH_PHONES, KNOWN, channels=["sms", "email"], evidence="signed cards")
    assert stored(till, ConsentEvent.channel) == ["sms", "sms"]  # nobody has an email address
    assert set(stored(till, ConsentEvent.evidence)) == {"signed cards"}


def test_an_import_never_overrides_a_withdrawal(till: Till) -> None:
    with till.session() as session:
        # the same number, under another entry of the shop
        asha = Membership(shop_id=till.shop_id, id=uuid.uuid4(), phone="+4915123456789")
        session.add(asha)
        session.flush()
        withdrawal = {"channel": "sms", "purpose": "marketing", "action": "withdraw"}
        session.add(
            ConsentEvent(
                shop_id=till.shop_id, membership_id=asha.id, source="inbound", **withdrawal
            )
        )
        session.commit()
    imported(till, WITH_PHONES, KNOWN, channels=["sms"], evidence="signed cards")
    with till.session() as session:
        granted = session.scalars(
            select(Membership.name)
            .join(ConsentEvent, ConsentEvent.membership_id == Membership.id)
            .where(ConsentEvent.action == "grant")
        ).all()
    assert granted == ["Björn"]


def test_who_withdraws_while_an_import_is_at_work_has_withdrawn(till: Till) -> None:
    import_id = till.upload(WITH_PHONES, KNOWN)
    asha_id = uuid.uuid4()
    with till.session() as session:
        session.add(Membership(shop_id=till.shop_id, id=asha_id, reference="17"))
        batch = imports.import_by_id(session, till.shop_id, import_id)
        batch.consent = {"channels": ["sms"], "evidence": "signed cards"}
        session.commit()
    with till.session() as withdrawing:  # begins before the import ends, and ends after it
        about = {"shop_id": till.shop_id, "membership_id": asha_id, "source": "inbound"}
        withdrawal = {"channel": "sms", "purpose": "marketing", "action": "withdraw"}
        till.run(import_id)
        withdrawing.add(ConsentEvent(**about, **withdrawal))
        withdrawing.commit()
    with till.session() as session:
        granted = dict(session.execute(select(Membership.name, Membership.granted)).all())  # type: ignore[arg-type] # two columns
    assert granted == {"Asha": [], "Björn": ["sms"]}


def test_consent_of_an_import_goes_with_it(till: Till) -> None:
    import_id = imported(till, WITH_PHONES, KNOWN, channels=["sms"], evidence="signed cards")
    assert undo(till, import_id)["kept_customers"] == 0
    assert stored(till, ConsentEvent.id) == []


def test_rejected_rows_leave_with_their_reason(till: Till) -> None:
    rows = ["17,2026-03-16,1.00", "18,yesterday,2.00", "19", "Rao, Asha,2026-03-16,2.00"]
    import_id = imported(till, simple(rows), SIMPLE)
    with till.session() as session:
        batch = imports.import_by_id(session, till.shop_id, import_id)
        text = "".join(rejected_rows(session, batch)).removeprefix(BOM)
    no_date = "date: expected a date such as 2024-12-31, got"
    assert list(csv.reader(text.splitlines())) == [
        ["customer", "date", "amount", "error"],
        ["18", "yesterday", "2.00", f"{no_date} 'yesterday'"],
        ["19", "", "", "row: expected 3 or more cells, got 1"],
        ["Rao", " Asha", "2026-03-16", f"{no_date} 'Asha'", "2.00"],
    ]


def test_who_buys_while_their_import_is_undone_stays(till: Till) -> None:
    import_id = imported(till, simple(["17,2026-03-14,7.00"]), SIMPLE)
    [asha] = stored(till, Membership.id)
    new = NewPurchase(uuid.uuid4(), NOW, 500, asha)
    with till.session() as session, ThreadPoolExecutor(1) as pool:
        membership_queries.keep(session, till.shop_id, asha)  # as a sale begins
        undone = pool.submit(undo, till, import_id)
        wait_for_lock(session, "the undo to wait for the sale")
        record_purchase(session, till.shop_id, new, NOW)
        session.commit()
        assert undone.result()["kept_customers"] == 1
    assert stored(till, Purchase.amount_minor) == [500]


def test_what_is_refunded_while_its_import_is_undone_stays(till: Till) -> None:
    import_id = imported(till, simple([",2026-03-14,7.00"]), SIMPLE)
    [bought] = stored(till, Purchase.id)
    back = NewPurchase(uuid.uuid4(), NOW, -500, None, bought)
    with till.session() as session, ThreadPoolExecutor(1) as pool:
        record_purchase(session, till.shop_id, back, NOW)
        undone = pool.submit(undo, till, import_id)
        wait_for_lock(session, "the undo to wait for the refund")
        session.commit()
        assert undone.result()["kept_purchases"] == 1
    assert sorted(stored(till, Purchase.amount_minor)) == [-500, 700]


def test_what_is_refunded_when_its_import_has_just_been_undone_is_refused(till: Till) -> None:
    import_id = imported(till, simple(["17,2026-03-14,7.00"]), SIMPLE)
    [bought] = stored(till, Purchase.id)
    back = NewPurchase(uuid.uuid4(), NOW, -500, None, bought)

    def refund() -> None:
        with till.session() as session:
            record_purchase(session, till.shop_id, back, NOW)
            session.commit()

    with till.jobs() as session, ThreadPoolExecutor(1) as pool:
        act_for(session, shop_id=till.shop_id)
        imports.import_by_id(session, till.shop_id, import_id, is_locked=True)
        refunded = pool.submit(refund)
        wait_for_lock(session, "the refund to wait for the undo")
        import_queries.take_back(session, till.shop_id, import_id)
        session.commit()
        with pytest.raises(Invalid, match="refunds_id"):
            refunded.result()
    assert stored(till, Purchase.id) == []


def test_what_is_sold_while_its_import_is_undone_stays_a_product(till: Till) -> None:
    import_id = imported(till, LINES, RECEIPTS)
    line = NewLine("Roll", Decimal(1), 45)
    new = NewPurchase(uuid.uuid4(), NOW, 45, lines=[line])
    with till.session() as session, ThreadPoolExecutor(1) as pool:
        record_purchase(session, till.shop_id, new, NOW)
        undone = pool.submit(undo, till, import_id)
        wait_for_lock(session, "the undo to wait for the sale")
        session.commit()
        undone.result()
    assert till.batch(import_id).state == "undone"
    assert stored(till, Product.name) == ["Roll"]
    assert stored(till, Purchase.amount_minor) == [45]


def test_what_is_sold_when_its_import_has_just_been_undone_is_a_new_product(till: Till) -> None:
    import_id = imported(till, LINES, RECEIPTS)
    new = NewPurchase(uuid.uuid4(), NOW, 45, lines=[NewLine("Roll", Decimal(1), 45)])

    def sell() -> None:
        with till.session() as session:
            record_purchase(session, till.shop_id, new, NOW)
            session.commit()

    with till.jobs() as session, ThreadPoolExecutor(1) as pool:
        act_for(session, shop_id=till.shop_id)
        import_queries.products_told(session, till.shop_id, ["Roll"])  # locks them, as an undo does
        sold = pool.submit(sell)
        wait_for_lock(session, "the sale to wait for the undo")
        import_queries.take_back(session, till.shop_id, import_id)
        session.commit()
        sold.result()
    assert stored(till, Product.name) == ["Roll"]
    assert stored(till, PurchaseLine.amount_minor) == [45]


@pytest.mark.parametrize("job", ["run", "undo"])
def test_an_import_and_a_new_time_zone_do_not_wait_for_each_other(till: Till, job: str) -> None:
    first, between = (uuid.UUID(int=number) for number in (1, 2))
    with till.session() as session:
        for id_, phone in ((first, "+4915123456789"), (between, None)):
            session.add(Membership(shop_id=till.shop_id, id=id_, phone=phone, reference=f"{id_}"))
        session.commit()
    # one customer is made, and one is told the name of
    rows = ["phone,name,date,amount", "0151 23456789,Asha,2026-03-14,7", "0151 1,Béla,2026-03-14,5"]
    import_id = till.upload("\n".join(rows), {"phone": 0, "name": 1, "date": 2, "amount": 3})
    if job == "undo":
        till.run(import_id)
    else:
        mortal = Till(till.shop_id, till.app, killed_after(till.jobs, 2, Killed()))
        with pytest.raises(Killed):
            mortal.run(import_id)  # only the end is still to come

    def move() -> None:
        with till.session() as session:
            shops.change_shop(session, till.shop_id, {"time_zone": "Asia/Kolkata"})
            session.commit()

    with till.session() as session, ThreadPoolExecutor(2) as pool:
        # as a change of this customer does
        membership_queries.membership_by_id(
            session, till.shop_id, between, lock=membership_queries.CHANGES
        )
        moved = pool.submit(move)
        wait_for_lock(session, "the new totals of all to wait for the change")
        worked = pool.submit(till.run if job == "run" else partial(undo, till), import_id)
        wait_for_lock(session, "the import to wait, too", transactions=2)
        session.commit()
        moved.result()
        worked.result()
    assert till.batch(import_id).state == {"run": "done", "undo": "undone"}[job]
