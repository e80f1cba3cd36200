"""Sales that wait on the device, and the client that is kept there."""

import datetime as dt
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.settings import Settings
from tests.conftest import repository
from tests.installation import Installation, running
from tests.web.conftest import (
    AT_PHONE_SIZE,
    Bakery,
    enter,
    open_bakery,
    wait_for_offline_shell,
)
from tests.web.test_sales import own_bakery, recorded, sale_page

__all__ = ["own_bakery", "sale_page"]


@pytest.fixture
def keeps_client() -> bool:
    return True


@AT_PHONE_SIZE
def test_sales_entered_offline_survive_a_restart_and_are_sent_once(
    sale_page: Page, own_bakery: Bakery
) -> None:
    wait_for_offline_shell(sale_page)
    sale_page.context.set_offline(True)
    for amount in ("4", "5"):
        sale_page.get_by_label("Amount").fill(amount)
        sale_page.keyboard.press("Enter")
        expect(sale_page.get_by_role("status")).to_have_text(f"€{amount}.00 saved.")
    expect(sale_page.get_by_role("heading", name="2 sales not sent yet")).to_be_visible()

    sale_page.reload()
    expect(sale_page.get_by_role("heading", name="2 sales not sent yet")).to_be_visible()
    expect(sale_page.get_by_text("No connection.")).to_be_visible()

    sale_page.context.set_offline(False)
    expect(sale_page.get_by_text(re.compile("not sent yet"))).to_have_count(0)
    assert sorted(recorded(own_bakery)) == [400, 500]


@AT_PHONE_SIZE
def test_a_sale_whose_answer_is_lost_is_sent_again_and_counted_once(
    sale_page: Page, own_bakery: Bakery
) -> None:
    sent: list[str] = []

    def lose_answer(route: Route) -> None:
        assert route.fetch().ok
        sent.append(id_of(route.request))
        route.abort()

    sale_page.route("**/purchases", lose_answer)
    with sale_page.expect_event("requestfailed"):
        sale_page.keyboard.type("7")
        sale_page.keyboard.press("Enter")
    expect(sale_page.get_by_role("heading", name="1 sale not sent yet")).to_be_visible()
    assert recorded(own_bakery) == [700]
    sale_page.unroute_all(behavior="wait")
    with sale_page.expect_request("**/purchases") as again:
        sale_page.evaluate("dispatchEvent(new Event('online'))")
    expect(sale_page.get_by_text(re.compile("not sent yet"))).to_have_count(0)
    assert id_of(again.value) == sent[0]
    assert recorded(own_bakery) == [700]


def id_of(sale: Request) -> str:
    return str(json.loads(sale.post_data or "")["id"])


@AT_PHONE_SIZE
def test_a_sale_that_the_server_refuses_stays_to_be_looked_at(
    sale_page: Page, own_bakery: Bakery
) -> None:
    wrong_clock = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    sale_page.clock.set_fixed_time(wrong_clock)
    sale_page.keyboard.type("8")
    sale_page.keyboard.press("Enter")
    unsent = sale_page.get_by_role("region", name="1 sale not sent yet")
    expect(unsent).to_contain_text("did not take it: When: expected a time that is not in the")
    unsent.get_by_role("button", name="Throw away").click()
    expect(unsent).to_have_count(0)
    assert recorded(own_bakery) == []


@pytest.fixture
def own_client(
    own_settings: Settings,
    mosquitto: BrokerFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Installation, Path]]:
    """An installation whose client may be replaced, and the folder that it is in."""
    folder = tmp_path / "web"
    shutil.copytree(repository() / "cloud/web/dist", folder)
    monkeypatch.setenv("SHOPBELL_WEB_DIR", str(folder))
    with running(own_settings, mosquitto, tmp_path, "api") as processes:
        yield processes, folder


@AT_PHONE_SIZE
def test_a_new_version_of_the_client_waits_until_it_is_asked_for(
    page: Page, own_client: tuple[Installation, Path]
) -> None:
    installation, folder = own_client
    bakery = open_bakery(installation, "nils@example.com")
    enter(page, bakery.url, bakery.login)
    wait_for_offline_shell(page)
    page.reload()  # from here on the kept client answers
    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    for ending in ("", ".gz", ".br"):
        (folder / f"sw.js{ending}").unlink()
    kept = (repository() / "cloud/web/dist/sw.js").read_text()
    (folder / "sw.js").write_text(f"{kept}\n// the next version\n")
    page.evaluate("navigator.serviceWorker.ready.then((kept) => kept.update()).then(() => true)")
    note = page.get_by_role("complementary", name="A new version of Shopbell is ready.")
    with page.expect_navigation():
        note.get_by_role("button", name="Load it").click()
    expect(page.get_by_role("heading", name="Corner Bakery")).to_be_visible()
    expect(note).to_have_count(0)


@AT_PHONE_SIZE
def test_the_client_can_be_installed(sale_page: Page) -> None:
    found = sale_page.evaluate(
        """async () => {
            const link = document.querySelector("link[rel=manifest]");
            const manifest = await (await fetch(link.href)).json();
            const icons = await Promise.all(manifest.icons.map((icon) => fetch(icon.src)));
            const types = icons.map((icon) => icon.headers.get("content-type").split(";")[0]);
            return [manifest.display, types];
        }"""
    )
    assert found == ["standalone", ["image/png"] * 3 + ["image/svg+xml"]]
