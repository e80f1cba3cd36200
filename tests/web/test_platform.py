"""What the administrator of an installation sees, and nobody else."""

import secrets
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect

from cloud.app.jobs.broker import BrokerFolder
from simulators.api import Api
from simulators.post import prove
from tests.broker.clients import Visitor
from tests.installation import Installation
from tests.web.conftest import AT_PHONE_SIZE, PASSWORD, is_sideways, open_bakery, sign_in
from tests.web.test_accessibility import faults_of
from wire import topics


def test_who_looks_after_the_installation_sees_shops_boards_and_jobs(
    page: Page, installation: Installation, mosquitto: BrokerFolder
) -> None:
    login = f"ada-{secrets.token_hex(3)}@installation.example"
    bakery = open_bakery(installation, login)
    assert prove(bakery.api, login, installation.log_file("api"))
    bakery.api.call("POST", f"/shops/{bakery.shop_id}/scores")
    board = bakery.door.username
    with Visitor(mosquitto, board, bakery.door.password) as client:
        client.publish(topics.topic(board, "event"), b"no message at all")
    sign_in(page, f"{installation.url}/platform", login)
    refused = page.get_by_role("alert").first
    program = [str(Path(sys.executable).parent / "shopbell"), "admin"]
    expect(refused).to_contain_text("looks after the installation")
    subprocess.run([*program, "add", login], check=True, env=installation.environment)
    try:
        page.goto(f"{bakery.url}/account")
        page.get_by_role("link", name="Shops, boards and jobs of the installation").click()
        shops = page.get_by_role("region", name="Shops").first
        expect(shops.get_by_role("cell", name="Corner Bakery").first).to_be_visible()
        boards = page.get_by_role("region", name="Boards").first
        expect(boards.get_by_role("cell", name="Front door").first).to_be_visible()
        jobs = page.get_by_role("region", name="Jobs").first
        expect(jobs.get_by_role("row").filter(has_text="score_shop").first).to_be_visible()
        rejected = page.get_by_role("region", name="Messages that could not be used").first
        expect(rejected.get_by_role("row").filter(has_text=board)).to_be_visible()
        assert faults_of(page) == []
        assert not is_sideways(page)
        page.context.set_offline(True)
        expect(page.get_by_role("complementary", name="No connection.")).to_be_visible()
        expect(boards.get_by_role("cell", name="Front door").first).to_be_visible()
        page.context.set_offline(False)
        page.route("**/api/v1/platform/**", lambda route: route.fulfill(status=409, json={}))
        page.reload()
        expect(page.get_by_role("alert")).to_have_count(4)
        expect(page.get_by_role("heading", name="The installation", level=1)).to_be_visible()
        page.unroute_all(behavior="wait")
    finally:
        subprocess.run([*program, "remove", login], check=True, env=installation.environment)
    page.goto(f"{bakery.url}/account")
    expect(page.get_by_role("button", name="Sign out everywhere")).to_be_visible()
    expect(page.get_by_text("You look after this installation")).to_have_count(0)


@AT_PHONE_SIZE
def test_who_looks_after_it_without_a_shop_finds_the_way(
    page: Page, installation: Installation
) -> None:
    login = "noor@installation.example"
    api = Api(installation.url)
    api.register_or_sign_in(name="Noor", email=login, password=PASSWORD)
    assert prove(api, login, installation.log_file("api"))
    program = [str(Path(sys.executable).parent / "shopbell"), "admin"]
    subprocess.run([*program, "add", login], check=True, env=installation.environment)
    try:
        sign_in(page, installation.url, login)
        expect(page.get_by_role("heading", name="The installation")).to_be_visible()
        page.get_by_role("link", name="My account").click()
        page.get_by_role("link", name="Shops, boards and jobs of the installation").click()
        expect(page.get_by_role("heading", name="The installation")).to_be_visible()
    finally:
        subprocess.run([*program, "remove", login], check=True, env=installation.environment)
