"""Insights: every figure with its sentence, every chart with its table."""

import re

from playwright.sync_api import Page, expect

from tests.web.conftest import ALL_CUSTOMERS, Bakery


def test_segments_add_up_to_all_customers(owner_page: Page, bakery: Bakery) -> None:
    owner_page.get_by_role("link", name="Insights").click()
    segments = owner_page.get_by_role("figure", name=re.compile("The largest segment is"))
    expect(segments).to_contain_text(f"of {ALL_CUSTOMERS} customers")
    segments.get_by_text("As a table").click()
    counts = [int(text) for text in segments.get_by_role("cell").all_inner_texts()]
    assert sum(counts) == ALL_CUSTOMERS


def test_figures_are_those_of_the_latest_scoring(owner_page: Page, bakery: Bakery) -> None:
    summary = bakery.api.call("GET", f"/shops/{bakery.shop_id}/scores")["summary"]
    owner_page.get_by_role("link", name="Insights").click()
    churn = f"{round(summary['kpis']['churn_rate'] * 100)}%"
    figures = owner_page.get_by_role("region", name="In figures")
    expect(figures).to_contain_text(f"Churn rate{churn}")
    record = owner_page.get_by_role("figure", name=re.compile("Of two customers"))
    expect(record).to_be_visible()


def test_a_shop_without_scores_says_what_it_takes(owner_page: Page, bakery: Bakery) -> None:
    owner_page.route("**/scores", lambda route: route.fulfill(status=404, json={"status": 404}))
    owner_page.get_by_role("link", name="Insights").click()
    expect(owner_page.get_by_text("Nothing to show yet")).to_be_visible()
