"""Imports at the door: upload, preview, the naming of columns. The worker has tests of its own."""

import csv
import dataclasses
import datetime as dt
import gzip
import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook
from werkzeug.test import TestResponse

from cloud.app.jobs.imports import run_import, undo_import
from cloud.app.jobs.sessions import job_sessions
from cloud.app.services import import_rows, workbooks
from cloud.app.settings import Settings
from tests.api.conftest import Somebody, body, made, make_app, problem, somebody

TILL = """Customer;Receipt;Date;Amount
17;1;14.03.2026;3,50
18;2;15.03.2026;1.204,00
"""
AMBIGUOUS = "customer,date,amount\n1,03/04/2026,5.10\n2,04/05/2026,6.20\n"


def upload(person: Somebody, content: str | bytes, name: str = "till.csv") -> TestResponse:
    data = content.encode() if isinstance(content, str) else content
    return person.client.post(
        f"{person.url}/imports",
        data={"file": (io.BytesIO(data), name)},
        headers=person.headers,
    )


def run(person: Somebody, import_id: str, **wanted: object) -> TestResponse:
    return person.post(f"{person.url}/imports/{import_id}/run", wanted)


def test_a_preview_shows_columns_samples_and_guesses(owner: Somebody) -> None:
    preview = made(upload(owner, TILL))
    assert preview["state"] == "uploaded"
    assert [column["guess"] for column in preview["columns"]] == [
        "customer", "invoice", "date", "amount"
    ]  # fmt: skip
    assert preview["columns"][3] == {
        "index": 3, "name": "Amount", "samples": ["3,50", "1.204,00"], "guess": "amount"
    }  # fmt: skip
    assert preview["date_orders"] == ["dmy"]
    assert (preview["decimal"], preview["delimiter"]) == (",", ";")
    assert preview["rows_estimated"] == 2
    assert preview["outcome"] is None
    assert preview["duplicate_of"] is None


def test_a_gzipped_file_is_understood(owner: Somebody) -> None:
    assert (
        made(upload(owner, gzip.compress(TILL.encode(), mtime=0), "till.csv.gz"))["rows_estimated"]
        == 2
    )


def test_the_same_file_again_is_recognised_in_its_shop_only(
    owner: Somebody, outsider: Somebody
) -> None:
    first = made(upload(owner, TILL))["id"]
    assert made(upload(owner, TILL))["duplicate_of"] == first
    assert made(upload(outsider, TILL))["duplicate_of"] is None


def test_the_same_file_is_not_the_same_as_another_kind_or_once_it_was_undone(
    owner: Somebody, settings: Settings
) -> None:
    first = done(owner, settings, TILL, {"customer": 0, "invoice": 1, "date": 2, "amount": 3})
    url = f"{owner.url}/imports?kind=products"
    file = (io.BytesIO(TILL.encode()), "till.csv")
    products = made(owner.client.post(url, data={"file": file}, headers=owner.headers))
    assert products["duplicate_of"] is None
    again = made(upload(owner, TILL))
    assert again["duplicate_of"] == first["id"]
    undone(owner, settings, first["id"])
    assert made(upload(owner, TILL))["duplicate_of"] == again["id"]
    listed = body(owner.get(f"{owner.url}/imports"))["items"]
    assert [one["duplicate_of"] for one in listed] == [again["id"], None, None, None]


def done(
    owner: Somebody, settings: Settings, content: str, mapping: dict[str, int], **more: object
) -> dict[str, Any]:
    """Import a file, as the worker does."""
    import_id = made(upload(owner, content))["id"]
    assert run(owner, import_id, mapping=mapping, **more).status_code == 202
    work(run_import, owner, settings, import_id, key=settings.secret_key)
    found = body(owner.get(f"{owner.url}/imports/{import_id}"))
    assert found["state"] == "done", found["error"]
    return found


def undone(owner: Somebody, settings: Settings, import_id: str) -> dict[str, Any]:
    answer = owner.post(f"{owner.url}/imports/{import_id}/undo")
    assert (answer.status_code, body(answer)["state"]) == (202, "undoing")
    work(undo_import, owner, settings, import_id)
    return body(owner.get(f"{owner.url}/imports/{import_id}"))


