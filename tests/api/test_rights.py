"""A person takes everything along, is forgotten, and stays forgotten."""

import datetime as dt
import io
import json
import secrets
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from cloud.app.jobs.imports import run_import
from cloud.app.jobs.sessions import job_sessions
from cloud.app.services import personal_data
from cloud.app.settings import Settings
from cloud.app.store import Base
from cloud.app.store.roles import act_for
from cloud.app.store.scoring import MonthlyReport
from tests.api.conftest import API, Somebody, body, code_for, made, problem, somebody
from tests.api.test_joining import (
    WORDING,
    customers,
    join,
    mine,
    new_phone,
    prove,
    referral_code,
    sell,
    verified,
)
from tests.rows import owner_of_all

TABLES = text(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)
# the database looks itself: a shop of another test may have very many rows
IS_WRITTEN = """
    SELECT EXISTS (SELECT FROM "{0}" AS whole WHERE EXISTS (
        SELECT FROM unnest(CAST(:traces AS text[])) AS trace
        WHERE strpos(CAST(whole AS text), trace) > 0))
"""


class Life:
    """Somebody with a name that nobody else has, and a trace in every table."""

    def __init__(self, app: Flask, settings: Settings, *shops: Somebody) -> None:
        self.name = f"Zebulonia Q{secrets.token_hex(4)}"
        self.note = f"allergic to sesame, hums {secrets.token_hex(4)}"
        self.phone = new_phone()
        self.national = f"0{self.phone[3:6]} {self.phone[6:9]} {self.phone[9:]}"
        self.settings = settings
        for shop in shops:
            # known to the shop before she joined, once by phone and once more by email
            self.import_(shop, f"{self.name},{self.national}")
        self.person = somebody(app, self.name)
        self.email = self.person.email
        prove(app, self.person, self.phone)
        prove(app, self.person, self.email)
        for shop in shops:
            made(shop.post(f"{shop.url}/customers", {"name": self.name, "email": self.email}))
            self.live_with(app, shop)

    def import_(
        self, shop: Somebody, identity: str, day: str = "2026-01-02", consent: bool = False
    ) -> dict[str, Any]:
        """Import a purchase of hers and a row that is rejected."""
        lines = ("name,phone,date,amount", f"{identity},{day},3.50", f"{identity},no day,4.00")
        file = (io.BytesIO("\n".join(lines).encode()), "till.csv")
        url = f"{shop.url}/imports"
        batch = made(shop.client.post(url, data={"file": file}, headers=shop.headers))
        run: dict[str, Any] = {
            "mapping": {"name": 0, "phone": 1, "date": 2, "amount": 3}, "date_order": "dmy"
        }  # fmt: skip
        if consent:
            run["consent"] = {"channels": ["sms"], "evidence": "signed the card"}
        answer = shop.post(f"{url}/{batch['id']}/run", run)
        assert answer.status_code < 300, answer.text
        run_import(
            job_sessions(self.settings),
            shop_id=uuid.UUID(shop.shop_id),
            import_id=uuid.UUID(batch["id"]),
            key=self.settings.secret_key,
            now=dt.datetime.now(dt.UTC),
        )
        return body(shop.get(f"{url}/{batch['id']}"))

    def live_with(self, app: Flask, shop: Somebody) -> None:
        join(self.person, shop, consents=["sms", "email"], wording=WORDING)
        [customer] = [c for c in customers(shop) if c["phone"] == self.phone]
        url = f"{shop.url}/customers/{customer['id']}"
        made(shop.post(f"{url}/notes", {"text": self.note}))
        shop.patch(url, {"tags": [f"friend of {self.name}"]})
        key = {"Idempotency-Key": secrets.token_hex(8)}
        shop.client.post(f"{url}/notes", json={"text": self.note}, headers={**shop.headers, **key})
        sell(shop, customer["id"])
        self.be_reported(shop)
        said = {"mood": "good", "text": f"It is me, {self.name}"}
        assert self.person.put(f"{mine(self.person, shop)}/feedback/today", said).status_code == 200
        join(verified(app, "Béla"), shop, referral_code=referral_code(self.person, shop))

    def be_reported(self, shop: Somebody) -> None:
        sessions = job_sessions(self.settings)
        with sessions.begin() as session:
            shop_id = uuid.UUID(shop.shop_id)
            act_for(session, shop_id=shop_id)
            session.add(
                MonthlyReport(
                    shop_id=shop_id,
                    month=dt.date(2026, 1, 1),
                    pdf=f"%PDF- {self.name}".encode(),
                    pdf_without_names=b"%PDF-",
                )
            )
        sessions.kw["bind"].dispose()

    @property
    def traces(self) -> tuple[str, ...]:
        # fewer digits of the number would be found among those of some score
        return (self.name, self.email, self.phone, self.national, self.phone[3:], self.note)

    def remains(self, *traces: str) -> set[str]:
        """Return the tables in which anything of her is written, whatever the column's type."""
        told = traces or self.traces
        # bytes are written as their digits
        wanted = [*told, *(trace.encode().hex() for trace in told)]
        with owner_of_all(self.settings) as connection:
            return {
                table
                for table in connection.scalars(TABLES).all()
                if connection.scalar(text(IS_WRITTEN.format(table)), {"traces": wanted})
            }


