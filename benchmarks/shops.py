"""Shops to measure on: real ones from a folder, and simulated ones of known truth."""

import dataclasses
import datetime as dt
from pathlib import Path

import pandas as pd

from simulators.town import BAKERY, FLORIST, ShopPlan, amount_minor, make_shop

TODAY = dt.date(2026, 1, 1)


def cdnow(data: Path, name: str = "CDNOW_master.txt") -> pd.DataFrame:
    """Return the purchases of the CD shop; the sample has one more column in front."""
    path = data / "cdnow" / name
    columns = ["customer_id", "date", "units", "amount"]
    has_sample_id = "sample" in name
    table = pd.read_csv(
        path,
        sep=r"\s+",
        header=None,
        skiprows=0 if has_sample_id else 1,
        names=["all_id", *columns] if has_sample_id else columns,
        dtype={"customer_id": str, "date": str},
    )
    return _transactions(table["customer_id"], pd.to_datetime(table["date"]), table["amount"])


def online_retail(data: Path) -> pd.DataFrame:
    """Return the invoice lines of the British gift shop that name a customer."""
    path = data / "online_retail" / "online_retail.csv.gz"
    table = pd.read_csv(path, encoding="latin-1", dtype={"InvoiceNo": str, "CustomerID": str})
    table = table[table["CustomerID"].notna()].reset_index(drop=True)
    moments = pd.to_datetime(table["InvoiceDate"])
    amount = table["Quantity"] * table["UnitPrice"]
    return _transactions(table["CustomerID"], moments, amount, table["InvoiceNo"])


def superstore(data: Path) -> pd.DataFrame:
    """Return the order lines of the made-up shop, which has no churn signal."""
    table = pd.read_csv(data / "superstore" / "superstore.csv", encoding="latin-1", dtype=str)
    moments = pd.to_datetime(table["Order Date"], format="%d-%m-%Y")
    amount = table["Sales"].astype(float)
    return _transactions(table["Customer ID"], moments, amount, table["Order ID"])


def town(n_customers: int, seed: int, plan: ShopPlan = BAKERY) -> pd.DataFrame:
    """Return a year and a half of purchases at a simulated shop."""
    shop = make_shop(dataclasses.replace(plan, n_customers=n_customers), today=TODAY, seed=seed)
    rows = [
        (customer.reference, sale.at, amount_minor(sale.lines) / 100, sale.invoice)
        for customer in shop.customers
        for sale in customer.sales
    ]
    table = pd.DataFrame(rows, columns=["customer_id", "at", "amount", "invoice"])
    return _transactions(table["customer_id"], table["at"], table["amount"], table["invoice"])


def florist(n_customers: int, seed: int) -> pd.DataFrame:
    """Return a year and a half of purchases at a shop whose customers come rarely."""
    return town(n_customers, seed, FLORIST)


def _transactions(
    customer: "pd.Series[str]",
    moment: "pd.Series[pd.Timestamp]",
    amount: "pd.Series[float]",
    purchase: "pd.Series[str] | None" = None,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": customer,
            "purchase_id": purchase,
            "occurred_at": moment,
            "amount": amount,
        }
    )
