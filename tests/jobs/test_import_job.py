"""An import runs in the background: each row once, with an outcome and a reason."""

import datetime as dt
import uuid
from itertools import count

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.services import imports
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from cloud.app.store.sales import ImportRow, Product, Purchase, PurchaseLine
from tests.jobs.conftest import Till

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
    ("content", "columns"), [(LINES, RECEIPTS), (many_rows(30), SIMPLE)], ids=["lines", "rows"]
)
def test_an_import_that_is_killed_anywhere_goes_on_where_it_was(
    till: Till, content: str, columns: dict[str, int]
) -> None:
    import_id = till.upload(content, columns)
    for blocks in (1, 2, 3):
        mortal = Till(till.shop_id, till.app, killed_after(till.jobs, blocks, Killed()))
        with pytest.raises(Killed):
            mortal.run(import_id, block_rows=2)
    till.run(import_id, block_rows=2)
    outcome = till.batch(import_id).outcome or {}
    rows = content.count("\n") - 1
    assert (outcome["rows"], outcome["created"]) == (rows, rows)
    with till.session() as session:
        assert session.scalar(select(func.count()).select_from(ImportRow)) == rows
    assert outcome["total_minor"] == (925 if columns is RECEIPTS else 100 * 435 + 50 * 30)


def test_a_job_that_comes_twice_runs_once(till: Till) -> None:
    import_id = till.upload(LINES, RECEIPTS)
    till.run(import_id)
    done = till.batch(import_id).outcome
    till.run(import_id)
    assert till.batch(import_id).outcome == done


def assert_nothing_is_left(till: Till) -> None:
    assert stored(till, Purchase.id) == stored(till, Membership.id) == []
    assert stored(till, ImportRow.line) == []


def test_a_file_that_breaks_midway_leaves_nothing(till: Till) -> None:
    rows = [f"{n},2026-03-14,1.00" for n in range(300)]
    import_id = till.upload(simple(rows), SIMPLE)
    with till.session() as session:
        batch = imports.import_by_id(session, till.shop_id, import_id)
        batch.content = simple([*rows, '17,2026-03-14,"' + "x" * 200_000]).encode()
        session.commit()
    till.run(import_id, block_rows=100)
    batch = till.batch(import_id)
    assert batch.state == "failed"
    assert "line 302" in (batch.error or "")
    assert_nothing_is_left(till)


def test_a_fault_of_ours_leaves_nothing_and_the_import_can_be_run_again(till: Till) -> None:
    import_id = till.upload(many_rows(30), SIMPLE)
    faulty = Till(till.shop_id, till.app, killed_after(till.jobs, 3, RuntimeError("secret")))
    with pytest.raises(RuntimeError):
        faulty.run(import_id, block_rows=5)
    batch = till.batch(import_id)
    assert batch.state == "failed"
    assert "secret" not in (batch.error or "secret")
    assert_nothing_is_left(till)
    till.ask(import_id, SIMPLE)
    till.run(import_id)
    assert till.batch(import_id).state == "done"


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