def farewell(app: Flask, life: Life) -> dict[str, str]:
    assert life.person.post(f"{API}/codes", {"contact": life.email}).status_code == 202
    return {"contact": life.email, "code": code_for(app, life.email)}


@pytest.fixture
def zebulonia(app: Flask, settings: Settings, owner: Somebody, outsider: Somebody) -> Life:
    """A customer of the bakery and of the florist."""
    return Life(app, settings, owner, outsider)


def test_after_an_erasure_nothing_of_the_person_is_in_any_table(
    app: Flask, owner: Somebody, zebulonia: Life
) -> None:
    before = zebulonia.remains()
    assert {
        "person", "membership", "note", "feedback", "import_row", "import_batch",
        "idempotency_key", "report",
    } <= before  # fmt: skip
    takings = sum(p["amount_minor"] for p in body(owner.get(f"{owner.url}/purchases"))["items"])
    answer = zebulonia.person.put(f"{API}/me/erasure", farewell(app, zebulonia))
    assert body(answer) == {"shops": 2, "sales_kept": 4}
    assert zebulonia.remains() == set()
    sold = body(owner.get(f"{owner.url}/purchases"))["items"]
    assert sum(purchase["amount_minor"] for purchase in sold) == takings
    assert {purchase["customer_id"] for purchase in sold} == {None}
    assert [customer["name"] for customer in customers(owner)] == ["Béla"]
    for path in ("/me", "/me/shops"):
        assert zebulonia.person.get(f"{API}{path}").status_code in (401, 404)
    problem(zebulonia.person.client.post(f"{API}/tokens/refresh", json={}), 401)


def test_an_erasure_wants_a_code_that_was_sent_to_the_account(app: Flask, zebulonia: Life) -> None:
    sent = farewell(app, zebulonia)
    wrong = {**sent, "code": f"{(int(sent['code']) + 1) % 10**6:06}"}
    problem(zebulonia.person.put(f"{API}/me/erasure", wrong), 403)
    mallory = verified(app, "Mallory")
    foreign = {"contact": mallory.email, "code": "000000"}
    problem(zebulonia.person.put(f"{API}/me/erasure", foreign), 403)
    assert zebulonia.person.get(f"{API}/me").status_code == 200


def test_who_is_forgotten_by_one_shop_is_known_to_the_other(
    app: Flask, owner: Somebody, outsider: Somebody, zebulonia: Life
) -> None:
    answer = zebulonia.person.put(f"{mine(zebulonia.person, owner)}/erasure", None)
    assert body(answer) == {"sales_kept": 2}
    [shop] = body(zebulonia.person.get(f"{API}/me/shops"))["items"]
    assert shop["name"] == "Flower Power"
    assert zebulonia.name in outsider.get(f"{outsider.url}/customers").text
    assert zebulonia.name not in owner.get(f"{owner.url}/customers").text