def work(
    job: Callable[..., None], owner: Somebody, settings: Settings, import_id: str, **more: object
) -> None:
    sessions = job_sessions(settings)
    about = {"shop_id": uuid.UUID(owner.shop_id), "import_id": uuid.UUID(import_id)}
    job(sessions, **about, now=dt.datetime.now(dt.UTC), **more)
    sessions.kw["bind"].dispose()


def test_an_import_from_its_upload_to_its_undo(owner: Somebody, settings: Settings) -> None:
    content = TILL + "19;3;31.02.2026;-4,50\n20;4;16.03.2026;free\n"
    mapping = {"customer": 0, "invoice": 1, "date": 2, "amount": 3}
    found = done(owner, settings, content, mapping)
    outcome = found["outcome"]
    assert (outcome["rows"], outcome["created"], outcome["rejected"]) == (4, 2, 2)
    assert (outcome["purchases"], outcome["total_minor"]) == (2, 350 + 120400)
    finished = dt.datetime.fromisoformat(found["finished_at"])
    assert dt.datetime.fromisoformat(found["undo_until"]) - finished == dt.timedelta(days=30)
    assert len(body(owner.get(f"{owner.url}/customers"))["items"]) == 2

    undone_import = undone(owner, settings, found["id"])
    assert (undone_import["state"], undone_import["undo_until"]) == ("undone", None)
    assert undone_import["undone_at"]
    assert body(owner.get(f"{owner.url}/customers"))["items"] == []
    assert body(owner.get(f"{owner.url}/purchases"))["items"] == []
    problem(owner.post(f"{owner.url}/imports/{found['id']}/undo"), 409)


def test_who_was_merged_into_an_imported_customer_outlives_the_undo_of_the_import(
    owner: Somebody, settings: Settings
) -> None:
    asha = made(owner.post(f"{owner.url}/customers", {"name": "Asha Rao"}))["id"]
    mapping = {"customer": 0, "invoice": 1, "date": 2, "amount": 3}
    import_id = done(owner, settings, TILL, mapping)["id"]
    of_till = {c["reference"]: c["id"] for c in body(owner.get(f"{owner.url}/customers"))["items"]}
    pair = {"survivor_id": of_till["17"], "duplicate_id": asha}
    merge_id = made(owner.post(f"{owner.url}/merges", pair))["id"]
    assert undone(owner, settings, import_id)["outcome"]["kept_customers"] == 1
    [kept] = body(owner.get(f"{owner.url}/customers"))["items"]
    assert (kept["id"], kept["name"], kept["spent_minor"]) == (of_till["17"], "Asha Rao", 0)
    assert owner.post(f"{owner.url}/merges/{merge_id}/undo").status_code == 200
    assert body(owner.get(f"{owner.url}/customers/{asha}"))["name"] == "Asha Rao"


def test_each_row_has_an_outcome_with_its_reason_page_by_page(
    owner: Somebody, settings: Settings
) -> None:
    content = TILL + "19;3;31.02.2026;4,50\n20;4;16.03.2026;free\n"
    mapping = {"customer": 0, "invoice": 1, "date": 2, "amount": 3}
    url = f"{owner.url}/imports/{done(owner, settings, content, mapping)['id']}/rows"
    first = body(owner.get(url, limit=3))
    assert [(row["line"], row["outcome"]) for row in first["items"]] == [
        (2, "created"), (3, "created"), (4, "rejected")
    ]  # fmt: skip
    assert [row["raw"] for row in first["items"]] == [None, None, ["19", "3", "31.02.2026", "4,50"]]
    rest = body(owner.get(url, limit=3, cursor=first["next_cursor"]))
    assert ([row["line"] for row in rest["items"]], rest["next_cursor"]) == ([5], None)
    assert rest["items"][0]["reason"] == "amount: expected an amount such as 12,50, got 'free'"
    assert rest["items"][0]["said"]["code"] == "amount_comma"
    rejected = body(owner.get(url, outcome="rejected"))["items"]
    assert [row["line"] for row in rejected] == [4, 5]
    again = done(owner, settings, content, mapping)["id"]
    skipped = body(owner.get(f"{owner.url}/imports/{again}/rows", outcome="skipped"))["items"]
    assert {row["reason"] for row in skipped} == {"this purchase was stored before"}
    problem(owner.get(url, cursor="x"), 422)


