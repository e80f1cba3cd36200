"""Insights: every figure with its sentence, every chart with its table."""

import datetime as dt
import re
import uuid
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.engine import URL

from tests.installation import Installation
from tests.web.conftest import (
    ALL_CUSTOMERS,
    AT_PHONE_SIZE,
    Bakery,
    count_visitors,
    enter,
    move_door,
    open_own_bakery,
    settled,
    with_sales,
)
from tests.web.test_accessibility import faults_of

FRIDAY = 4
LATE_MIN = 12


def test_segments_add_up_to_all_customers(owner_page: Page) -> None:
    owner_page.get_by_role("link", name="Insights").click()
    segments = owner_page.get_by_role("figure", name=re.compile("The largest segment is"))
    expect(segments).to_contain_text(f"of {ALL_CUSTOMERS} customers")
    segments.get_by_text("As a table").click()
    counts = [int(text) for text in segments.get_by_role("cell").all_inner_texts()]
    assert sum(counts) == ALL_CUSTOMERS
    assert counts == sorted(counts, reverse=True)


def test_figures_are_those_of_the_latest_scoring(owner_page: Page, bakery: Bakery) -> None:
    kpis = bakery.api.call("GET", f"/shops/{bakery.shop_id}/insights")["kpis"]
    owner_page.get_by_role("link", name="Insights").click()
    figures = owner_page.get_by_role("region", name="In figures")
    expect(figures).to_contain_text(f"Customers{ALL_CUSTOMERS}")
    expect(figures).to_contain_text(f"Churn rate{percent(kpis['churn_rate'])}")
    expect(figures).to_contain_text(f"Retention rate{percent(kpis['retention_rate'])}")
    expect(figures).to_contain_text(f"Customer value{euros(kpis['clv_minor'])}")
    expect(figures).to_contain_text("eight times in ten")
    expect(figures).to_contain_text(f"Revenue at risk{euros(kpis['revenue_at_risk_minor'])}")
    record = owner_page.get_by_role("figure", name=re.compile("Past customers by the risk"))
    expect(record).to_be_visible()


def percent(share: float) -> str:
    return f"{int(share * 100 + 0.5)}%"


def euros(minor: int) -> str:
    return f"€{int(minor / 100 + 0.5):,}"


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
def test_the_owner_writes_down_what_a_tier_brings(page: Page, installation: Installation) -> None:
    bakery = with_sales(open_own_bakery(installation))
    enter(page, f"{bakery.url}/insights", bakery.login)
    page.get_by_text("What each tier brings").click()
    page.get_by_label("Gold").fill("The tenth bread is free")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    tiers = bakery.api.call("GET", f"/shops/{bakery.shop_id}/tiers")["items"]
    written = {tier["tier"]: tier["reward"] for tier in tiers if tier["is_edited"]}
    assert written == {"Gold": "The tenth bread is free"}


@AT_PHONE_SIZE
def test_new_scores_are_asked_for_and_tell_who_moved(
    page: Page, installation: Installation
) -> None:
    bakery = with_sales(open_own_bakery(installation))
    path = f"/shops/{bakery.shop_id}"
    query = {"risk": "high", "sort": "last_visit"}
    back = bakery.api.call("GET", f"{path}/customers", params=query)["items"][-1]
    sale = {"id": str(uuid.uuid4()), "occurred_at": dt.datetime.now(dt.UTC).isoformat()}
    bought = {**sale, "customer_id": back["id"], "amount_minor": 1250}
    bakery.api.call("POST", f"{path}/purchases", json=bought)
    enter(page, f"{bakery.url}/insights", bakery.login)
    ask = page.get_by_role("button", name="Work the scores out anew")
    expect(page.get_by_text(re.compile("Worked out on"))).to_be_visible()
    with installation.held("worker"):
        ask.click()
        expect(page.get_by_text("Asked for; it begins in a moment.")).to_be_visible()
        expect(ask).to_be_disabled()
        assert faults_of(page) == []
    moved = page.get_by_role("region", name="Who moved").get_by_role("listitem")
    risk = moved.filter(has_text=back["name"]).filter(has_text="risk")
    expect(risk).to_contain_text("from High risk to")
    expect(ask).to_be_enabled()