def test_an_import_does_not_bring_an_erased_contacts_marketing_back(
    app: Flask, owner: Somebody, zebulonia: Life
) -> None:
    zebulonia.person.put(f"{API}/me/erasure", farewell(app, zebulonia))
    later = "2026-01-03"  # the sale of before is known, and stays nobody's
    zebulonia.import_(owner, f"{zebulonia.name},{zebulonia.national}", later, consent=True)
    zebulonia.import_(owner, "Somebody else,0151 20000001", later, consent=True)
    holds = {}
    for customer in customers(owner):
        found = body(owner.get(f"{owner.url}/customers/{customer['id']}/consents"))
        holds[customer["name"]] = [one["is_granted"] for one in found["holds"]]
    assert holds == {zebulonia.name: [], "Somebody else": [True], "Béla": []}
    [again] = [c for c in customers(owner) if c["name"] == zebulonia.name]
    typed = {"channel": "sms", "action": "grant", "evidence": "said so"}
    answer = owner.post(f"{owner.url}/customers/{again['id']}/consents", typed)
    assert "asked to be forgotten" in problem(answer, 409)["detail"]


def test_who_comes_back_by_themselves_may_agree_again(
    app: Flask, owner: Somebody, zebulonia: Life
) -> None:
    zebulonia.person.put(f"{mine(zebulonia.person, owner)}/erasure", None)
    join(zebulonia.person, owner, consents=["sms"], wording=WORDING)
    [held] = body(zebulonia.person.get(mine(zebulonia.person, owner)))["holds"]
    assert (held["channel"], held["is_granted"]) == ("sms", True)


def test_an_owner_forgets_a_customer_who_asks(owner: Somebody, zebulonia: Life) -> None:
    for customer in customers(owner):
        answer = owner.delete(f"{owner.url}/customers/{customer['id']}")
        assert answer.status_code == 200, answer.text
    assert customers(owner) == []
    problem(owner.get(f"{owner.url}/customers/{customer['id']}"), 404)


def test_who_was_merged_is_exported_and_forgotten_by_both_names_and_numbers(
    owner: Somebody, zebulonia: Life
) -> None:
    earlier, number = "Zeb Quillfeather", f"0151 3{secrets.randbelow(10**7):07}"
    zebulonia.import_(owner, f"{earlier},{number}", "2026-01-05")
    ids = {one["name"]: one["id"] for one in customers(owner) if one["phone"]}
    wanted = {"survivor_id": ids[zebulonia.name], "duplicate_id": ids[earlier]}
    made(owner.post(f"{owner.url}/merges", wanted))
    url = f"{owner.url}/customers/{ids[zebulonia.name]}"
    export = body(owner.get(f"{url}/export"))
    assert [earlier, number, "no day", "4.00"] in [row["raw"] for row in export["import_row"]]
    assert owner.id not in json.dumps(export)

    assert owner.delete(url).status_code == 200
    assert zebulonia.remains(earlier, number, f"151{number[5:]}") == set()
    zebulonia.import_(owner, f"Somebody,{number}", "2026-01-06", consent=True)
    [again] = [one for one in customers(owner) if one["name"] == "Somebody"]
    assert body(owner.get(f"{owner.url}/customers/{again['id']}/consents"))["holds"] == []


def test_an_upload_that_waits_is_not_run_after_an_erasure(owner: Somebody, zebulonia: Life) -> None:
    file = (io.BytesIO(f"name,date,amount\n{zebulonia.name},2026-01-02,1\n".encode()), "t.csv")
    url = f"{owner.url}/imports"
    batch = made(owner.client.post(url, data={"file": file}, headers=owner.headers))
    zebulonia.person.put(f"{mine(zebulonia.person, owner)}/erasure", None)
    run = {"mapping": {"name": 0, "date": 1, "amount": 2}}
    assert (
        "upload this one again"
        in problem(owner.post(f"{url}/{batch['id']}/run", run), 409)["detail"]
    )
    assert body(owner.get(f"{url}/{batch['id']}"))["state"] == "failed"