def test_rejected_rows_are_taken_home_mended_and_imported(
    owner: Somebody, settings: Settings
) -> None:
    content = TILL + "19;3;31.02.2026;-4,50\n20;4\n"
    mapping = {"customer": 0, "invoice": 1, "date": 2, "amount": 3}
    import_id = done(owner, settings, content, mapping)["id"]
    answer = owner.get(f"{owner.url}/imports/{import_id}/rejected")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert f"rejected-{import_id}.csv" in answer.headers["Content-Disposition"]
    taken = answer.get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(taken), delimiter=";"))  # as the file came
    assert [(row["Customer"], row["Amount"], row["error"]) for row in rows] == [
        ("19", "-4,50", "date: expected a date such as 2024-12-31, got '31.02.2026'"),
        ("20", "", "row: expected 4 or more cells, got 2"),
    ]
    mended = taken.replace("31.02.2026", "28.02.2026", 1)
    outcome = done(owner, settings, mended, mapping)["outcome"]
    assert (outcome["created"], outcome["rejected"], outcome["total_minor"]) == (1, 1, -450)


def test_dates_that_can_be_read_both_ways_are_asked_for(owner: Somebody) -> None:
    preview = made(upload(owner, AMBIGUOUS))
    assert preview["date_orders"] == ["dmy", "mdy"]
    mapping = {"customer": 0, "date": 1, "amount": 2}
    found = problem(run(owner, preview["id"], mapping=mapping), 422)
    assert found["errors"][0]["field"] == "date_order"
    answer = run(owner, preview["id"], mapping=mapping, date_order="mdy")
    assert answer.status_code == 202
    assert body(answer)["state"] == "queued"


