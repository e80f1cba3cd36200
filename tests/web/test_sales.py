"""Sales typed in by hand, with and without a connection."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.settings import Settings
from tests.conftest import repository
from tests.installation import Installation, running
from tests.web.conftest import AT_PHONE_SIZE, Bakery, enter, open_bakery, open_own_bakery


@pytest.fixture
def own_bakery(installation: Installation) -> Bakery:
    """A shop whose purchases only this test counts."""
    return open_own_bakery(installation)


@pytest.fixture
def sale_page(page: Page, own_bakery: Bakery) -> Page:
    enter(page, f"{own_bakery.url}/sale", own_bakery.login)
    expect(page.get_by_label("Amount in EUR")).to_be_focused()
    return page


def latest(page: Page) -> Locator:
    return page.get_by_role("region", name="Recorded last")


def recorded(bakery: Bakery) -> list[int]:
    path = f"/shops/{bakery.shop_id}/purchases"
    return [item["amount_minor"] for item in bakery.api.call("GET", path)["items"]]


def test_an_amount_and_enter_record_a_sale(sale_page: Page, own_bakery: Bakery) -> None:
    sale_page.keyboard.type("12,50")
    sale_page.keyboard.press("Enter")
    expect(sale_page.get_by_role("status")).to_have_text("€12.50 saved.")
    expect(latest(sale_page).get_by_text("€12.50")).to_be_visible()
    expect(sale_page.get_by_text("not sent yet")).to_have_count(0)
    assert recorded(own_bakery) == [1250]


@AT_PHONE_SIZE
def test_what_is_no_amount_is_refused_in_words(sale_page: Page, own_bakery: Bakery) -> None:
    sale_page.keyboard.type("twelve")
    sale_page.keyboard.press("Enter")
    expect(sale_page.get_by_role("alert")).to_contain_text("above zero, such as €12.50")
    assert recorded(own_bakery) == []


def test_a_sale_can_name_its_customer(sale_page: Page, own_bakery: Bakery) -> None:
    path = f"/shops/{own_bakery.shop_id}"
    asha = own_bakery.api.call("POST", f"{path}/customers", json={"name": "Asha Rao"})
    sale_page.get_by_label("Customer, if known").fill("asha")
    sale_page.get_by_role("button", name="Asha Rao").click()
    sale_page.get_by_label("Amount").fill("3")
    sale_page.get_by_role("button", name="Save the sale").dblclick()
    expect(latest(sale_page).get_by_text("€3.00")).to_be_visible()
    expect(sale_page.get_by_role("alert")).to_have_count(0)
    found = own_bakery.api.call("GET", f"{path}/customers/{asha['id']}/purchases")
    assert [item["amount_minor"] for item in found["items"]] == [300]


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


def wait_for_offline_shell(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


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