def test_while_an_import_is_at_work_nobody_is_erased(owner: Somebody, zebulonia: Life) -> None:
    file = (io.BytesIO(b"name,date,amount\nAsha,2026-01-02,1\n"), "t.csv")
    url = f"{owner.url}/imports"
    batch = made(owner.client.post(url, data={"file": file}, headers=owner.headers))
    run = {"mapping": {"name": 0, "date": 1, "amount": 2}}
    assert owner.post(f"{url}/{batch['id']}/run", run).status_code < 300
    answer = zebulonia.person.put(f"{mine(zebulonia.person, owner)}/erasure", None)
    assert "an import is at work" in problem(answer, 409)["detail"]


def test_the_only_owner_of_a_shop_cannot_go(app: Flask, owner: Somebody) -> None:
    prove(app, owner, owner.email)
    owner.post(f"{API}/codes", {"contact": owner.email})
    sent = {"contact": owner.email, "code": code_for(app, owner.email)}
    said = problem(owner.put(f"{API}/me/erasure", sent), 409)["detail"]
    assert said == "close these shops first, or make somebody else their owner: Corner Bakery"
    assert owner.get(owner.url).status_code == 200


def test_an_export_has_everything_of_every_shop(
    owner: Somebody, outsider: Somebody, zebulonia: Life
) -> None:
    answer = zebulonia.person.get(f"{API}/me/export")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    found = body(answer)
    assert found["person"]["email"] == zebulonia.email
    shops = {one["shop"]: one for one in found["customer_of"]}
    assert set(shops) == {"Corner Bakery", "Flower Power"}
    bakery = shops["Corner Bakery"]
    assert [note["text"] for note in bakery["note"]] == [zebulonia.note] * 2
    assert bakery["customer"]["tags"] == [f"friend of {zebulonia.name}"]
    assert {event["wording"] for event in bakery["consent_event"]} == {WORDING}
    assert len(bakery["purchase"]) == 2
    assert len(bakery["feedback"]) == len(bakery["referral"]) == 1
    assert zebulonia.national in str(bakery["import_row"])
    for secret in ("password_hash", "digest", "Béla", owner.id, outsider.email):
        assert secret not in answer.text


def test_one_shop_is_exported_by_itself_also_by_its_owner(
    owner: Somebody, analyst: Somebody, zebulonia: Life
) -> None:
    theirs = body(zebulonia.person.get(f"{mine(zebulonia.person, owner)}/export"))
    assert theirs["shop"] == "Corner Bakery"
    url = f"{owner.url}/customers/{theirs['customer']['id']}/export"
    assert body(owner.get(url)) == theirs
    problem(analyst.get(url), 403)


def test_an_owners_export_has_the_work_and_no_customers(owner: Somebody, zebulonia: Life) -> None:
    owner.post(f"{owner.url}/override", {"is_open": True, "minutes": 15})
    answer = owner.get(f"{API}/me/export")
    [work] = body(answer)["works_at"]
    assert (work["shop"], work["role"]) == ("Corner Bakery", "owner")
    assert zebulonia.name not in answer.text


def test_no_table_with_persons_is_left_out_of_the_export() -> None:
    of_customers = {table.name for table, _ in personal_data.tables_of_customers(uuid.uuid4())}
    exported = (
        of_customers
        | {table.name for table in personal_data.tables_of_persons()}
        | {table.name for table in personal_data.tables_of_work()}
        | {"person", "membership"}
    )
    pointing = {
        table.name
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in ("person", "membership")
    }
    # who of the shop uploaded a file is in no export: it is the shop's
    assert pointing - exported == {"import_batch"}