def test_a_mark_that_can_be_read_both_ways_is_asked_for(
    owner: Somebody, settings: Settings
) -> None:
    content = "customer,date,amount\n1,2026-03-14,1.234\n2,2026-03-14,5.678\n"
    mapping = {"customer": 0, "date": 1, "amount": 2}
    preview = made(upload(owner, content))
    assert preview["decimal"] is None
    found = problem(run(owner, preview["id"], mapping=mapping), 422)
    assert [(one["field"], one["code"]) for one in found["errors"]] == [("decimal", "ask_decimal")]
    outcome = done(owner, settings, content, mapping, decimal=",")["outcome"]
    assert outcome["total_minor"] == 691200


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ({}, "mapping.date"),
        ({"date": 2}, "mapping.amount"),
        ({"date": 2, "amount": 4}, "mapping.amount"),
        ({"date": 2, "amount": 2}, "mapping"),
        ({"date": 2, "amount": -1}, "mapping.amount.value"),
        ({"date": 2, "amount": 3, "colour": 0}, "mapping.colour.key"),
        ([], "mapping"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(
    owner: Somebody, mapping: object, field: str
) -> None:
    import_id = made(upload(owner, TILL))["id"]
    found = problem(run(owner, import_id, mapping=mapping), 422)
    assert [error["field"] for error in found["errors"]] == [field]


MIXED = """Customer;Phone;Date;Amount
17;030 123456;14.03.2026;3,50
17;030 123456;15.03.2026;-1,50
;none;16.03.2026;2,00
18;;31.02.2026;1,00
18;;32.02.2026;1,00
18;;17.03.2026;free
"""


def test_a_preview_tells_what_the_whole_file_comes_to(owner: Somebody) -> None:
    import_id = made(upload(owner, MIXED))["id"]
    url = f"{owner.url}/imports/{import_id}/preview"
    found = body(owner.get(url, customer=0, date=2, amount=3))
    assert found == {
        "rows": 6,
        "is_whole": True,
        "customers": 1,
        "products": 0,
        "pieces": 0,
        "total_minor": 400,
        "refunds": 1,
        "refunded_minor": -150,
        "first_at": "2026-03-13T23:00:00Z",
        "last_at": "2026-03-15T23:00:00Z",
        "rejected": 3,
        "reasons": [
            {
                "reason": "date: expected a date such as 2024-12-31, got '31.02.2026'",
                "said": {
                    "field": "date",
                    "expected": "a date such as 2024-12-31",
                    "found": "'31.02.2026'",
                    "code": "date_such_as",
                    "values": {"day": "2024-12-31"},
                },
                "line": 5,
                "rows": 2,
            },
            {
                "reason": "amount: expected an amount such as 12,50, got 'free'",
                "said": {
                    "field": "amount",
                    "expected": "an amount such as 12,50",
                    "found": "'free'",
                    "code": "amount_comma",
                    "values": {},
                },
                "line": 7,
                "rows": 1,
            },
        ],
    }
    by_phone = body(owner.get(url, phone=1, date=2, amount=3))
    assert by_phone["reasons"][1]["reason"].startswith("phone: expected a phone number")
    assert body(owner.get(f"{owner.url}/imports/{import_id}"))["state"] == "uploaded"


def test_a_preview_that_takes_too_long_tells_of_the_first_rows(
    owner: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_rows, "TOTALS_WITHIN_S", 0.0)
    monkeypatch.setattr(import_rows, "LOOK_AT_CLOCK_ROWS", 2)
    import_id = made(upload(owner, MIXED))["id"]
    found = body(owner.get(f"{owner.url}/imports/{import_id}/preview", date=2, amount=3))
    assert (found["rows"], found["is_whole"], found["total_minor"]) == (2, False, 200)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "mapping.date"),
        ({"date": 1}, "mapping.amount"),
        ({"date": 1, "amount": 2}, "date_order"),
        ({"date": 1, "amount": 9, "date_order": "dmy"}, "mapping.amount"),
        ({"date": 1, "amount": "x"}, "amount"),
    ],
)
def test_a_preview_asks_for_what_a_run_would_ask_for(
    owner: Somebody, query: dict[str, object], field: str
) -> None:
    import_id = made(upload(owner, AMBIGUOUS))["id"]
    found = problem(owner.get(f"{owner.url}/imports/{import_id}/preview", **query), 422)
    assert [error["field"] for error in found["errors"]] == [field]


def test_a_list_of_products_is_previewed_by_its_own_columns(owner: Somebody) -> None:
    header = "Artikelnummer;Bezeichnung;VK;EK;Bestand;Seit"
    content = f"{header}\n4711;Brot;4,50;1,80;12;01.02.2026\n4712;;x;;;\n"
    url = f"{owner.url}/imports?kind=products"
    file = (io.BytesIO(content.encode()), "liste.csv")
    found = made(owner.client.post(url, data={"file": file}, headers=owner.headers))
    assert found["kind"] == "products"
    assert [column["guess"] for column in found["columns"]] == [
        "sku", "product", "price", "cost", "stock", "first_stocked"
    ]  # fmt: skip
    columns = {column["guess"]: column["index"] for column in found["columns"]}
    preview = body(owner.get(f"{owner.url}/imports/{found['id']}/preview", **columns))
    assert (preview["products"], preview["pieces"], preview["rejected"]) == (1, 12, 1)
    refused = problem(run(owner, found["id"], mapping={"price": 2}), 422)
    assert refused["errors"][0]["field"] == "mapping.product"
    refused = problem(run(owner, found["id"], mapping={"product": 1, "date": 5}), 422)
    assert refused["errors"][0]["field"] == "mapping.date"
    assert run(owner, found["id"], mapping=columns).status_code == 202


def test_an_export_of_products_is_understood_as_a_list_of_products(owner: Somebody) -> None:
    export = owner.get(f"{owner.url}/exports/products").text
    url = f"{owner.url}/imports?kind=products"
    file = (io.BytesIO(export.encode()), "products.csv")
    found = made(owner.client.post(url, data={"file": file}, headers=owner.headers))
    guesses = {column["name"]: column["guess"] for column in found["columns"]}
    assert guesses["name"] == "product"
    assert guesses["sku"] == "sku"


