"""Insights: every figure with its sentence, every chart with its table."""

import re
import uuid
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.web.conftest import ALL_CUSTOMERS, AT_PHONE_SIZE, Bakery
from tests.web.test_accessibility import faults_of


def test_segments_add_up_to_all_customers(owner_page: Page) -> None:
    owner_page.get_by_role("link", name="Insights").click()
    segments = owner_page.get_by_role("figure", name=re.compile("The largest segment is"))
    expect(segments).to_contain_text(f"of {ALL_CUSTOMERS} customers")
    segments.get_by_text("As a table").click()
    counts = [int(text) for text in segments.get_by_role("cell").all_inner_texts()]
    assert sum(counts) == ALL_CUSTOMERS


def test_figures_are_those_of_the_latest_scoring(owner_page: Page, bakery: Bakery) -> None:
    found = bakery.api.call("GET", f"/shops/{bakery.shop_id}/insights")
    owner_page.get_by_role("link", name="Insights").click()
    churn = f"{round(found['kpis']['churn_rate'] * 100)}%"
    figures = owner_page.get_by_role("region", name="In figures")
    expect(figures).to_contain_text(f"Churn rate{churn}")
    expect(figures).to_contain_text("eight times in ten")
    record = owner_page.get_by_role("figure", name=re.compile("Past customers by the risk"))
    expect(record).to_be_visible()


def test_churn_and_retention_stand_by_the_month(owner_page: Page, bakery: Bakery) -> None:
    months = bakery.api.call("GET", f"/shops/{bakery.shop_id}/insights")["months"]
    known = [month for month in months if month["churn_rate"] is not None]
    owner_page.get_by_role("link", name="Insights").click()
    chart = owner_page.get_by_role("figure", name=re.compile("of earlier customers stayed away"))
    chart.get_by_text("As a table").click()
    expect(chart.get_by_role("row")).to_have_count(len(known) + 1)
    last = known[-1]
    both = f"{round(last['churn_rate'] * 100)}% · {round(last['retention_rate'] * 100)}%"
    expect(chart.get_by_role("row").last).to_contain_text(both)


@AT_PHONE_SIZE
def test_the_owner_writes_down_what_a_tier_brings(owner_page: Page, bakery: Bakery) -> None:
    owner_page.get_by_role("link", name="Insights").click()
    owner_page.get_by_text("What each tier brings").click()
    owner_page.get_by_label("Gold").fill("The tenth bread is free")
    owner_page.get_by_role("button", name="Save", exact=True).click()
    expect(owner_page.get_by_text("Saved", exact=True)).to_be_visible()
    tiers = bakery.api.call("GET", f"/shops/{bakery.shop_id}/tiers")["items"]
    written = {tier["tier"]: tier["reward"] for tier in tiers if tier["is_edited"]}
    assert written == {"Gold": "The tenth bread is free"}


@AT_PHONE_SIZE
def test_what_is_too_early_to_say_is_said_so(owner_page: Page) -> None:
    owner_page.get_by_role("link", name="Insights").click()
    main = owner_page.get_by_role("main")
    expect(main).to_contain_text("What was said, and what came")
    expect(main).to_contain_text("Too few days were counted at the door")


@AT_PHONE_SIZE
def test_new_scores_are_asked_for_and_their_progress_is_shown(
    owner_page: Page, bakery: Bakery
) -> None:
    owner_page.get_by_role("link", name="Insights").click()
    ask = owner_page.get_by_role("button", name="Work the scores out anew")
    expect(owner_page.get_by_text(re.compile("Worked out on"))).to_be_visible()
    assert faults_of(owner_page) == []
    # with no new sale the worker is done before anybody could read how far it is
    found = bakery.api.call("GET", f"/shops/{bakery.shop_id}/scoring")
    at_work = {**found, "state": "running", "step": "storing"}
    owner_page.route("**/scoring", lambda route: route.fulfill(json=at_work))
    with owner_page.expect_response("**/scores") as asked:
        ask.click()
    assert asked.value.status == 202
    expect(owner_page.get_by_text(re.compile("step 2 of 2"))).to_be_visible()
    expect(ask).to_be_disabled()
    owner_page.unroute_all(behavior="wait")  # else an answer on its way would be one too many
    owner_page.reload()
    expect(ask).to_be_enabled()


@AT_PHONE_SIZE
def test_what_sells_together_stands_with_its_price(owner_page: Page) -> None:
    names = ("Rye bread", "Butter")
    pair = [{"id": str(uuid.uuid4()), "name": name} for name in names]
    bundle = {
        "products": pair,
        "together": 14, "support": 0.1, "confidence": 0.6, "lift": 2.1, "dead_product": "Butter",
        "full_price_minor": 700, "bundle_price_minor": 630,
    }  # fmt: skip
    answer = {"items": [bundle], "next_cursor": None}
    third = {"id": str(uuid.uuid4()), "name": "Honey"}
    triple = {**bundle, "products": [*pair, third], "dead_product": None}
    with_triples = {"items": [bundle, triple], "next_cursor": None}
    owner_page.route("**/bundles", lambda route: route.fulfill(json=answer))
    owner_page.route("**/bundles?with_triples=true", lambda r: r.fulfill(json=with_triples))
    owner_page.get_by_role("link", name="Insights").click()
    card = owner_page.get_by_role("region", name="Sell together")
    expect(card).to_contain_text("Rye bread + Butter")
    expect(card).to_contain_text("bought together 14 times")
    expect(card).to_contain_text("€6.30 instead of €7.00")
    expect(card).to_contain_text("may free the shelf of Butter")
    expect(card).not_to_contain_text("Honey")
    card.get_by_label("Also three at once").check()
    expect(card).to_contain_text("Rye bread + Butter + Honey")
    assert faults_of(owner_page) == []