def test_what_sells_together_stands_with_its_price(owner_page: Page, bakery: Bakery) -> None:
    bundles = bakery.api.call("GET", f"/shops/{bakery.shop_id}/bundles")["items"]
    best = bundles[0]
    owner_page.get_by_role("link", name="Insights").click()
    card = owner_page.get_by_role("region", name="Sell together")
    expect(card).to_contain_text(" + ".join(one["name"] for one in best["products"]))
    expect(card).to_contain_text(f"bought together {best['together']} times")
    expect(card).not_to_contain_text(" + Butter + ")
    card.get_by_label("Also three at once").check()
    expect(card).to_contain_text(re.compile(r"\w+ \+ \w+ \+ \w+"))
    assert faults_of(owner_page) == []


@pytest.fixture(scope="session")
def watched_bakery(installation: Installation, postgres: URL) -> Bakery:
    """A bakery of these tests with eight weeks at its door, and the report of last month."""
    bakery = with_sales(open_own_bakery(installation))
    path = f"/shops/{bakery.shop_id}"
    zone = ZoneInfo("Europe/Berlin")
    today = dt.datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    last_month = f"{today.replace(day=1) - dt.timedelta(days=1):%Y-%m}"
    bakery.api.call("POST", f"{path}/reports", json={"month": last_month})
    bakery.api.call("PATCH", path, json={"opening_hours": "Mo-Su 09:00-18:00"})
    days = [today - dt.timedelta(days=days) for days in range(1, 7 * 8 + 1)]
    count_visitors(
        postgres,
        bakery,
        [
            (day.replace(hour=hour), 12 if (day.weekday(), hour) == (FRIDAY, 9) else usual)
            for day in days
            for hour, usual in ((9, 6), (12, 1), (16, 4))
        ],
    )
    opened = [day.replace(hour=9, minute=LATE_MIN if day == days[9] else 0) for day in days]
    closed = [day.replace(hour=18) for day in days]
    moves = [*((at, True) for at in opened), *((at, False) for at in closed)]
    move_door(postgres, bakery, moves)
    bakery.api.wait(f"{path}/reports", lambda found: bool(found["items"]), "a report")
    return bakery


def test_the_door_is_told_in_sentences_with_tables(page: Page, watched_bakery: Bakery) -> None:
    path = f"/shops/{watched_bakery.shop_id}"
    weeks = watched_bakery.api.call("GET", f"{path}/past-weeks")["items"]
    *_, before, last = (week for week in weeks if week["conversion"] and not week["is_partial"])
    promised = sum(week["promised"] for week in weeks)
    best = watched_bakery.api.call("GET", f"{path}/typical-week")["best"]
    (calm,) = (day["hours"] for day in best if day["weekday"] == FRIDAY)
    enter(page, f"{watched_bakery.url}/insights", watched_bakery.login)
    main = page.get_by_role("main")
    expect(main).to_contain_text(
        f"{percent(last['conversion'])} of {last['visitors']} visitors bought;"
        f" in the week before it was {percent(before['conversion'])}"
    )
    expect(main).to_contain_text(f"{promised - 1} of {promised} promised openings were kept")
    expect(main).to_contain_text(f"{LATE_MIN} minutes were missed")
    expect(main).to_contain_text("Usually the busiest hour is Friday from 09:00, with about 12")
    page.get_by_text("The calm hours of each day").click()
    expect(main).to_contain_text("Friday: " + ", ".join(f"{hour:02}:00" for hour in calm))
    settled(page)
    for figure in page.get_by_role("figure").all():
        expect(figure.locator("figcaption")).to_have_text(re.compile("\\w"))
        figure.get_by_text("As a table").click()
        expect(figure.get_by_role("row").nth(1)).to_be_visible()


@AT_PHONE_SIZE
def test_the_model_says_how_far_to_believe_it_and_the_report_is_saved(
    page: Page, watched_bakery: Bakery
) -> None:
    path = f"/shops/{watched_bakery.shop_id}"
    month = watched_bakery.api.call("GET", f"{path}/reports")["items"][0]["month"]
    enter(page, f"{watched_bakery.url}/insights", watched_bakery.login)
    main = page.get_by_role("main")
    expect(main).to_contain_text(re.compile(r"picked \d+% of the time|No better than by the last"))
    expect(main).to_contain_text(re.compile(r"\d+% said of \d+"))
    expect(main).to_contain_text("The most telling is")
    name = dt.date.fromisoformat(f"{month}-01").strftime("%b %Y")
    with page.expect_download() as saved:
        page.get_by_role("button", name=f"Save (PDF): {name}").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF")


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