def test_an_import_of_something_else_is_refused(owner: Somebody) -> None:
    url = f"{owner.url}/imports?kind=poems"
    file = (io.BytesIO(TILL.encode()), "till.csv")
    found = problem(owner.client.post(url, data={"file": file}, headers=owner.headers), 422)
    assert found["errors"][0]["field"] == "kind"


def test_an_import_runs_once(owner: Somebody) -> None:
    import_id = made(upload(owner, TILL))["id"]
    mapping = {"customer": 0, "invoice": 1, "date": 2, "amount": 3}
    assert run(owner, import_id, mapping=mapping).status_code == 202
    problem(run(owner, import_id, mapping=mapping), 409)
    listed = body(owner.get(f"{owner.url}/imports"))["items"]
    assert [(one["id"], one["state"]) for one in listed] == [(import_id, "queued")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\1\2\3" * 100,
        b"PK\x03\x04 workbook",
        gzip.compress(TILL.encode(), mtime=0)[:40],
        b"one\ntwo",
    ],
)
def test_a_file_that_is_no_table_is_refused_with_a_reason(owner: Somebody, content: bytes) -> None:
    found = problem(upload(owner, content, "strange.csv"), 422)
    assert "strange.csv" in found["detail"]


def test_an_upload_without_a_file_is_refused(owner: Somebody) -> None:
    found = problem(owner.client.post(f"{owner.url}/imports", headers=owner.headers), 422)
    assert found["errors"][0]["field"] == "file"


def test_a_file_above_the_limit_is_refused_with_the_limit(settings: Settings) -> None:
    app = make_app(dataclasses.replace(settings, upload_max_bytes=1024 * 1024))
    person = somebody(app, "Olga")
    person.open_shop("Bakery with large files")
    found = problem(upload(person, TILL + "x" * 1024 * 1024), 413)
    assert found["detail"] == "Expected at most 1 MB, got more."


def test_a_name_with_a_path_is_cut_to_the_name(owner: Somebody) -> None:
    assert made(upload(owner, TILL, "../till/export.csv"))["filename"] == "export.csv"


