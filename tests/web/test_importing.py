"""The import wizard, from the file to what became of its rows."""

import re

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.installation import Installation
from tests.web.conftest import AT_PHONE_SIZE, enter, open_own_bakery
from tests.web.test_accessibility import faults_of

ONE_IMPORT = re.compile(r"/imports/[^/]+$")
SALES = """customer,when,total
A1,03/04/2026,12.50
A2,05/06/2026,3.20
A1,07/08/2026,8.00
A3,01/02/2026,not a price
"""


@pytest.fixture
def import_page(page: Page, installation: Installation) -> Page:
    """The import page of a shop that nothing was imported into."""
    bakery = open_own_bakery(installation)
    enter(page, f"{bakery.url}/import", bakery.login)
    expect(page.get_by_role("heading", name="Import sales")).to_be_visible()
    return page


def upload(page: Page, content: str) -> None:
    file: FilePayload = {"name": "till.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.get_by_label("File with your sales").set_input_files(files=[file])
    page.get_by_role("button", name="Upload").click()


def test_a_file_is_imported_after_its_columns_and_dates_are_told(import_page: Page) -> None:
    upload(import_page, SALES)
    expect(import_page.get_by_label("customer is")).to_have_value("customer")
    run = import_page.get_by_role("button", name="Import these sales")
    expect(run).to_be_disabled()

    import_page.get_by_label("when is").select_option("Date")
    import_page.get_by_label("total is").select_option("Amount")
    # the server had not looked at that column, so it asks only now
    expect(import_page.get_by_text("03/04/2026 is 4 March 2026")).to_be_visible()
    expect(run).to_be_disabled()
    import_page.get_by_role("radio", name="Day first").check()
    preview = import_page.get_by_role("region", name="What the file says")
    expect(preview.get_by_text("€23.70 across 3 Apr 2026 to 7 Aug 2026")).to_be_visible()
    expect(preview.get_by_text("Would be rejected")).to_be_visible()
    expect(preview.get_by_text("found 'not a price'")).to_be_visible()
    import_page.get_by_role("radio", name="Month first").check()
    expect(preview.get_by_text("€23.70 across 4 Mar 2026 to 8 Jul 2026")).to_be_visible()
    import_page.get_by_role("radio", name="Day first").check()
    run.click()

    expect(import_page.get_by_role("heading", name="Imported")).to_be_visible()
    expect(import_page.get_by_text("€23.70 across 3 Apr 2026 to 7 Aug 2026")).to_be_visible()
    expect(import_page.get_by_text("Line 5")).to_be_visible()
    expect(import_page.get_by_text("found 'not a price'")).to_be_visible()
    with import_page.expect_download() as saved:
        import_page.get_by_role("button", name="Save the rejected lines").click()
    assert "A3,01/02/2026,not a price" in saved.value.path().read_text()


@AT_PHONE_SIZE
def test_how_the_customers_agreed_is_asked_and_kept(page: Page, installation: Installation) -> None:
    bakery = open_own_bakery(installation)
    enter(page, f"{bakery.url}/import", bakery.login)
    upload(page, "customer,phone,date,amount\nB1,030 123456,2026-03-04,5.00\n")
    run = page.get_by_role("button", name="Import these sales")
    expect(page.get_by_role("heading", name="How did they agree to be contacted?")).to_be_visible()
    page.get_by_role("checkbox", name="They agreed to offers by SMS").check()
    expect(page.get_by_text("how the customers agreed to be contacted")).to_be_visible()
    expect(run).to_be_disabled()
    assert faults_of(page) == []
    page.get_by_label("How and when they agreed").fill("signed cards")
    run.click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    path = f"/shops/{bakery.shop_id}/customers"
    customer = bakery.api.call("GET", path)["items"][0]
    events = bakery.api.call("GET", f"{path}/{customer['id']}/consents")["items"]
    assert [(event["channel"], event["evidence"]) for event in events] == [("sms", "signed cards")]


@AT_PHONE_SIZE
def test_a_file_that_is_no_table_is_refused_in_words(import_page: Page) -> None:
    upload(import_page, "")
    expect(import_page.get_by_role("alert")).to_contain_text("expected")


def test_an_import_can_be_left_and_found_again(import_page: Page) -> None:
    upload(import_page, "customer,date,amount\nB1,2026-03-04,5.00\n")
    expect(import_page.get_by_role("button", name="Import these sales")).to_be_enabled()
    import_page.get_by_role("link", name="All imports").click()
    import_page.get_by_role("link", name="till.csv").click()
    expect(import_page.get_by_role("button", name="Import these sales")).to_be_enabled()


def test_an_import_is_undone_after_asking_twice(import_page: Page) -> None:
    upload(import_page, "customer,date,amount\nB1,2026-03-04,5.00\nB2,2026-03-05,6.00\n")
    import_page.get_by_role("button", name="Import these sales").click()
    undo = import_page.get_by_role("button", name="Undo this import")
    undo.click()
    expect(import_page.get_by_text("Its sales and the customers it made go away")).to_be_visible()
    undo.click()
    expect(import_page.get_by_text("Nothing of it is left.")).to_be_visible()
    import_page.get_by_role("link", name="Customers").first.click()
    expect(import_page.get_by_text("No customers yet")).to_be_visible()


@AT_PHONE_SIZE
def test_how_far_an_import_is_can_be_left_and_looked_at_again(
    import_page: Page, installation: Installation
) -> None:
    upload(import_page, "customer,date,amount\nB1,2026-03-04,5.00\nB2,2026-03-05,6.00\n")
    progress = import_page.get_by_role("progressbar")
    with installation.held("worker"):
        import_page.get_by_role("button", name="Import these sales").click()
        expect(import_page.get_by_role("heading", name="Waiting for its turn")).to_be_visible()
        expect(progress).to_be_visible()
        import_page.get_by_role("link", name="Today").click()
        expect(import_page.get_by_text("No purchases to learn from yet")).to_be_visible()
        import_page.go_back()
        expect(import_page.get_by_text("the work goes on")).to_be_visible()
        import_page.route(ONE_IMPORT, half_read)
        import_page.reload()
        expect(import_page.get_by_text("1 of about 2 lines read")).to_be_visible()
        assert progress.get_attribute("value") == "1"
        assert faults_of(import_page) == []
        import_page.unroute_all(behavior="wait")
        import_page.reload()
    expect(import_page.get_by_role("heading", name="Imported")).to_be_visible()


def half_read(route: Route) -> None:
    """Answer as in the middle of a file, which two lines have no time for."""
    answer = route.fetch()
    found = {"state": "running", "rows_estimated": 2, "outcome": {"rows": 1}}
    route.fulfill(response=answer, json={**answer.json(), **found})


@AT_PHONE_SIZE
def test_the_same_file_again_is_recognised(import_page: Page) -> None:
    for _ in range(2):
        upload(import_page, "customer,date,amount\nB1,2026-03-04,5.00\n")
        expect(import_page.get_by_role("button", name="Import these sales")).to_be_enabled()
        recognised = import_page.get_by_text("The same file was uploaded before").is_visible()
        import_page.get_by_role("link", name="All imports").click()
    assert recognised
