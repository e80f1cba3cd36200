"""What the shop sells, and what the owner says about it."""

import uuid

from playwright.sync_api import FilePayload, Page, expect

from tests.installation import Installation
from tests.web.conftest import AT_PHONE_SIZE, enter, open_own_bakery
from tests.web.test_accessibility import faults_of


@AT_PHONE_SIZE
def test_price_cost_and_stock_of_a_product_are_kept(page: Page, installation: Installation) -> None:
    bakery = open_own_bakery(installation)
    enter(page, f"{bakery.url}/shop/products", bakery.login)
    expect(page.get_by_text("No products yet")).to_be_visible()
    line = {"product": "Rye bread", "quantity": 1, "amount_minor": 450}
    sale = {"id": str(uuid.uuid4()), "occurred_at": "2026-03-02T10:00:00Z", "amount_minor": 450}
    path = f"/shops/{bakery.shop_id}"
    bakery.api.call("POST", f"{path}/purchases", json={**sale, "lines": [line]})

    page.goto(f"{bakery.url}/shop")
    page.get_by_role("link", name="Products").click()
    expect(page.get_by_text("Price, cost and stock are not known.")).to_be_visible()
    page.get_by_role("button", name="Change Rye bread").click()
    page.get_by_label("Price").fill("cheap")
    page.get_by_label("Cost").fill("1,80")
    page.get_by_label("In stock").fill("12")
    page.get_by_label("First stocked on").fill("2026-02-01")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("expected an amount such as €12.50")
    assert faults_of(page) == []
    page.get_by_label("Price").fill("4.50")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Rye bread is saved")).to_be_visible()
    facts = "sold for €4.50 · costs €1.80 · 12 in stock"
    expect(page.get_by_role("listitem").filter(has_text=facts)).to_be_visible()
    stored = bakery.api.call("GET", f"{path}/products")["items"][0]
    assert (stored["price_minor"], stored["cost_minor"], stored["in_stock"]) == (450, 180, 12)
    assert stored["first_stocked_on"] == "2026-02-01"
    assert faults_of(page) == []


@AT_PHONE_SIZE
def test_a_list_of_products_is_imported_and_taken_back(
    page: Page, installation: Installation
) -> None:
    bakery = open_own_bakery(installation)
    enter(page, f"{bakery.url}/shop/products", bakery.login)
    page.get_by_role("link", name="Import a list of products").click()
    expect(page.get_by_role("radio", name="Products")).to_be_checked()
    content = (
        "name;sku;price;cost;stock;since\nRye bread;4711;4,50;1,80;12;01.02.2026\nRoll;;x;;;\n"
    )
    file: FilePayload = {
        "name": "list.csv", "mimeType": "text/csv", "buffer": content.encode()
    }  # fmt: skip
    page.get_by_label("File with your products").set_input_files(files=[file])
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_label("since is")).to_have_value("first_stocked")
    preview = page.get_by_role("region", name="What the file says")
    expect(preview.get_by_text("Pieces in stock")).to_be_visible()
    expect(preview.get_by_text("found 'x'")).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("button", name="Import these products").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    page.get_by_role("link", name="See the products").click()
    facts = "number 4711 · sold for €4.50 · costs €1.80 · 12 in stock"
    expect(page.get_by_role("listitem").filter(has_text=facts)).to_be_visible()
    assert faults_of(page) == []
    page.go_back()
    undo = page.get_by_role("button", name="Undo this import")
    undo.click()
    expect(page.get_by_text("others have again what was known before")).to_be_visible()
    undo.click()
    expect(page.get_by_text("Nothing of it is left.")).to_be_visible()
