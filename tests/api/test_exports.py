"""What a shop takes home: CSV that a spreadsheet understands, and a poster."""

import csv
import io
import re
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
import segno
from werkzeug.test import TestResponse

from cloud.app.domain.languages import LANGUAGES
from cloud.app.services.posters import ASKS, ASKS_IF_OPEN, SAYS_HOW
from tests.api.conftest import Somebody, body, made


def table(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def customer(owner: Somebody, name: str, **values: object) -> str:
    return str(made(owner.post(f"{owner.url}/customers", {"name": name, **values}))["id"])


def test_customers_leave_with_what_they_bought_in_whole_money(owner: Somebody) -> None:
    asha = customer(owner, "Asha", phone="0151 23456789", tags=["vegan", "regular"])
    customer(owner, "Björn")
    for amount_minor in (350, 1005):
        buy(owner, asha, amount_minor)
    rows = {row["name"]: row for row in table(owner.get(f"{owner.url}/exports/customers"))}
    assert rows["Asha"]["spent"] == "13.55"
    assert rows["Asha"]["purchases"] == "2"
    assert rows["Asha"]["phone"] == "+4915123456789"
    assert rows["Asha"]["tags"] == "regular; vegan"
    assert (rows["Björn"]["spent"], rows["Björn"]["last_purchase_at"]) == ("0.00", "")


def test_purchases_leave_with_one_row_for_each_line(owner: Somebody) -> None:
    lines = [
        {"product": "Bread", "quantity": 2, "amount_minor": 700},
        {"product": "Roll", "quantity": 0.5, "amount_minor": 25},
    ]
    buy(owner, None, 725, lines=lines)
    buy(owner, None, 100)
    rows = table(owner.get(f"{owner.url}/exports/purchases"))
    assert sorted((row["product"], row["amount"], row["total"]) for row in rows) == [
        ("", "", "1.00"), ("Bread", "7.00", "7.25"), ("Roll", "0.25", "7.25")
    ]  # fmt: skip
    assert {row["occurred_at"] for row in rows} == {"2026-03-14T09:26:53Z"}


def test_without_scores_the_export_is_a_header(owner: Somebody) -> None:
    answer = owner.get(f"{owner.url}/exports/scores")
    assert table(answer) == []
    assert "churn_probability" in answer.text


def test_a_name_cannot_be_a_formula(owner: Somebody) -> None:
    for name in ("=1+1", "@sum(a1)", "-1+cmd", "+49 30 1234"):
        customer(owner, name)
    names = {row["name"] for row in table(owner.get(f"{owner.url}/exports/customers"))}
    assert names == {"'=1+1", "'@sum(a1)", "'-1+cmd", "+49 30 1234"}


def test_many_rows_are_all_there(owner: Somebody) -> None:
    for _ in range(3):
        buy(owner, None, 100, lines=[
            {"product": f"p{n}", "quantity": 1, "amount_minor": 0} for n in range(399)
        ] + [{"product": "last", "quantity": 1, "amount_minor": 100}])  # fmt: skip
    rows = table(owner.get(f"{owner.url}/exports/purchases"))
    assert len(rows) == 1200
    assert {row["currency"] for row in rows} == {"EUR"}


def test_the_poster_shows_the_code_of_the_page_to_join_at(owner: Somebody) -> None:
    shop = body(owner.get(owner.url))
    svg = owner.get(f"{owner.url}/poster.svg")
    assert svg.mimetype == "image/svg+xml"
    assert "Corner Bakery" in svg.text
    path = re.compile(r'<path[^>]* d="([^"]+)"')
    expected = path.search(
        segno.make_qr(f"{shop['public_url']}/join", error="m").svg_inline(omitsize=True)
    )
    shown = path.search(svg.text)
    assert expected is not None
    assert shown is not None
    assert shown[1] == expected[1]
    pdf = owner.get(f"{owner.url}/poster.pdf").data
    assert pdf.startswith(b"%PDF-")
    assert b"/MediaBox[0 0 595.2756 841.8898]" in pdf  # A4
    assert b"Corner Bakery" in pdf


@pytest.mark.parametrize("language", LANGUAGES)
def test_poster_and_share_link_speak_the_shops_language(owner: Somebody, language: str) -> None:
    shop = body(owner.patch(owner.url, {"language": language}))
    svg = owner.get(f"{owner.url}/poster.svg").text
    assert f'lang="{language}"' in svg
    assert ASKS[language] in svg
    assert SAYS_HOW[language] in svg
    asks = ASKS_IF_OPEN[language]
    assert parse_qs(urlsplit(shop["whatsapp_share_url"]).query)["text"] == [
        f"Corner Bakery: {asks} {shop['public_url']}"
    ]
    pdf = owner.get(f"{owner.url}/poster.pdf").data
    # Typst has no letters that join Hindi; where no installed font has, the words are English
    assert f"/Lang({language})".encode() in pdf or (language == "hi" and b"/Lang(en)" in pdf)


def test_a_name_cannot_break_out_of_the_poster(owner: Somebody) -> None:
    owner.open_shop("</text><script>alert(1)</script>")
    assert "<script" not in owner.get(f"{owner.url}/poster.svg").text
    owner.open_shop('#panic("no text") अ $x')
    assert owner.get(f"{owner.url}/poster.pdf").status_code == 200


def test_the_share_link_opens_whatsapp_with_the_public_page(owner: Somebody) -> None:
    shop = body(owner.get(owner.url))
    assert shop["whatsapp_share_url"].startswith("https://wa.me/?text=Corner%20Bakery%3A%20")
    assert shop["whatsapp_share_url"].endswith(shop["slug"])


def buy(owner: Somebody, customer_id: str | None, amount_minor: int, **more: object) -> None:
    purchase = {
        "id": str(uuid.uuid4()),
        "customer_id": customer_id,
        "occurred_at": "2026-03-14T09:26:53Z",
        "amount_minor": amount_minor,
        **more,
    }
    made(owner.post(f"{owner.url}/purchases", purchase))