def workbook(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_workbook_is_read_like_a_table(owner: Somebody) -> None:
    rows: list[list[object]] = [
        ["Customer", "Date", "Amount"],
        [17, dt.date(2026, 3, 14), 3.5],
        [18, dt.datetime(2026, 3, 15, 9, 26), 12],  # noqa: DTZ001 - workbooks know no zones
    ]
    preview = made(upload(owner, workbook(rows), "till.xlsx"))
    assert [column["samples"] for column in preview["columns"]] == [
        ["17", "18"], ["2026-03-14", "2026-03-15 09:26:00"], ["3.5", "12"]
    ]  # fmt: skip
    assert preview["rows_estimated"] == 2
    assert len(preview["date_orders"]) == 1  # nothing to ask


def test_numbers_of_a_workbook_have_no_mark_to_ask_about(owner: Somebody) -> None:
    rows: list[list[object]] = [["Customer", "Date", "Amount"]]
    rows += [[17, dt.date(2026, 3, 14), 1.234], [18, dt.date(2026, 3, 15), -20.125]]
    preview = made(upload(owner, workbook(rows), "till.xlsx"))
    assert preview["decimal"] == "."
    assert preview["columns"][2]["samples"] == ["1.2340", "-20.1250"]


def test_an_archive_that_is_no_workbook_is_refused(owner: Somebody) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("till.csv", TILL)
    found = problem(upload(owner, archive.getvalue(), "till.zip"), 422)
    assert "got another archive" in found["detail"]


@pytest.mark.parametrize(
    ("line", "expected"), [(b"1,2,3\n", "at most 1 MB when unpacked"), (b"1", "at most 1 MB")]
)
def test_what_unpacks_to_too_much_is_refused(
    owner: Somebody, monkeypatch: pytest.MonkeyPatch, line: bytes, expected: str
) -> None:
    monkeypatch.setattr(workbooks, "UNPACKED_MAX_BYTES", 1024 * 1024)
    bomb = gzip.compress(line * (2 * 1024 * 1024 // len(line)), mtime=0)
    assert expected in problem(upload(owner, bomb, "bomb.csv.gz"), 422)["detail"]


def changed_workbook(rows: list[list[object]], **parts: bytes) -> bytes:
    """Return a workbook whose parts of these names (without folder and .xml) are others."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(rows))) as book,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        for name in book.namelist():
            short = name.rpartition("/")[2].removesuffix(".xml")
            changed.writestr(name, parts.get(short, book.read(name)))
    return content.getvalue()


SHEET: list[list[object]] = [["Customer", "Date", "Amount"], ["17", "2026-03-14", "3.50"]]


def test_more_texts_than_fit_in_memory_are_refused(
    owner: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "TEXTS_MAX_BYTES", 1024 * 1024)
    book = changed_workbook(SHEET, styles=b"<a>" + b" " * 1024 * 1024 + b"</a>")
    found = problem(upload(owner, book, "till.xlsx"), 422)["detail"]
    assert "expected at most 1 MB of texts and formats in a workbook" in found
    assert found.endswith("got more: save it as CSV.")


def test_a_long_text_that_a_million_cells_name_is_refused(
    owner: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "TEXT_MAX_BYTES", 10_000)
    book = workbook([["Customer", "Note"], *([n, "x" * 300] for n in range(40))])
    found = problem(upload(owner, book, "till.xlsx"), 422)["detail"]
    assert found == "till.xlsx: expected at most 0 MB of cells, got more."


def test_entities_of_its_own_are_refused_in_a_workbook(owner: Somebody) -> None:
    laughs = b'<!DOCTYPE sst [<!ENTITY a "ha">]><sst><si><t>&a;</t></si></sst>'
    found = problem(upload(owner, changed_workbook(SHEET, styles=laughs), "till.xlsx"), 422)
    assert "expected a workbook without entities of its own, got a DOCTYPE" in found["detail"]


@pytest.mark.parametrize("part", ["styles", "workbook", "sheet1"])
def test_elements_within_elements_without_end_are_refused(owner: Somebody, part: str) -> None:
    deep = b"<a>" * 200_000 + b"</a>" * 200_000
    found = problem(upload(owner, changed_workbook(SHEET, **{part: deep}), "till.xlsx"), 422)
    assert "expected elements within at most 100 others, got more" in found["detail"]


@pytest.mark.parametrize("part", ["[Content_Types]", "workbook", "sheet1"])
def test_a_part_that_is_something_else_is_refused(owner: Somebody, part: str) -> None:
    book = changed_workbook(SHEET, **{part: b'<font odd="1"><b odd="2"/></font>'})
    answer = upload(owner, book, "till.xlsx")
    assert "expected" in problem(answer, 422)["detail"]


def test_a_sheet_that_takes_too_long_is_refused(
    owner: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "READ_WITHIN_S", 0.0)
    found = problem(upload(owner, workbook(SHEET), "till.xlsx"), 422)["detail"]
    assert found == (
        "till.xlsx: expected a sheet that is read within 0 s, got a slower one: save it as CSV."
    )


def test_one_line_that_never_ends_is_refused(owner: Somebody) -> None:
    bomb = gzip.compress(b"1" * 4 * 1024 * 1024, mtime=0)
    assert "lines of at most 1 MB" in problem(upload(owner, bomb, "bomb.csv.gz"), 422)["detail"]


def test_consent_needs_evidence(owner: Somebody) -> None:
    import_id = made(upload(owner, TILL))["id"]
    mapping = {"customer": 0, "invoice": 1, "date": 2, "amount": 3}
    answer = run(owner, import_id, mapping=mapping, consent={"channels": ["sms"]})
    assert problem(answer, 422)["errors"][0]["field"] == "consent.evidence"


def test_only_an_import_that_is_done_can_be_undone(owner: Somebody) -> None:
    import_id = made(upload(owner, TILL))["id"]
    found = problem(owner.post(f"{owner.url}/imports/{import_id}/undo"), 409)
    assert "this one is uploaded" in found["detail"]