def test_the_door_the_moves_and_the_record_stand_in_sentences_and_the_report_is_saved(
    owner_page: Page,
) -> None:
    weeks = [
        {"week": "2026-11-09", "is_partial": False, "visitors": 100, "purchases": 35,
         "conversion": 0.35, "promised": 6, "kept": 6, "minutes_missed": 0},
        {"week": "2026-11-16", "is_partial": False, "visitors": 120, "purchases": 48,
         "conversion": 0.4, "promised": 6, "kept": 5, "minutes_missed": 12},
    ]  # fmt: skip
    move = {"id": 1, "customer_id": str(uuid.uuid4()), "name": "Asha Rao", "reference": None,
            "kind": "risk", "before": "low", "after": "high", "moved_on": "2026-11-28"}  # fmt: skip
    usual = {"weekday": 4, "hour": 8, "entries": 11.5, "inside": 4.0, "days": 8}
    told = {"predicted": 0.8, "observed": 0.75, "low": 0.6, "high": 0.86, "customers": 40}
    board = {"bands": [told], "model": {"auc": 0.91}, "recency": {"auc": 0.84}}
    answers: dict[str, object] = {
        "past-weeks": paged(*weeks),
        "moves": paged(move),
        "typical-week": {"hours": [usual], "best": [{"weekday": 4, "hours": [14]}]},
        "scoreboard": board,
        "reports": paged({"month": "2026-10"}),
    }
    for name, answer in answers.items():
        owner_page.route(re.compile(rf"/{name}(\?|$)"), fulfilling(answer))
    pdf = {"body": "%PDF-1.7", "content_type": "application/pdf"}
    owner_page.route("**/reports/2026-10", lambda route: route.fulfill(**pdf))
    owner_page.get_by_role("link", name="Insights").click()
    main = owner_page.get_by_role("main")
    expect(main).to_contain_text("40% of 120 visitors bought; in the week before it was 35%")
    expect(main).to_contain_text("11 of 12 promised openings were kept; 12 minutes were missed")
    expect(main).to_contain_text("from Low risk to High risk")
    expect(main).to_contain_text("Usually the busiest hour is Friday from 08:00, with about 12")
    expect(main).to_contain_text("the lost one was picked 91% of the time")
    expect(main).to_contain_text("80% said of 40")
    expect(main).to_contain_text("The most telling is")
    with owner_page.expect_download() as saved:
        owner_page.get_by_role("button", name="Save the report of Oct 2026").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF")


def paged(*items: object) -> dict[str, object]:
    return {"items": items, "next_cursor": None}


def fulfilling(answer: object) -> Callable[[Route], None]:
    return lambda route: route.fulfill(json=answer)


def test_first_steps_say_what_unlocks_when(owner_page: Page, bakery: Bakery) -> None:
    found = bakery.api.call("GET", f"/shops/{bakery.shop_id}/insights")
    little = {**found, "verdict": "too little data"}
    owner_page.route("**/insights", fulfilling(little))
    owner_page.goto(f"{bakery.url}/start")
    expect(
        owner_page.get_by_text(re.compile(r"about 20 customers.*have come twice"))
    ).to_be_visible()


@AT_PHONE_SIZE
def test_a_shop_without_scores_says_what_it_takes(owner_page: Page) -> None:
    owner_page.route("**/insights", lambda route: route.fulfill(status=404, json={"status": 404}))
    owner_page.get_by_role("link", name="Insights").click()
    expect(owner_page.get_by_text("Nothing to show yet")).to_be_visible()


def test_a_customer_is_looked_up_and_the_figures_turned(owner_page: Page) -> None:
    owner_page.get_by_role("link", name="Insights").click()
    owner_page.get_by_role("link", name=re.compile("Look a customer up")).click()
    owner_page.get_by_label("Look up a customer").fill("K033")
    owner_page.get_by_role("button", name="Customer 033").click()
    answer = owner_page.get_by_role("status", name="What if?")
    expect(answer).to_contain_text(re.compile(r"\d+%"))
    usual = share(answer.inner_text())
    owner_page.get_by_label("Days since the last visit").fill("150")
    owner_page.get_by_label("Days since the first visit").fill("360")
    expect(answer).to_contain_text("High risk")
    assert share(answer.inner_text()) > usual
    owner_page.get_by_role("button", name="As it was").click()
    expect(answer).not_to_contain_text("High risk")
    # letter by letter, as one types: emptied, and then nothing spent and nobody away
    for label in ("Days since the last visit", re.compile("Amount of a visit")):
        field = owner_page.get_by_label(label)
        field.click()
        field.press("Control+a")
        field.press("Backspace")
        expect(field).to_have_value("")
        field.press_sequentially("0")
        expect(field).to_have_value("0")
    expect(owner_page.get_by_role("alert")).to_have_count(0)
    expect(answer).to_contain_text(re.compile(r"\d+%"))


def share(text: str) -> int:
    found = re.search(r"(\d+)%", text)
    assert found, text
    return int(found[1])
